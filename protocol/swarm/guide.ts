import type { Digest, PeerId } from '../ids.ts'

/**
 * What a newcomer was shown and verified on its way in (`node/swarm/join-swarm`), before its mind knew anything. A mind
 * that begins with the charter alone knows the founders as members and nobody else: when they have gone, or somebody
 * else has their keys, it would talk to nobody, or to the wrong one.
 */
export interface Guide {
  /** Whom it was invited by and who witnesses: it talks to them before it has heard of their joins. */
  readonly peers: readonly PeerId[]
  /** The decisions that began epoch 1 and those after it, up to the one of the invitation: there are no others. */
  readonly epochs: readonly Digest[]
}

export const NO_GUIDE: Guide = { peers: [], epochs: [] }
