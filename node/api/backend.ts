import type { Check } from '../../protocol/api/decision-schema.ts'
import type { Topic } from '../../protocol/encoding/kinds.ts'
import type { Quorum } from '../../protocol/encoding/quorum.ts'
import type { AccountId, BlobRef, Digest, EntryId, JobId, PeerId } from '../../protocol/ids.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import type { Blame } from '../../protocol/jobs/blame-record.ts'
import type { Movement, MovementType } from '../../protocol/jobs/movements.ts'
import type { JobRecord, JobStatus } from '../../protocol/jobs/record.ts'
import type { Takeover } from '../../protocol/jobs/rechecking.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import type { BatchRecord, JobMeta, Submission } from '../../protocol/jobs/ticket.ts'
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
  readonly model?: string
  /** Elected for it. */
  readonly node?: PeerId
  readonly label?: string
  /** When this peer heard of it, both included. */
  readonly fromMs?: number
  readonly toMs?: number
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
  /** What this peer's owner said of it; undefined for somebody else's. */
  meta(job: JobId): Promise<JobMeta | undefined>
  /** What became of a submission; undefined while it waits, and for a name that stands for none. */
  submission(name: Digest): Promise<Submission | undefined>
  batch(name: Digest): Promise<BatchRecord | undefined>
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

/** One decision of a job's chain, recomputed here and now. */
export interface StepView {
  readonly step: number
  readonly value: JobValue
  readonly quorum: { readonly epoch: number; readonly round: number; readonly signers: readonly PeerId[] }
  /** `holds` is null where this peer lacks what it takes: the answers, or the trust that they weigh by. */
  readonly checks: readonly { readonly what: Check; readonly holds: boolean | null }[]
  readonly takeovers: readonly Takeover[]
  readonly blame: readonly Blame[]
}

/** What was decided about a job, recomputed here and now. */
export interface DecisionView {
  readonly record: JobRecord
  /** Empty, like those elected, where nobody was. */
  readonly bids: readonly BidView[]
  readonly elected: readonly PeerId[]
  readonly standbys: readonly PeerId[]
  readonly seed: Digest | null
  /** At least one. */
  readonly steps: readonly [StepView, ...StepView[]]
}

/** What became of a command. */
export type CommandAnswer = CommandResult | Unanswered

/**
 * Of an answer while it is made: `text` goes where the text shown so far has `at` UTF-16 units, in place of what stands there;
 * `reset`: the node of another rank has taken it over, and the text begins anew.
 */
export type TokenNews =
  | { readonly type: 'tokens'; readonly rank: number; readonly at: number; readonly text: string }
  | { readonly type: 'reset'; readonly rank: number }

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
    /** Members that take this peer for a stranger, where all do that it reaches. */
    refusedBy(): readonly PeerId[]
  }
  /**
   * Judges a signed message as gossip does; an accepted one is handled and passed on. One that says nothing that isn't
   * known here is a `duplicate`.
   */
  inject(frame: Uint8Array, source: { readonly from: PeerId; readonly via: Topic }): Promise<Ruling>
  /** Calls for each durable change of a job (its id) or of the network (null) until the result is called. */
  subscribe(listener: (job: string | null) => void): () => void
  /** Tells of an answer while it is made, where this peer may read along, until the result is called. */
  followTokens(job: JobId, tell: (news: TokenNews) => void): () => void
  /** undefined for a job about which nothing is decided. */
  explain(job: JobId): Promise<DecisionView | undefined>
  /** Keys and randomness for the routes of the swarm. */
  readonly swarm: SwarmPort
  /** The process itself, for the account that owns it. */
  readonly control: ControlPort
}
