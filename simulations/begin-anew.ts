import type { PeerId } from '../protocol/ids.ts'
import { TIMES } from '../protocol/params.ts'
import { keys } from '../protocol/records/keys.ts'
import type { Observe } from './observation.ts'

interface Machines {
  readonly after: (delayMs: number, action: () => void) => void
  /** Starts a peer again that is up, if it is still astray. */
  readonly restart: (peer: PeerId) => void
}

/** Lets a peer that has gone astray begin its ledger anew after a while, as its daemon does by itself. */
export function beginAnewLater({ after, restart }: Machines): Observe {
  return (observation) => {
    if (observation.type !== 'effect' || observation.effect.type !== 'persist') return
    const { peer, effect } = observation
    if (effect.writes.some(({ key, value }) => key === keys.astray && value !== null))
      after(TIMES.astrayMs, () => restart(peer))
  }
}
