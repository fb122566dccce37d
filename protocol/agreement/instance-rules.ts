import type { InstanceId, JobId, PeerId } from '../ids.ts'
import type { Bid, Cancel, Reveal } from '../jobs/messages.ts'
import type { Signed } from '../encoding/signed.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import type { Digest } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Refusal } from './messages.ts'
import type { Value } from './value.ts'

/** A witness's opinion of a fresh value (5.2). */
export type Judgement =
  | { readonly verdict: 'prepare' }
  /** Something must be fetched or computed here first; `Agreement.reconsider` is called once it is done. */
  | { readonly verdict: 'wait' }
  /** Never valid, whatever is learnt later. */
  | { readonly verdict: 'not_valid' }
  /** Facts it can't be judged without. */
  | { readonly verdict: 'missing'; readonly ids: readonly Digest[] }
  /** A handover leaves out what this witness holds; its report, sent before, says what. */
  | { readonly verdict: 'uncovered' }
  /** Valid, but a local guard postpones it; with the items whose absence it refuses, if any. */
  | { readonly verdict: 'guard'; readonly items: GuardItems }

/** What a guard misses in a value, so that its proposer can take it over. */
export interface GuardItems {
  readonly bids: readonly Signed<Bid>[]
  readonly reveals: readonly Signed<Reveal>[]
  readonly entries: readonly SignedEntry[]
  readonly closes: readonly JobId[]
  readonly cancels: readonly Signed<Cancel>[]
}

export const NO_ITEMS: GuardItems = { bids: [], reveals: [], entries: [], closes: [], cancels: [] }

/** A guard that only waits: for time, or for something this peer hasn't got itself. */
export const WAITING: Judgement = { verdict: 'guard', items: NO_ITEMS }

/** What a kind of instance brings to the agreement: everything but the voting. */
export interface InstanceRules {
  /** Owner of rounds 0 and 1; undefined while the instance isn't known here. */
  naturalProposer(instance: InstanceId): PeerId | undefined
  /** When a value could first be decided, in this peer's view (5.4); undefined while it is not due. */
  dueAt(instance: InstanceId): number | undefined
  /** `from` proposes it, and has what it names. */
  judge(out: Outbox, instance: InstanceId, value: Value, from: PeerId): Judgement
  /** A fresh value that would pass this peer's own judgement; undefined while there is none. */
  build(out: Outbox, instance: InstanceId): Value | undefined
  /** Takes over what a witness's refusal brought along, or sends it what it lacks to judge. */
  learn(out: Outbox, refusal: Refusal, from: PeerId): void
}

/** Whether a refusal says what its guard misses. */
export function hasItems({ bids, reveals, entries, closes, cancels }: GuardItems): boolean {
  return bids.length + reveals.length + entries.length + closes.length + cancels.length > 0
}
