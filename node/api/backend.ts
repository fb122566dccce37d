import type { Decision } from '../../protocol/agreement/messages.ts'
import type { BlobRef, Digest, JobId, PeerId } from '../../protocol/ids.ts'
import type { JobRecord, JobStatus } from '../../protocol/jobs/record.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { PeerView } from '../../protocol/peer/view.ts'

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

/** All that the API needs of the daemon. */
export interface Backend {
  readonly view: PeerView
  /** Wall time in milliseconds. */
  now(): number
  /** Through the mind. An accepted job is in `view` once this resolves. */
  command(command: Command): Promise<CommandResult>
  /** Stores a body by its content; it is durable once this resolves. */
  putBlob(bytes: Uint8Array): Promise<BlobRef>
  /** Takes back the body of a refused command. Does nothing while any job names it. */
  removeBlob(digest: Digest): Promise<void>
  getBlob(digest: Digest): Promise<Uint8Array | undefined>
  readonly history: JobHistory
  readonly network: {
    addresses(): readonly string[]
    connections(): readonly ConnectionView[]
  }
  /** Calls for each durable change of a job (its id) or of the network (null) until the result is called. */
  subscribe(listener: (job: string | null) => void): () => void
  /** undefined for a job without a decided step 0. */
  explain(job: JobId): Promise<DecisionView | undefined>
}
