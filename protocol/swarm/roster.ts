import type { PeerId, SwarmId } from '../ids.ts'
import { type Charter, swarmIdOf } from './charter.ts'
import { type QuorumSizes, quorumSizes } from './quorum-size.ts'

export interface Member {
  readonly peer: PeerId
  readonly roles: readonly string[]
  readonly operator: string
}

/** One epoch's witnesses, sorted by id: bitmaps count along this order. */
export interface Epoch {
  readonly number: number
  readonly witnesses: readonly PeerId[]
  readonly sizes: QuorumSizes
}

/** Who belongs to the swarm and who witnesses, as this peer knows it. */
export interface Roster {
  readonly swarm: SwarmId
  readonly charter: Charter
  readonly epoch: Epoch
  member(peer: PeerId): Member | undefined
  members(): Iterable<Member>
  /** Witnesses of a known epoch; undefined for one not heard of. */
  epochOf(number: number): Epoch | undefined
  isWitness(peer: PeerId): boolean
  /** Position in the current epoch's order, or -1. */
  witnessPosition(peer: PeerId): number
}

/** The roster of a swarm whose membership is fixed by its charter. */
export function rosterOf(charter: Charter): Roster {
  const members = new Map(charter.founders.map((founder) => [founder.peer, founder]))
  const { witnesses } = charter
  const epoch: Epoch = { number: 0, witnesses, sizes: quorumSizes(witnesses.length) }
  const positions = new Map(witnesses.map((peer, at) => [peer, at]))
  return {
    swarm: swarmIdOf(charter),
    charter,
    epoch,
    member: (peer) => members.get(peer),
    members: () => members.values(),
    epochOf: (number) => (number === epoch.number ? epoch : undefined),
    isWitness: (peer) => positions.has(peer),
    witnessPosition: (peer) => positions.get(peer) ?? -1,
  }
}
