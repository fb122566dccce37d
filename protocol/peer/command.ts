import type { BlobRef, Digest, EntryId, JobId, PeerId } from '../ids.ts'
import type { JobSpec } from '../jobs/spec.ts'

/** What a user chose for a job; the mind fills in the rest from the charter and its own state. */
export interface JobRequest {
  readonly prompt: BlobRef
  readonly model: string | null
  readonly replicas: number
  readonly standbys: number
  readonly comparator: JobSpec['comparator']
  readonly minConfidence: number | null
  readonly maxPrice: bigint | null
  readonly region: string | null
  readonly mode: JobSpec['mode']
  readonly visibility: JobSpec['visibility']
  readonly temperatureMilli: number
  readonly seed: number | null
  readonly maxTokens: number
}

/**
 * How an asker names its request, so that a repetition is known as one, also after a crash: `name` stands for
 * whatever the asker called it, `content` for what it asked.
 */
export interface RequestName {
  readonly name: Digest
  readonly content: Digest
}

interface Move {
  readonly to: PeerId
  readonly amount: bigint
  readonly memo: string
  readonly request?: RequestName
}

/** Requests of this peer's owner. They are trusted as to origin, not as to contents. */
export type Command =
  | { readonly type: 'submit-job'; readonly request: JobRequest }
  | ({ readonly type: 'mint' } & Move)
  | ({ readonly type: 'transfer' } & Move)
  /** Ask the witnesses to settle the fork of this peer's own account (5.7). */
  | { readonly type: 'resolve' }

export type CommandFault =
  | 'insufficient_credit'
  | 'amount_out_of_range'
  | 'not_a_minter'
  | 'model_unknown'
  | 'too_few_nodes'
  | 'price_too_low'
  | 'replicas_out_of_range'
  | 'prompt_out_of_range'
  | 'account_forked'
  | 'not_forked'
  | 'not_ready'
  | 'queue_full'

export type CommandResult =
  | { readonly ok: true; readonly type: 'job'; readonly job: JobId }
  | { readonly ok: true; readonly type: 'entry'; readonly entry: EntryId; readonly source: Digest }
  /** Signed and sent; the account goes on once the witnesses have decided. */
  | { readonly ok: true; readonly type: 'requested' }
  | { readonly ok: false; readonly code: CommandFault; readonly detail: string }
