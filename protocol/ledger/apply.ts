import { encodeBody } from '../encoding/body.ts'
import type { Digest, EntryId, JobId } from '../ids.ts'
import { AMOUNT_MAX } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { accountLeaf } from '../sync/leaves.ts'
import type { AccountBook, AccountState } from './account.ts'
import { type Certificate, encodingOf } from './certificate.ts'
import { joinedBy } from '../swarm/admission.ts'
import type { Members } from '../swarm/members.ts'
import { type Entry, entryIdOf, jobIdOf, outputOf, type OutputRef, type SignedEntry } from './entry.ts'
import { indexEntry } from './fact-index.ts'
import type { ApplyResult, JobOutput, OpenedJob } from './ledger.ts'
import type { OpenJobs } from './open-jobs.ts'
import { isMerged, type ResolvedBook } from './resolved.ts'
import { EARLY_CLAIMS_MAX, type Output, type OutputBook, positionCodec } from './output-book.ts'

/** Everything that certified entries and settled jobs determine. */
export interface Books {
  readonly accounts: AccountBook
  readonly outputs: OutputBook
  readonly opens: OpenJobs
  readonly resolved: ResolvedBook
  readonly digest: { set(key: string, leaf: Digest): void }
  readonly membership: Pick<Members, 'admit' | 'revoke'>
}

/** What an entry brought into the books besides its account's new state. */
export interface Entered {
  readonly entry: EntryId
  readonly body: Entry
  readonly opened: readonly OpenedJob[]
}

export type Applied =
  | Exclude<ApplyResult, { readonly status: 'applied' }>
  | ({ readonly status: 'applied' } & Entered)

/**
 * Brings a certificate into the books (4.5): nothing is judged again except its place in the chain, since q
 * witnesses judged the rest. Records written: the certificate, its position and its index (cold), the account, each
 * output it makes or claims, each job it opens; all in one event, so a crash leaves all or none of them.
 */
export function applyToBooks(books: Books, out: Outbox, certificate: Certificate): Applied {
  const { body } = certificate.entry
  const entry = entryIdOf(certificate.entry)
  const fork = books.resolved.at(body.account, body.seq)
  if (fork !== undefined) return surface(books, out, certificate, fork)
  const before = books.accounts.get(body.account)
  const place = comesNext(body, entry, before)
  if (place !== 'next') return place
  if (books.outputs.earlyCount() >= EARLY_CLAIMS_MAX) {
    const absent = body.claims.filter((claim) => books.outputs.find(body.account, claim) === undefined)
    if (absent.length > 0) return { status: 'missing', ids: sourcesOf(absent) }
  }
  const entered = enterEntry(books, out, certificate.entry, entry)
  out.write(keys.certificate(body.account, body.seq), encodingOf(certificate))
  return { status: 'applied', ...entered }
}

/** Moves the account on by an entry that is certain, and makes what the entry makes. */
export function enterEntry(books: Books, out: Outbox, { body }: SignedEntry, entry: EntryId): Entered {
  advance(books, out, { body, entry, before: books.accounts.get(body.account) })
  return makeEffects(books, out, body, entry)
}

/**
 * A certificate for a place whose fork was settled. Of several merged branches at most one has one; its
 * outputs count from now on, paid out of what the merge had burnt.
 */
function surface(
  books: Books,
  out: Outbox,
  certificate: Certificate,
  { number, resolved }: NonNullable<ReturnType<ResolvedBook['at']>>,
): Applied {
  const { body } = certificate.entry
  const { account, seq } = body
  const entry = entryIdOf(certificate.entry)
  if (!resolved.entries.includes(entry)) return { status: 'contradiction' }
  if (!isMerged(resolved) || resolved.surfaced === entry) return { status: 'known' }
  if (resolved.surfaced !== null) return { status: 'contradiction' }
  const { spent, minted } = totalsOf(body)
  const state = books.accounts.get(account)
  const burnt = clamped(state.burnt - spent)
  books.accounts.put(out, account, { ...state, minted: clamped(state.minted + minted), burnt })
  books.resolved.put(out, account, number, { ...resolved, surfaced: entry })
  out.write(keys.certificate(account, seq), encodingOf(certificate))
  return { status: 'applied', ...makeEffects(books, out, body, entry) }
}

function makeEffects(books: Books, out: Outbox, body: Entry, entry: EntryId): Entered {
  makeOutputs(books, out, body, entry)
  changeRoster(books, out, body)
  const opened = openJobs(books, out, body, entry)
  const position = encodeBody(positionCodec, { account: body.account, seq: body.seq })
  out.write(keys.entry(entry), position)
  for (const { job } of opened) out.write(keys.entry(job), position)
  indexEntry(out, entry, body, opened)
  return { entry, body, opened }
}

/** Distinct sources, in the order of the claims. */
export function sourcesOf(claims: readonly OutputRef[]): readonly Digest[] {
  return [...new Set(claims.map(({ source }) => source))]
}

