import type { Decision } from '../../protocol/agreement/messages.ts'
import type { Topic } from '../../protocol/encoding/kinds.ts'
import type { Quorum } from '../../protocol/encoding/quorum.ts'
import type { AccountId, BlobRef, Digest, EntryId, JobId, PeerId } from '../../protocol/ids.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import type { Movement, MovementType } from '../../protocol/jobs/movements.ts'
import type { JobRecord, JobStatus } from '../../protocol/jobs/record.ts'
import type { SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { EpochCommand, EpochResult } from '../../protocol/peer/epoch-command.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { SwarmPort } from './swarm-port.ts'
import type { ControlPort } from './control-port.ts'

/** The host's own answers: the mind didn't take the command up, or what it signed may or may not be on disk. */
export interface Unanswered {
  readonly ok: false
  readonly code: 'queue_full' | 'outcome_unknown'
  readonly detail: string
}

/** A page of jobs, newest first by `heardMs`. */
export interface JobQuery {
  readonly limit: number
  readonly cursor?: string
  readonly status?: JobStatus
}

export interface JobPage {
  readonly items: readonly JobRecord[]
  readonly nextCursor: string | null
}

/** Cold reads. They see every job that this peer ever showed, open ones included. */
export interface JobHistory {
  job(id: JobId): Promise<JobRecord | undefined>
  /** undefined for a cursor that it never issued. */
  jobs(query: JobQuery): Promise<JobPage | undefined>
  /** What was decided about a job, by step; empty for one that is unknown or undecided. */
  decisions(job: JobId): Promise<readonly Decision[]>
}

/** A page of what moved credits, newest first by `atMs`. */
export interface TransactionQuery {
  readonly limit: number
  readonly cursor?: string
  readonly account?: AccountId
  readonly job?: JobId
  readonly type?: MovementType
}

/** A movement and the fact that shows it: a certified entry, or the decision of a step of a job. */
export interface TransactionView extends Movement {
  readonly atMs: number
  readonly fact: { readonly entry: EntryId } | { readonly job: JobId; readonly step: number }
}

export interface TransactionPage {
  readonly items: readonly TransactionView[]
  readonly nextCursor: string | null
}

/** A final entry, its signatures checked again here and now. */
export interface EntryView {
  readonly id: EntryId
  readonly entry: SignedEntry
  /** `resolution`: the decision that settled a fork of the account certified it. */
  readonly proof: 'certificate' | 'resolution'
  readonly quorum: Quorum
  /** The proof's canonical bytes, the entry within. */
  readonly bytes: Uint8Array
  readonly verified: boolean
}

/**
 * - `waiting`: signed and driven until it is certified or void.
 * - `certified`: final.
 * - `void`: a fork of the account was settled without it. Only a certificate from before then would still count.
 */
export type EntryState = 'waiting' | 'certified' | 'void'

/** Cold reads of the ledger. */
export interface LedgerHistory {
  /** undefined for a cursor that it never issued. */
  transactions(query: TransactionQuery): Promise<TransactionPage | undefined>
  /** By the entry's id, or by that of a job that it opened; undefined while it isn't certified here. */
  entry(id: Digest): Promise<EntryView | undefined>
  /** Of an entry that this peer signed. */
  stateOf(entry: EntryId): Promise<EntryState>
  /** What became of a request of this peer's owner; undefined where none was signed under that name. */
  request(name: Digest): Promise<{ readonly content: Digest; readonly entry: EntryId } | undefined>
}

/** What intake says of a message; `code` is null for an accepted one. */
export interface Ruling {
  readonly verdict: 'accept' | 'ignore' | 'reject'
  readonly code: DropCode | 'busy' | 'own_message' | null
}

export interface ConnectionView {
  readonly peer: PeerId
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly agent?: string
  readonly latencyMs?: number
}

/** One bid as the recomputed election ranks it. */
export interface BidView {
  readonly peer: PeerId
  readonly operator: string | null
  readonly price: bigint
  /** A code, or null for an eligible bid. */
  readonly ineligible: string | null
  readonly terms: Readonly<Record<string, number>>
  readonly score: number
  readonly tieBreak: Digest
}

/** An election recomputed here and now. */
export interface DecisionView {
  readonly job: JobId
  readonly step: number
  readonly bids: readonly BidView[]
  readonly elected: readonly PeerId[]
  readonly standbys: readonly PeerId[]
  readonly seed: Digest
  readonly quorum: { readonly epoch: number; readonly round: number; readonly signers: readonly PeerId[] }
  /** Whether the recomputed election is the decided one and its certificate holds. */
  readonly verified: boolean
}

/** What became of a command. */
export type CommandAnswer = CommandResult | Unanswered

/** All that the API needs of the daemon. */
export interface Backend {
  readonly view: PeerView
  /** Wall time in milliseconds. */
  now(): number
  /** Through the mind. An accepted job is in `view` once this resolves. */
  command(command: Command): Promise<CommandAnswer>
  /** What concerns the next epoch; an order's answer comes once that is decided. */
  changeEpoch(command: EpochCommand): Promise<EpochResult | Unanswered>
  /** Stores a body by its content; it is durable once this resolves. */
  putBlob(bytes: Uint8Array): Promise<BlobRef>
  getBlob(digest: Digest): Promise<Uint8Array | undefined>
  readonly history: JobHistory
  readonly ledger: LedgerHistory
  readonly network: {
    addresses(): readonly string[]
    connections(): readonly ConnectionView[]
  }
  /**
   * Judges a signed message as gossip does; an accepted one is handled and passed on. One that says nothing that isn't
   * known here is a `duplicate`.
   */
  inject(frame: Uint8Array, source: { readonly from: PeerId; readonly via: Topic }): Promise<Ruling>
  /** Calls for each durable change of a job (its id) or of the network (null) until the result is called. */
  subscribe(listener: (job: string | null) => void): () => void
  /** undefined for a job without a decided step 0. */
  explain(job: JobId): Promise<DecisionView | undefined>
  /** Keys and randomness for the routes of the swarm. */
  readonly swarm: SwarmPort
  /** The process itself, for the account that owns it. */
  readonly control: ControlPort
}
