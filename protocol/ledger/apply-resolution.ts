import { type Decision, decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import { encodeBody } from '../encoding/body.ts'
import type { AccountId, EntryId } from '../ids.ts'
import { parseResolveInstance } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { accountLeaf } from '../sync/leaves.ts'
import type { AccountState } from './account.ts'
import { type Books, enterEntry, type Entered, sourcesOf, totalsOf } from './apply.ts'
import { entryIdOf, type OutputRef, type SignedEntry } from './entry.ts'
import type { ApplyResult } from './ledger.ts'
import { positionCodec } from './output-book.ts'
import type { Resolution } from './resolution.ts'
import { compareRefs } from './validate.ts'

export type ResolutionApplied =
  | Exclude<ApplyResult, { readonly status: 'applied' }>
  | {
      readonly status: 'applied'
      readonly account: AccountId
      /** The one entry that the decision certifies, where this peer didn't have it certified before. */
      readonly entered: Entered | undefined
      readonly place: {
        readonly instanceSeq: number
        readonly seq: number
        /** False when the decision only says that the fork was behind the head. */
        readonly isSettled: boolean
      }
    }

/**
 * Brings the decision on a fork into the books (5.7). The outcome is the same whether a branch's certificate
 * came before or comes after (12.4):
 *
 * - No entry: the fork was behind the head by then; nothing moves.
 * - One entry: it is certified by the decision.
 * - Several: the account goes on behind the decision's own digest, with the least balance that any branch
 *   leaves and with everything claimed that any branch claims. What that leaves over is burnt; a branch whose
 *   certificate is known gets its outputs out of it (`surface` in `apply.ts`). At most one branch has a
 *   certificate, and its balance is not below the least one, so what is burnt never falls below 0.
 */
export function applyResolution(books: Books, out: Outbox, decision: Decision): ResolutionApplied {
  const place = parseResolveInstance(decision.instance)
  const { value } = decision
  if (place === undefined || value.type !== 'resolve') return { status: 'contradiction' }
  const { account } = place
  if (value.account !== account || value.seq < place.seq) return { status: 'contradiction' }
  const name = valueDigestOf(value)
  const before = books.resolved.get(account, place.seq)
  if (before !== undefined) return { status: before.value === name ? 'known' : 'contradiction' }
  const state = books.accounts.get(account)
  if (state.seq < value.seq) return { status: 'missing', ids: [value.head] }
  const ids = value.entries.map(entryIdOf)
  const outcome = settle(books, out, { state, value, ids })
  if (outcome.status !== 'settled') return outcome
  const { surfaced, entered } = outcome
  books.resolved.put(out, account, place.seq, { value: name, seq: value.seq, entries: ids, surfaced })
  out.write(keys.resolution(account, place.seq), encodeBody(decisionCodec, decision))
  if (ids.length > 1) {
    out.write(keys.entry(name), encodeBody(positionCodec, { account, seq: value.seq }))
  }
  const settledPlace = { instanceSeq: place.seq, seq: value.seq, isSettled: ids.length > 0 }
  return { status: 'applied', account, entered, place: settledPlace }
}

interface Case {
  readonly state: AccountState
  readonly value: Resolution
  readonly ids: readonly EntryId[]
}

type Outcome =
  | Exclude<ApplyResult, { readonly status: 'applied' | 'known' }>
  | { readonly status: 'settled'; readonly surfaced: EntryId | null; readonly entered: Entered | undefined }

function settle(books: Books, out: Outbox, one: Case): Outcome {
  const { state, value } = one
  const [entry, ...others] = value.entries
  if (entry === undefined) return { status: 'settled', surfaced: null, entered: undefined }
  const isNext = state.seq === value.seq
  if (isNext && state.head !== value.head) return { status: 'contradiction' }
  if (others.length > 0) return merge(books, out, one)
  const id = entryIdOf(entry)
  if (!isNext) {
    if (state.seq === value.seq + 1 && state.head !== id) return { status: 'contradiction' }
    return { status: 'settled', surfaced: null, entered: undefined }
  }
  return { status: 'settled', surfaced: null, entered: enterEntry(books, out, entry, id) }
}

function merge(books: Books, out: Outbox, { state, value, ids }: Case): Outcome {
  const { account, entries } = value
  // A branch that this peer has certified already stands at the place.
  const branch = state.seq === value.seq + 1 ? entries[ids.indexOf(state.head)] : undefined
  if (state.seq > value.seq && branch === undefined) return { status: 'contradiction' }
  const claims = claimsOf(entries, branch)
  const absent = claims.filter((claim) => books.outputs.find(account, claim) === undefined)
  if (absent.length > 0) return { status: 'missing', ids: sourcesOf(absent) }
  const claimed = claims.reduce((sum, claim) => sum + (books.outputs.claim(out, account, claim) ?? 0n), 0n)
  const free = entries.reduce(
    (least, { body }) => (body.free < least ? body.free : least),
    entries[0]?.body.free ?? 0n,
  )
  const merged: AccountState = {
    ...state,
    seq: value.seq + 1,
    head: valueDigestOf(value),
    free,
    nonce: Math.max(state.nonce, ...entries.map(({ body }) => totalsOf(body).nonce)),
    burnt: state.burnt + state.free + claimed - free,
  }
  books.accounts.put(out, account, merged)
  books.digest.set(account, accountLeaf(merged))
  return { status: 'settled', surfaced: branch === undefined ? null : entryIdOf(branch), entered: undefined }
}

/** What all branches claim together, less what `branch` has claimed already; ascending. */
function claimsOf(entries: readonly SignedEntry[], branch: SignedEntry | undefined): readonly OutputRef[] {
  const nameOf = ({ source, index }: OutputRef) => `${source}/${index}`
  const made = new Set(branch?.body.claims.map(nameOf))
  const union = new Map<string, OutputRef>()
  for (const { body } of entries) for (const claim of body.claims) union.set(nameOf(claim), claim)
  return [...union].flatMap(([name, claim]) => (made.has(name) ? [] : [claim])).sort(compareRefs)
}
