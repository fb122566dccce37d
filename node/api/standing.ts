import type { Standing } from '../../protocol/api/swarm-schema.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'

export interface Seen {
  readonly view: { readonly self: PeerId; readonly roster: Pick<Roster, 'isRevoked' | 'isWitness'> }
  readonly network: {
    /** Members that refuse this peer, where all do that it reaches. */
    refusedBy(): readonly PeerId[]
  }
}

/**
 * Whether the swarm takes this peer for a member, as far as can be known here: once it is revoked nobody talks to it, so
 * it may never hear of that, and only sees that it is refused.
 */
export function standingOf({ view, network }: Seen): Standing {
  if (view.roster.isRevoked(view.self)) return view.roster.isWitness(view.self) ? 'leaving' : 'revoked'
  return network.refusedBy().length > 0 ? 'refused' : 'member'
}

/** For people; nothing of a member. */
export function standingWords(standing: Standing, self: PeerId): string[] {
  switch (standing) {
    case 'member':
      return []
    case 'leaving':
      return [
        `The operators have revoked this peer. It is a witness until an epoch drops it, and connections end with that. Next, by an operator: hyperlooms swarm demote ${self}.`,
      ]
    case 'revoked':
      return [
        'The operators have revoked this peer, for good under this key: others don’t talk to it any more.',
      ]
    case 'refused':
      return [
        'Others refuse this peer: it may have been revoked. Ask an operator; once a key is revoked it never comes in again.',
      ]
  }
}
