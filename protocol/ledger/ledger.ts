import type { Outbox } from '../peer/outbox.ts'
import type { AccountId, Digest, EntryId, InstanceId, JobId } from '../ids.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { SignedEntry } from './entry.ts'
import type { EntryFault } from './messages.ts'

/** An account as users see it, in units. `free` + `claimable` is what it can spend. */
export interface AccountView {
  readonly account: AccountId
  /** Number of certified entries; the next entry has this `seq`. */
  readonly seq: number
  readonly head: Digest
  readonly free: bigint
  readonly claimable: bigint
  /** Set aside in this account's undecided jobs. */
  readonly escrowed: bigint
  /** A proof is known that its owner signed two entries for one place. */
  readonly forked: boolean
}

/** A job whose `open` is certified. */
export interface OpenedJob {
  readonly job: JobId
  readonly account: AccountId
  readonly entry: EntryId
  readonly spec: JobSpec
  readonly escrow: bigint
}

export interface JobOutput {
  readonly index: number
  readonly to: AccountId
  readonly amount: bigint
}

/** A place of an account's chain. */
export type Place = Pick<SignedEntry['body'], 'account' | 'seq'>

/** What the ledger tells the rest of the mind. */
export interface LedgerListener {
  /** An `open` was certified (once for each job, also while facts are caught up with). */
  opened(out: Outbox, opened: OpenedJob): void
  /**
   * An entry of this peer's own account was signed and persisted; `requests` are the numbers that its
   * operations were submitted under. From here on they are durable: the time to answer whoever asked for
   * them, and to offer a job.
   */
  ownSigned(out: Outbox, entry: SignedEntry, requests: readonly number[]): void
  /** Operations accepted earlier can't be carried out after all: the account's key was used elsewhere meanwhile. */
  ownRefused(out: Outbox, request: number, code: SubmitFault): void
  /** A place of this peer's own chain is settled. */
  ownSettled(out: Outbox): void
  /** A place of anybody's chain is settled; `entry` is what was certified there, undefined for a merged head. */
  placeSettled(out: Outbox, place: Place, entry: SignedEntry | undefined): void
  /** So many witnesses refuse an entry, or are bound to another one, that none certifies it as it stands. */
  gaveUp(out: Outbox, entry: SignedEntry, why: EntryFault | 'conflict'): void
  /** Something changed for a fork that is being settled: propose, judge or vote. */
  stirResolution(out: Outbox, instance: InstanceId): void
}

export type ApplyResult =
  | { readonly status: 'applied' }
  | { readonly status: 'known' }
  /** Facts that it builds on and that aren't here yet. */
  | { readonly status: 'missing'; readonly ids: readonly Digest[] }
  /** It contradicts what is certified here: only possible above f faulty witnesses. */
  | { readonly status: 'contradiction' }

/** Of a fact on its way in; `refused`: not taken now, and perhaps never. Sync brings it again. */
export type FactResult = ApplyResult | { readonly status: 'refused' }

export type SubmitFault =
  | 'insufficient_credit'
  | 'amount_out_of_range'
  | 'not_a_minter'
  /** An operation that no witness would vote for; the caller made it wrongly. */
  | 'operation_invalid'
  /** Two entries are signed for the account's next place; a resolution settles it. */
  | 'account_forked'
  /** Fewer than a quorum of witnesses have answered since the start. */
  | 'not_ready'
  | 'queue_full'

/** Accepted: `LedgerListener.ownSigned` follows with the request's number, perhaps before `submit` returns. */
export type SubmitOutcome = { readonly ok: true } | { readonly ok: false; readonly code: SubmitFault }
