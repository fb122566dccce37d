import type { Signed } from '../encoding/signed.ts'
import type { AccountId, Digest, JobId, PeerId } from '../ids.ts'
import type { Verdict } from '../verification/verdict.ts'
import type { Bid, Cancel, Commit, Reveal, Seal } from './messages.ts'
import type { JobRecord } from './record.ts'
import type { ReplicaResult } from './value.ts'

export interface HeldBid {
  readonly bid: Signed<Bid>
  readonly heldMs: number
}

export interface Payee {
  readonly peer: PeerId
  readonly price: bigint
  readonly payout: AccountId
  /** Whose vote its answer is, as the assignment was decided: labels may be joined while the job runs. */
  readonly voter: string
  /** Its operator's label, as the assignment was decided; null for no member. */
  readonly operator: string | null
}

export interface AttemptSlot {
  readonly slot: number
  readonly peer: PeerId
  readonly price: bigint
  readonly payout: AccountId
}

/** The last that was heard of a runner at work. */
export interface Lease {
  readonly slot: number
  readonly heardMs: number
  readonly isFailed: boolean
}

/** One attempt: the slots that decision `step` assigned, and what their runners and the witnesses said since. */
export interface Attempt {
  readonly step: number
  /** Whose witnesses seal it (`sealers.ts`). */
  readonly epoch: number
  readonly slots: readonly AttemptSlot[]
  /** Who may take a slot over, in order (`ranks.ts`). */
  readonly standbys: readonly PeerId[]
  readonly assignedMs: number
  /** First commit of each peer that arrived before this witness sealed. */
  readonly commits: Map<PeerId, Signed<Commit>>
  /** Runners that were heard at work, or to have failed at it: whoever holds a rank (`leases.ts`). */
  readonly leases: Map<PeerId, Lease>
  /** Since when this process has listened for them. */
  watchedMs: number
  /** One seal of each witness; a second one is ignored, as a judge would refuse it. */
  readonly seals: Map<PeerId, Signed<Seal>>
  /** When this peer had sealed, or, without a vote, had a quorum of seals. */
  sealedMs: number | undefined
  readonly reveals: Map<PeerId, Signed<Reveal>>
  /** Answers whose bodies are in this peer's blob store. */
  readonly bodies: Set<Digest>
  /** When everything that a close needs was here for the first time. */
  readyMs: number | undefined
}

/** A verdict computed over one set of answers, named by that set. */
export interface ComputedVerdict {
  readonly key: Digest
  readonly verdict: Verdict
}

/** Everything that a peer holds in memory of a job that isn't terminal. */
export interface OpenJob {
  readonly job: JobId
  record: JobRecord
  /** Escrow once `open` is certified. */
  escrow: bigint | undefined
  readonly bids: Map<PeerId, HeldBid>
  readonly beacons: Map<PeerId, Signed<{ readonly job: JobId }>>
  readonly stored: Map<PeerId, Signed<{ readonly job: JobId; readonly prompt: Digest }>>
  /** Whom the steward asked to hold the prompt, and since when. */
  staged: { readonly peers: readonly PeerId[]; readonly atMs: number } | undefined
  /** Who had signed for the prompt when the job was assigned. */
  holders: readonly PeerId[]
  /** When this peer's bid and beacon were last said again; undefined before, and after a restart. */
  offeredMs: number | undefined
  /** When this peer looks after the job again: whoever keeps sending it something doesn't put that off. */
  tickMs: number | undefined
  /** Bids that a guard asks for are those held when the first valid assignment was seen. */
  bidsFrozenMs: number | undefined
  /** Price, payee and voter of every bidder in the assignment: standbys may get slots in later attempts. */
  payees: readonly Payee[]
  /** The payer's word that it wants no more of it. */
  cancel: Signed<Cancel> | undefined
  attempt: Attempt | undefined
  /** Results of earlier attempts' slots, as the decision that started the current attempt states them. */
  earlier: readonly ReplicaResult[]
  readonly verdicts: Map<Digest, ComputedVerdict>
  /** Tokens of fetches and computations that the host is busy with: none is asked for twice at once. */
  readonly asked: Set<string>
}

export function openJobOf(record: JobRecord): OpenJob {
  return {
    job: record.job,
    record,
    escrow: undefined,
    bids: new Map(),
    beacons: new Map(),
    stored: new Map(),
    staged: undefined,
    holders: [],
    offeredMs: undefined,
    tickMs: undefined,
    bidsFrozenMs: undefined,
    payees: [],
    cancel: undefined,
    attempt: undefined,
    earlier: [],
    verdicts: new Map(),
    asked: new Set(),
  }
}
