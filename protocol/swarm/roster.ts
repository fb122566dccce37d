import type { Digest, PeerId, SwarmId } from '../ids.ts'
import type { Charter } from './charter.ts'
import type { Epoch } from './epoch.ts'
import type { Governance } from './governance.ts'
import type { Member } from './member.ts'

/**
 * Who belongs to the swarm, who witnesses and who operates it, as this peer knows it now. It changes with the facts
 * that are applied: whoever needs it asks it anew.
 */
export interface Roster {
  readonly swarm: SwarmId
  readonly charter: Charter
  /** The newest epoch known here. */
  readonly epoch: Epoch
  readonly governance: Governance
  member(peer: PeerId): Member | undefined
  members(): Iterable<Member>
  /** Whether the operators have revoked a peer's membership or a token. */
  isRevoked(key: PeerId): boolean
  /** A known epoch; undefined for one not heard of. */
  epochOf(number: number): Epoch | undefined
  isWitness(peer: PeerId): boolean
  /**
   * Who may speak to this peer. Besides members it is the witnesses of the newest epoch known here and those whom a
   * newcomer was led to: it knows nobody's join before somebody has told it. What they bring is judged like anything
   * else, and whoever is revoked leads no more.
   */
  isContact(peer: PeerId): boolean
  /** False for an epoch other than the one that this peer was shown on its way in. */
  mayBegin(number: number, decision: Digest): boolean
  /** The epoch up to which this peer was led: until it has begun, nothing that is certified is taken from anybody. */
  readonly guidedTo: number
  /** Position in the current epoch's order, or -1. */
  witnessPosition(peer: PeerId): number
  /**
   * What any epoch known here names. It only grows, so that no epoch change takes an entry's validity away (4.5);
   * what only the newest epoch may allow is refused when voting.
   */
  everNamed(what: 'minter' | 'treasury' | 'rules', name: PeerId | Digest): boolean
}
