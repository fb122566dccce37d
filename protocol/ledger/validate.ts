import type { Digest } from '../ids.ts'
import { specFault } from '../jobs/spec.ts'
import { AMOUNT_MAX, LIMITS } from '../params.ts'
import { isInvitedUnder, isSignedRevocation, joinFault, joinRefusal } from '../swarm/admission.ts'
import type { Roster } from '../swarm/roster.ts'
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
  readonly roster: Roster
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
 * before it signs. Pure; its cost is bounded by the limits on claims and operations. What is valid stays valid: of
 * the roster only what no epoch takes back is asked (4.5); `votingRefusal` asks the rest.
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
  const minter = lookups.roster.everNamed('minter', body.account)
  if (body.seq === 0 && !mayBegin(body, minter)) return fault('genesis_without_claim')
  const claims = judgeClaims(body, lookups)
  if (claims.status !== 'valid') return claims
  if (!minter && body.ops.some(({ type }) => type === 'mint')) return fault('not_a_minter')
  const opens = judgeOpens(body.ops, account.nonce, lookups.roster)
  if (opens !== undefined) return fault(opens)
  const admissions = judgeAdmissions(body, lookups.roster)
  if (admissions !== undefined) return fault(admissions)
  return judgeBalance(body, account, claims.units)
}

/** A first entry costs witnesses a lock and a record for ever, so it must bring money in, or the operators' word. */
function mayBegin(body: Entry, minter: boolean): boolean {
  if (body.claims.length > 0) return true
  return body.ops.some(({ type }) => type === 'join' || type === 'revoke' || (minter && type === 'mint'))
}

/** A `join` is its chain's only entry's only content: one token makes one member. */
function judgeAdmissions({ account, seq, claims, ops, free }: Entry, roster: Roster): EntryFault | undefined {
  for (const operation of ops) {
    if (
      operation.type === 'revoke' &&
      !isSignedRevocation(operation.revocation, roster, operation.revocation.body.epoch)
    )
      return 'revocation_not_signed'
    if (operation.type !== 'join') continue
    if (seq !== 0 || claims.length > 0 || ops.length > 1 || free !== 0n) return 'join_not_alone'
    const found = joinFault(operation, account, roster)
    if (found !== undefined) return found
  }
  return undefined
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
  roster: Roster,
): EntryFault | undefined {
  let nonce = nonceMin
  for (const operation of operations) {
    if (operation.type !== 'open') continue
    const { spec, escrow } = operation
    if (specFault(spec, escrow) !== undefined) return 'spec_invalid'
    // The least fee is the founding charter's for ever (6.2).
    if (spec.fee < roster.charter.params.fee || !roster.everNamed('treasury', spec.treasury))
      return 'spec_invalid'
    if (!roster.everNamed('rules', spec.rules)) return 'prompt_rules_unknown'
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

/**
 * Why a witness doesn't vote for a valid entry now (4.5): a `join` outside its dates, and whatever the newest epoch
 * known here gives nobody the right to. It costs only that token or that account, and is never asked of what is certified.
 */
export function votingRefusal(
  { account, ops }: Entry,
  roster: Roster,
  now: number,
  /** An earlier epoch under which the entry was voted for already; the current one by default. */
  epoch = roster.epoch.number,
): EntryFault | undefined {
  for (const operation of ops) {
    const refusal = operation.type === 'join' ? joinRefusal(operation, roster, now, epoch) : undefined
    if (refusal !== undefined) return refusal
  }
  return rightsRefusal({ account, ops }, roster, epoch)
}

/**
 * What of `votingRefusal` is the same everywhere: whether an epoch's minters and operators are behind all that takes one.
 * Validity asks only whether any epoch's ever were.
 */
export function rightsRefusal(
  { account, ops }: Pick<Entry, 'account' | 'ops'>,
  roster: Roster,
  epoch: number,
): EntryFault | undefined {
  const minters = roster.epochOf(epoch)?.governance.minters ?? []
  for (const operation of ops) {
    if (operation.type === 'mint' && !minters.includes(account)) return 'not_a_minter'
    if (operation.type === 'revoke' && !isSignedRevocation(operation.revocation, roster, epoch))
      return 'operators_changed'
    if (operation.type === 'join' && !isInvitedUnder(operation, roster, epoch)) return 'operators_changed'
  }
  return undefined
}
