import type { Verified } from '../crypto/verified.ts'
import type { BlobRef, Digest, EntryId, JobId, PeerId } from '../ids.ts'
import type { JobSpec, JobTerms } from '../jobs/spec.ts'
import type { Certificate } from '../ledger/certificate.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import type { SignedRevocation } from '../swarm/invitation.ts'
import type { RelayOutcome } from '../swarm/join-refusals.ts'

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
  /** The earlier job that this one tries again. */
  readonly retryOf?: JobId
  /** After how many milliseconds this peer cancels the job unless it is over. */
  readonly deadlineMs?: number
  /** Where it wants others than what is usual: the spec's bounds hold for them as for any. */
  readonly terms?: JobTerms
}

/**
 * How an asker names its request, so that a repetition is known as one, also after a crash: `name` stands for
 * whatever the asker called it, `content` for what it asked.
 */
export interface RequestName {
  readonly name: Digest
  readonly content: Digest
}

/** What its payer says of a submission beyond the job itself. */
export interface Wish {
  /** How the asker names it; without, it goes by a name drawn here. */
  readonly named?: RequestName
  /** 0 to 9, the most urgent first. */
  readonly priority?: number
  readonly label?: string
}

interface Move {
  readonly to: PeerId
  readonly amount: bigint
  readonly memo: string
  readonly request?: RequestName
}

/** Requests of this peer's owner. They are trusted as to origin, not as to contents. */
export type Command =
  | ({ readonly type: 'submit-job'; readonly request: JobRequest } & Wish)
  /** Many under one name: all are taken, or none. */
  | ({ readonly type: 'submit-batch'; readonly items: readonly JobRequest[] } & Required<
      Pick<Wish, 'named'>
    > &
      Wish)
  /** The payer wants no more of a job, or of a submission that waits (by its name): whoever runs stops, and what isn't owed to anybody comes back (6.10). */
  | { readonly type: 'cancel-job'; readonly job: JobId }
  | ({ readonly type: 'mint' } & Move)
  | ({ readonly type: 'transfer' } & Move)
  /** Ask the witnesses to settle the fork of this peer's own account (5.7). */
  | { readonly type: 'resolve' }
  /** Bring a newcomer's join to the witnesses (2); its signatures are checked. */
  | { readonly type: 'relay'; readonly entry: Verified<SignedEntry> }
  /** Take a certificate that a peer showed, which gossip or sync would have brought later. */
  | { readonly type: 'take-certificate'; readonly certificate: Verified<Certificate> }
  /** The operators' word against a member or an invitation, in this peer's own chain. */
  | { readonly type: 'revoke'; readonly revocation: SignedRevocation }

export type CommandFault =
  | 'insufficient_credit'
  | 'amount_out_of_range'
  | 'not_a_minter'
  | 'model_unknown'
  | 'too_few_nodes'
  | 'price_too_low'
  | 'replicas_out_of_range'
  | 'prompt_out_of_range'
  | 'rules_unknown'
  | 'account_forked'
  | 'not_forked'
  | 'operators_needed'
  | 'not_ready'
  | 'queue_full'
  | 'not_the_payer'
  | 'job_over'
  | 'idempotency_key_reused'

export type CommandResult =
  | { readonly ok: true; readonly type: 'job'; readonly job: JobId }
  /** Durable, and opened once the swarm has room; meanwhile it goes by its name. */
  | { readonly ok: true; readonly type: 'queued'; readonly ticket: Digest }
  | { readonly ok: true; readonly type: 'batch'; readonly batch: Digest }
  /** Carried out under this name before: its record says what became of it. */
  | { readonly ok: true; readonly type: 'named' }
  /** The word is durable and under way; how the job ends is decided like any other. */
  | { readonly ok: true; readonly type: 'cancelled' }
  | { readonly ok: true; readonly type: 'entry'; readonly entry: EntryId; readonly source: Digest }
  /** Signed and sent; the account goes on once the witnesses have decided. */
  | { readonly ok: true; readonly type: 'requested' }
  | { readonly ok: true; readonly type: 'relayed'; readonly outcome: RelayOutcome }
  | { readonly ok: true; readonly type: 'taken' }
  | { readonly ok: false; readonly code: CommandFault; readonly detail: string }
