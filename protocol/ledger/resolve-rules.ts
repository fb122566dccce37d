import { type InstanceRules, type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import { parseResolveInstance } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Roster } from '../swarm/roster.ts'
import type { AccountBook } from './account.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'
import type { Locks } from './locks.ts'
import type { OutputBook } from './output-book.ts'
import type { Resolution, ResolveMessage } from './resolution.ts'
import type { Held, Resolving } from './resolving.ts'
import { type Validity, validateEntry } from './validate.ts'

export interface ResolveParts {
  readonly roster: Roster
  readonly accounts: AccountBook
  readonly outputs: OutputBook
  readonly locks: Locks
  readonly resolving: Resolving
}

/**
 * What the instances `resolve/<account>/<seq>` bring to the agreement (5.7).
 *
 * Why no second history can arise. A value is prepared afresh only by a witness that holds the request, hence
 * has stopped voting for the account, whose head isn't behind the value's, and whose own lock is in it. Take
 * any entry with a certificate at or after the value's place: q witnesses voted for it, so one correct witness
 * both voted and prepared. If it voted first, its lock (or, once certified, its head) had to be in the value;
 * it can't have voted afterwards. So a certified entry at the place is among the value's entries, and nothing
 * is certified behind it except what the decision leads to.
 */
export function createResolveRules(parts: ResolveParts): InstanceRules {
  const { roster, accounts, locks, resolving } = parts
  return {
    naturalProposer: (instance) =>
      resolving.heldBy(instance) === undefined ? undefined : roster.epoch.witnesses[0],
    dueAt: (instance) => resolving.heldBy(instance)?.heldMs,
    judge(_out, instance, value) {
      const place = parseResolveInstance(instance)
      if (place === undefined || value.type !== 'resolve') return { verdict: 'not_valid' }
      if (value.account !== place.account || value.seq < place.seq) return { verdict: 'not_valid' }
      // Without an entry the place would stay forked, and its one instance would be used up.
      if (value.entries.length === 0 && value.seq === place.seq) return { verdict: 'not_valid' }
      return judge(parts, value)
    },
    build(_out, instance) {
      const place = parseResolveInstance(instance)
      const held = resolving.heldBy(instance)
      if (place === undefined || held === undefined) return undefined
      const { account } = place
      const { seq, head } = accounts.get(account)
      if (seq < place.seq) return undefined
      const entries = candidates(parts, held)
      if (entries.length === 0 && seq === place.seq) return undefined
      return { type: 'resolve', account, seq, head, entries }
    },
    learn(out, refusal, from) {
      const held = resolving.heldBy(refusal.instance)
      if (held === undefined) return
      resolving.learn(held, refusal.entries)
      // A witness that doesn't know the request can't judge: the owner's word is passed on.
      if (refusal.code === 'missing') out.send(from, 'resolve', held.message)
    },
  }

  function judge(all: ResolveParts, value: Resolution): Judgement {
    const state = accounts.get(value.account)
    if (state.seq < value.seq) return { verdict: 'missing', ids: [value.head] }
    // A newer head than the value's: whoever proposes next learns of it by sync.
    if (state.seq > value.seq) return WAITING
    if (state.head !== value.head || !isAscending(value.entries)) return { verdict: 'not_valid' }
    const validities = value.entries.map((entry) => validityOf(all, entry))
    if (validities.some(({ status }) => status === 'fault')) return { verdict: 'not_valid' }
    const ids = validities.flatMap((validity) => (validity.status === 'missing' ? validity.ids : []))
    if (ids.length > 0) return { verdict: 'missing', ids: [...new Set(ids)].slice(0, LIMITS.missing) }
    const lock = locks.get(value.account, value.seq)
    const isCovered =
      lock === undefined || value.entries.some((entry) => entryIdOf(entry) === entryIdOf(lock.entry))
    return isCovered
      ? { verdict: 'prepare' }
      : { verdict: 'guard', items: { ...NO_ITEMS, entries: [lock.entry] } }
  }
}

/**
 * Whether a request is to be held. An account must have come as far as its fork, and a fork of its next place
 * needs an entry that could be certified: else anybody could make keys and have witnesses keep records for
 * them, free of charge.
 */
export function isWorthResolving(parts: ResolveParts, { request, proof }: ResolveMessage): boolean {
  const { account, seq } = request.body
  const state = parts.accounts.get(account)
  if (state.seq !== seq) return state.seq > seq
  return [proof.first, proof.second].some((entry) => validityOf(parts, entry).status === 'valid')
}

function validityOf({ roster, accounts, outputs }: ResolveParts, entry: SignedEntry): Validity {
  const { account } = entry.body
  return validateEntry(entry, accounts.get(account), {
    charter: roster.charter,
    unclaimed: (ref) => outputs.find(account, ref)?.amount,
    settled: () => undefined,
  })
}

function isAscending(entries: readonly SignedEntry[]): boolean {
  return entries.every((entry, at) => {
    const before = entries[at - 1]
    return before === undefined || entryIdOf(before) < entryIdOf(entry)
  })
}

/**
 * Entries that some witness is bound to, by ascending id; the proof's own only where nobody is: an entry that
 * nobody voted for has no certificate, and merging it would only cost its owner.
 */
function candidates(parts: ResolveParts, { message, learnt }: Held): readonly SignedEntry[] {
  const { account } = message.request.body
  const { seq } = parts.accounts.get(account)
  const lock = parts.locks.get(account, seq)
  const bound = [...(lock === undefined ? [] : [lock.entry]), ...learnt.values()]
  const valid = (entries: readonly SignedEntry[]) =>
    entries.filter((entry) => entry.body.seq === seq && validityOf(parts, entry).status === 'valid')
  const held = valid(bound)
  const chosen = held.length > 0 ? held : valid([message.proof.first, message.proof.second]).slice(0, 1)
  const unique = new Map(chosen.map((entry) => [entryIdOf(entry), entry]))
  return [...unique]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => entry)
    .slice(0, LIMITS.forkEntries)
}
