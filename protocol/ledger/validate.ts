import type { Digest } from '../ids.ts'
import { specFault } from '../jobs/spec.ts'
import { AMOUNT_MAX, LIMITS } from '../params.ts'
import type { Charter } from '../swarm/charter.ts'
import type { AccountState } from './account.ts'
import { sourcesOf, totalsOf } from './apply.ts'
import type { Entry, Operation, OutputRef, SignedEntry } from './entry.ts'
import type { JobOutput } from './ledger.ts'
import type { EntryFault } from './messages.ts'

export type Validity =
  | { readonly status: 'valid' }
  /** Facts to be known before the entry can be judged. */
  | { readonly status: 'missing'; readonly ids: readonly Digest[] }
  | { readonly status: 'fault'; readonly code: EntryFault }

export interface EntryLookups {
  readonly charter: Charter
  /** Amount of an output that the entry's account may claim. */
  unclaimed(ref: OutputRef): bigint | undefined
  /**
   * All outputs of a source that is certain to be applied here, as evidence shows; undefined for any other.
   * Without this an absent output can't be told from one that is still on its way.
   */
  settled(source: Digest): readonly Pick<JobOutput, 'index' | 'to'>[] | undefined
}

const fault = (code: EntryFault): Validity => ({ status: 'fault', code })
const VALID: Validity = { status: 'valid' }

/**
 * Judges an entry against its account's state (4.2 to 4.5), for a witness before it votes and for an owner
 * before it signs. Pure; its cost is bounded by the limits on claims and operations. Only what `mint` needs
 * may change its answer with time, and a certified entry is never judged again.
 */
export function validateEntry(entry: SignedEntry, account: AccountState, lookups: EntryLookups): Validity {
  const { body, signer } = entry
  if (signer !== body.account) return fault('wrong_signer')
  if (body.claims.length === 0 && body.ops.length === 0) return fault('empty_entry')
  if (body.seq > account.seq) return { status: 'missing', ids: [body.prev] }
  if (body.seq < account.seq) return fault('wrong_seq')
  if (body.prev !== account.head) {
    // A resolution that isn't here yet may have put another head at this place; at the first one none can.
    return body.seq === 0 ? fault('wrong_prev') : { status: 'missing', ids: [body.prev] }
  }
  if (entry.bytes.length > LIMITS.entryBytes) return fault('entry_too_large')
  const minter = lookups.charter.minters.includes(body.account)
  if (body.seq === 0 && !mayBegin(body, minter)) return fault('genesis_without_claim')
  const claims = judgeClaims(body, lookups)
  if (claims.status !== 'valid') return claims
  if (!minter && body.ops.some(({ type }) => type === 'mint')) return fault('not_a_minter')
  const opens = judgeOpens(body.ops, account.nonce, lookups.charter)
  if (opens !== undefined) return fault(opens)
  return judgeBalance(body, account, claims.units)
}

/** A first entry costs witnesses a lock and a record for ever, so it must bring money in. */
function mayBegin(body: Entry, minter: boolean): boolean {
  return body.claims.length > 0 || (minter && body.ops.some(({ type }) => type === 'mint'))
}

type Claims =
  | Exclude<Validity, { readonly status: 'valid' }>
  | { readonly status: 'valid'; readonly units: bigint }

function judgeClaims({ account, claims }: Entry, lookups: EntryLookups): Claims {
  const absent: OutputRef[] = []
  let units = 0n
  let before: OutputRef | undefined
  for (const claim of claims) {
    if (before !== undefined && compareRefs(before, claim) >= 0)
      return { status: 'fault', code: 'claims_not_ascending' }
    before = claim
    const amount = lookups.unclaimed(claim)
    if (amount === undefined) absent.push(claim)
    units += amount ?? 0n
  }
  for (const claim of absent) {
    const outputs = lookups.settled(claim.source)
    if (outputs === undefined) continue
    const output = outputs.find(({ index }) => index === claim.index)
    if (output === undefined) return { status: 'fault', code: 'claim_unknown_output' }
    return { status: 'fault', code: output.to === account ? 'claim_already_made' : 'claim_not_addressed' }
  }
  if (absent.length === 0) return { status: 'valid', units }
  return { status: 'missing', ids: sourcesOf(absent).slice(0, LIMITS.missing) }
}

/** The order in which an entry names its claims. */
export function compareRefs(a: OutputRef, b: OutputRef): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1
  return a.index - b.index
}

function judgeOpens(
  operations: readonly Operation[],
  nonceMin: number,
  charter: Charter,
): EntryFault | undefined {
  let nonce = nonceMin
  for (const operation of operations) {
    if (operation.type !== 'open') continue
    const { spec, escrow } = operation
    if (specFault(spec, escrow) !== undefined) return 'spec_invalid'
    if (spec.fee < charter.params.fee || spec.treasury !== charter.treasury) return 'spec_invalid'
    if (spec.rules !== charter.rules) return 'prompt_rules_unknown'
    // The largest nonce is never used: its successor would be no safe integer.
    if (spec.nonce < nonce || spec.nonce === Number.MAX_SAFE_INTEGER) return 'nonce_not_rising'
    nonce = spec.nonce + 1
  }
  return undefined
}

/** free = previous + claims - spent; every sum stays within 63 bits, so any language can check it. */
function judgeBalance(body: Entry, account: AccountState, claimed: bigint): Validity {
  const { spent, minted } = totalsOf(body)
  const funds = account.free + claimed
  if (funds > AMOUNT_MAX || spent > AMOUNT_MAX || account.minted + minted > AMOUNT_MAX)
    return fault('amount_overflow')
  if (spent > funds) return fault('balance_negative')
  return body.free === funds - spent ? VALID : fault('balance_mismatch')
}