// An older entry that differs from the one certified here can't be told from it without a cold read; fork
// proofs are what shows those.
function comesNext(
  body: Entry,
  entry: EntryId,
  state: AccountState,
): 'next' | Exclude<Applied, { status: 'applied' }> {
  if (body.seq > state.seq) return { status: 'missing', ids: [body.prev] }
  // What it builds on may be a fork's resolution that isn't here yet.
  if (body.seq === state.seq)
    return body.prev === state.head ? 'next' : { status: 'missing', ids: [body.prev] }
  const differs = body.seq === state.seq - 1 && entry !== state.head
  return { status: differs ? 'contradiction' : 'known' }
}

interface Step {
  readonly body: Entry
  readonly entry: EntryId
  readonly before: AccountState
}

function advance({ accounts, outputs, digest }: Books, out: Outbox, { body, entry, before }: Step): void {
  let claimed = 0n
  let early = 0
  for (const claim of body.claims) {
    const units = outputs.claim(out, body.account, claim)
    if (units === undefined) early += 1
    claimed += units ?? 0n
  }
  const { spent, minted, nonce } = totalsOf(body)
  // What the entry's own balance says that the unknown sources must hold.
  const owed = early === 0 ? 0n : body.free + spent - before.free - claimed
  const state: AccountState = {
    seq: body.seq + 1,
    head: entry,
    free: body.free,
    nonce: nonce > before.nonce ? nonce : before.nonce,
    minted: clamped(before.minted + minted),
    owed: clamped(before.owed + owed),
    burnt: before.burnt,
  }
  accounts.put(out, body.account, state)
  digest.set(body.account, accountLeaf(state))
}

/** Sums of an entry's operations: what it spends (transfers and escrows), what it makes anew, its next free nonce. */
export function totalsOf(body: Pick<Entry, 'ops'>): {
  readonly spent: bigint
  readonly minted: bigint
  readonly nonce: number
} {
  let spent = 0n
  let minted = 0n
  let nonce = 0
  for (const operation of body.ops) {
    // What comes with an invitation is as new as what a minter makes.
    if (operation.type === 'mint' || operation.type === 'join') minted += outputOf(operation)?.amount ?? 0n
    else if (operation.type === 'transfer') spent += operation.amount
    else if (operation.type === 'open') {
      spent += operation.escrow
      nonce = Math.max(nonce, Math.min(operation.spec.nonce + 1, Number.MAX_SAFE_INTEGER))
    }
  }
  return { spent, minted, nonce }
}

/** What the entry's operations give away becomes outputs, each named by its operation's position. */
function makeOutputs(books: Books, out: Outbox, body: Entry, entry: EntryId): void {
  const origin = { account: body.account, seq: body.seq }
  body.ops.forEach((operation, index) => {
    const made = outputOf(operation)
    if (made !== undefined)
      addOutput(books, out, made.to, { source: entry, index, amount: made.amount, origin })
  })
}

/** Adds an output, or pays it at once to the claim that came before it. */
function addOutput({ accounts, outputs }: Books, out: Outbox, owner: Entry['account'], output: Output): void {
  if (outputs.add(out, owner, output)) return
  const state = accounts.get(owner)
  accounts.put(out, owner, { ...state, owed: clamped(state.owed - output.amount) })
}

/**
 * Ends an escrow by a job's terminal decision: `made` are claimable by its id. They must sum up to the escrow;
 * anything else is a contradiction and changes nothing. `known` for a job that isn't open.
 */
export function creditJob(books: Books, out: Outbox, job: JobId, made: readonly JobOutput[]): ApplyResult {
  const opened = books.opens.get(job)
  if (opened === undefined) return { status: 'known' }
  const sum = made.reduce((total, { amount }) => total + amount, 0n)
  if (sum !== opened.escrow || made.some(({ amount }) => amount < 0n)) return { status: 'contradiction' }
  books.opens.remove(out, job)
  for (const { index, to, amount } of made) {
    if (amount > 0n) addOutput(books, out, to, { source: job, index, amount, origin: null })
  }
  return { status: 'applied' }
}

/** A certified `join` or `revoke` holds whatever else is known here: both only add to what the roster has. */
function changeRoster({ membership }: Books, out: Outbox, { account, ops }: Entry): void {
  for (const operation of ops) {
    if (operation.type === 'join') membership.admit(out, joinedBy(operation, account))
    else if (operation.type === 'revoke') membership.revoke(out, operation.revocation.body.key)
  }
}

function openJobs({ opens }: Books, out: Outbox, body: Entry, entry: EntryId): readonly OpenedJob[] {
  const { account } = body
  const opened: OpenedJob[] = []
  for (const operation of body.ops) {
    if (operation.type !== 'open') continue
    const { spec, escrow } = operation
    const job: JobId = jobIdOf(account, spec.nonce)
    opened.push({ job, account, entry, spec, escrow })
  }
  for (const job of opened) opens.add(out, job)
  return opened
}

// Entries that keep the rules never leave this range. Above f faulty witnesses one could, and then a wrong
// sum is better than a record that can't be read at the next start.
export function clamped(units: bigint): bigint {
  return units < 0n ? 0n : units > AMOUNT_MAX ? AMOUNT_MAX : units
}
