import { type InstanceRules, type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import { type AccountId, parseResolveInstance, type PeerId } from '../ids.ts'
import { AMOUNT_MAX, LIMITS } from '../params.ts'
import type { Roster } from '../swarm/roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { AdoptedPlaces } from './adopted.ts'
import type { AccountBook } from './account.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'
import type { Locks } from './locks.ts'
import type { OutputBook } from './output-book.ts'
import type { ForkProof, Resolution, ResolveMessage } from './resolution.ts'
import type { Held, Resolving } from './resolving.ts'
import { type Validity, validateEntry, votingRefusal } from './validate.ts'

export interface ResolveParts {
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly accounts: AccountBook
  readonly outputs: OutputBook
  readonly locks: Locks
  readonly adopted: AdoptedPlaces
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
 *
 * Why it gives nobody a right. A value with one entry certifies that. So an entry that the judge isn't bound to must be
 * one that it would vote for now (4.5): else a key that minted or invited once could sign two entries for a place of its
 * own and have one of them settled. A refusal for that is a guard, since dates and revocations are known at different
 * times; what it can hold up is the account of whoever signed two.
 */
export function createResolveRules(parts: ResolveParts): InstanceRules {
  const { roster, duty, accounts, resolving } = parts
  return {
    naturalProposer: (instance) =>
      resolving.heldBy(instance) === undefined ? undefined : roster.epoch.witnesses[0],
    dueAt: (instance) => resolving.heldBy(instance)?.heldMs,
    judge(out, instance, value) {
      const account = parseResolveInstance(instance)?.account
      if (value.type !== 'resolve' || value.account !== account) return { verdict: 'not_valid' }
      return judge(parts, value, out.now)
    },
    build(out, instance) {
      const held = resolving.heldBy(instance)
      // A witness that may have forgotten a proposal makes no other one.
      if (held === undefined || !duty.active) return undefined
      const { account } = held.message.request.body
      const { seq, head } = accounts.get(account)
      return { type: 'resolve', account, seq, head, entries: candidates(parts, held, out.now) }
    },
    learn(out, refusal, from) {
      const held = resolving.heldBy(refusal.instance)
      if (held === undefined) return
      resolving.learn(held, from, refusal.entries)
      // A witness that doesn't know the request can't judge: the owner's word is passed on.
      if (refusal.code === 'missing' && resolving.mayTell(held, from, out.now)) {
        out.send(from, 'resolve', held.message)
      }
    },
  }
}

function judge(parts: ResolveParts, value: Resolution, now: number): Judgement {
  const { accounts } = parts
  const { account, seq, head, entries } = value
  const state = accounts.get(account)
  if (state.seq < seq) return { verdict: 'missing', ids: [head] }
  // A newer head than the value's: whoever proposes next learns of it by sync.
  if (state.seq > seq) return WAITING
  if (state.head !== head) return { verdict: 'missing', ids: [head] }
  if (!isWellFormed(value)) return { verdict: 'not_valid' }
  const validities = entries.map((entry) => validityOf(parts, entry))
  if (validities.some(({ status }) => status === 'fault')) return { verdict: 'not_valid' }
  const ids = validities.flatMap((validity) => (validity.status === 'missing' ? validity.ids : []))
  if (ids.length > 0) return { verdict: 'missing', ids: [...new Set(ids)].slice(0, LIMITS.missing) }
  if (!isBounded(parts, value)) return { verdict: 'not_valid' }
  if (!entries.every((entry) => hasVote(parts, entry, now))) return WAITING
  const named = new Set(entries.map(entryIdOf))
  const absent = boundAt(parts, account, seq).filter((entry) => !named.has(entryIdOf(entry)))
  return absent.length === 0
    ? { verdict: 'prepare' }
    : { verdict: 'guard', items: { ...NO_ITEMS, entries: absent.slice(0, LIMITS.forkEntries) } }
}

/** Entries at a place that may have a certificate as far as this witness knows: its lock, and what it adopted. */
function boundAt(
  { locks, adopted }: Pick<ResolveParts, 'locks' | 'adopted'>,
  account: AccountId,
  seq: number,
): readonly SignedEntry[] {
  const lock = locks.get(account, seq)
  const earlier = adopted.get(account, seq)?.entries ?? []
  return lock === undefined ? earlier : [lock.entry, ...earlier]
}

/** Whether this witness is bound to a valid entry, or would vote for it now if it weren't bound to another. */
function hasVote(
  { roster, locks, adopted }: Pick<ResolveParts, 'roster' | 'locks' | 'adopted'>,
  entry: SignedEntry,
  now: number,
): boolean {
  const { account, seq } = entry.body
  const id = entryIdOf(entry)
  const isBound = boundAt({ locks, adopted }, account, seq).some((one) => entryIdOf(one) === id)
  return isBound || votingRefusal(entry.body, roster, now) === undefined
}

/** Entries of that account for that place, by its owner, ascending by id and each once. */
export function isWellFormed({ account, seq, head, entries }: Resolution): boolean {
  return entries.every(({ signer, body }, at) => {
    const [before, entry] = [entries[at - 1], entries[at]]
    const fits = signer === account && body.account === account && body.seq === seq && body.prev === head
    return fits && (before === undefined || entry === undefined || entryIdOf(before) < entryIdOf(entry))
  })
}

/** All that the entries claim together, and what a merge would burn, must be amounts that can be written down. */
function isBounded({ accounts, outputs }: ResolveParts, { account, entries }: Resolution): boolean {
  const state = accounts.get(account)
  const claims = new Map(
    entries.flatMap(({ body }) => body.claims).map((ref) => [`${ref.source}/${ref.index}`, ref]),
  )
  const claimed = [...claims.values()].reduce(
    (sum, ref) => sum + (outputs.find(account, ref)?.amount ?? 0n),
    0n,
  )
  return state.burnt + state.free + claimed <= AMOUNT_MAX
}

/**
 * Whether a request is to be held. A fork of the account's next place needs an entry that could be certified:
 * else anybody could make keys and have witnesses keep records for them, free of charge. A fork behind the head
 * stops nobody; only a witness that is stopped by it asks for more, so only from one is it taken.
 */
export function isWorthResolving(
  parts: ResolveParts,
  { proof }: ResolveMessage,
  from: PeerId,
  now: number,
): boolean {
  const { account, seq } = proof.first.body
  const state = parts.accounts.get(account)
  if (seq !== state.seq) return seq < state.seq && parts.roster.isWitness(from)
  const isHeld = boundAt(parts, account, seq).length > 0
  return isHeld || [proof.first, proof.second].some((entry) => isCandidate(parts, entry, now))
}

/** Whether a fork is of the account's next place and one of its entries is valid there, whoever may vote for it. */
export function isPlausible(
  parts: Omit<ResolveParts, 'resolving' | 'duty' | 'locks' | 'adopted'>,
  proof: ForkProof,
): boolean {
  return [proof.first, proof.second].some((entry) => validityOf(parts, entry).status === 'valid')
}

export function validityOf(
  { roster, accounts, outputs }: Pick<ResolveParts, 'roster' | 'accounts' | 'outputs'>,
  entry: SignedEntry,
): Validity {
  const { account } = entry.body
  return validateEntry(entry, accounts.get(account), {
    roster,
    unclaimed: (ref) => outputs.find(account, ref)?.amount,
    settled: () => undefined,
  })
}

function isCandidate(parts: ResolveParts, entry: SignedEntry, now: number): boolean {
  return validityOf(parts, entry).status === 'valid' && hasVote(parts, entry, now)
}

/**
 * Entries that some witness is bound to, by ascending id; the proof's own only where nobody is: an entry that
 * nobody voted for has no certificate, and merging it would only cost its owner.
 */
function candidates(parts: ResolveParts, { message, learnt }: Held, now: number): readonly SignedEntry[] {
  const { account } = message.request.body
  const { seq } = parts.accounts.get(account)
  const bound = [...boundAt(parts, account, seq), ...learnt.values()]
  const valid = (entries: readonly SignedEntry[]) =>
    entries.filter((entry) => entry.body.seq === seq && isCandidate(parts, entry, now))
  const held = valid(bound)
  const chosen = held.length > 0 ? held : valid([message.proof.first, message.proof.second]).slice(0, 1)
  const unique = new Map(chosen.map((entry) => [entryIdOf(entry), entry]))
  return [...unique]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => entry)
    .slice(0, LIMITS.forkEntries)
}
