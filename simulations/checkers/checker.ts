import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import type { PeerId, SwarmId } from '../../protocol/ids.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Observation } from '../observation.ts'
import type { KnownEpoch } from './epoch-record.ts'
import type { Evidence } from './evidence.ts'
import type { Records } from './records.ts'
import type { StoredFacts } from './stored-facts.ts'

/** A peer as a checker may look at it between two events. */
export interface Examined {
  readonly peer: PeerId
  /** Written, synced or not: what its mind knows. */
  readonly records: Records
  /** The living mind's view; undefined while the peer is down. */
  readonly view: PeerView | undefined
}

/** What checkers know of the world they judge. They share no code with protocol/ beyond decoding. */
export interface Facts {
  readonly swarm: SwarmId
  /** Epoch 0 and all that were decided since; undefined for one that no peer has come to. */
  readonly epochOf: (number: number) => KnownEpoch | undefined
  /** The newest of them. */
  readonly newestEpoch: () => KnownEpoch
  /** Whether a stolen key made this signature, of which its owner knows nothing. */
  readonly isForged: (signature: Uint8Array) => boolean
  /** Peers whose signatures are held against them: all that run the real mind and nothing but it. */
  readonly correct: ReadonlySet<PeerId>
  /** Whether a peer's store is lost by now: it must never speak as a witness again. */
  readonly hasLost: (peer: PeerId) => boolean
  /** Peers whose runs are faithful. */
  readonly honest: ReadonlySet<PeerId>
  /** Peers that run nothing themselves and commit to what they saw of others. */
  readonly copiers: ReadonlySet<PeerId>
  /** Virtual milliseconds since the world began. */
  readonly now: () => number
  readonly verify: (check: SignatureCheck) => boolean
  /** A further mind with the first member's key, that knows nothing yet and is connected to nobody. */
  readonly freshMind: () => Peer
  /** The certificates and decisions of a disk. */
  readonly read: (records: Records) => StoredFacts
  /** All that a peer wrote, synced or not. */
  readonly written: (peer: PeerId) => Records
  /** What a crash right now would leave on this peer's disk. */
  readonly durable: (peer: PeerId) => Records
}

export type Report = (detail: string) => void

/** Watches a world from outside and reports what must never happen. */
export interface Checker {
  observe?(observation: Observation): void
  /** Writes of a peer that have become durable. */
  stored?(peer: PeerId, writes: readonly Write[]): void
  /** Everything signed in a frame that left `peer` or in a fact that is durable on its disk; repeats are left out. */
  evidence?(peer: PeerId, evidence: Evidence): void
  /** Called where a scenario pauses, and for one peer right after its crash. */
  examine?(peers: readonly Examined[]): void
  /** Called once, after the world healed and had its time. */
  conclude?(peers: readonly Examined[]): void
}

export type CreateChecker = (facts: Facts, report: Report) => Checker

/** f of n (section 1 of the protocol), stated by what it is for: fewer than a third may be faulty. */
export function faultyMax(witnesses: number): number {
  let faulty = 0
  while (3 * (faulty + 1) < witnesses) faulty += 1
  return faulty
}

/** The fewest witnesses of which any two sets share more than f, hence a correct one. */
export function quorumOf(witnesses: number): number {
  let quorum = 1
  while (2 * quorum - witnesses <= faultyMax(witnesses)) quorum += 1
  return quorum
}
