import type { Operation } from '../../protocol/ledger/entry.ts'
import type { CreateChecker, Examined, Facts, Report } from './checker.ts'
import {
  genesisOf,
  jobIdOf,
  type StoredEntry,
  type StoredFacts,
  type StoredResolution,
} from './stored-facts.ts'

interface Output {
  readonly to: string
  readonly amount: bigint
  claimedBy: string | undefined
}

/** What a disk's certificates and decisions amount to, computed from nothing else. */
interface Books {
  readonly outputs: Map<string, Output>
  /** Undecided escrows by job. */
  readonly escrows: Map<string, bigint>
  minted: bigint
  free: bigint
  /** What merged forks have left over. */
  burnt: bigint
  /** Claims of outputs whose source isn't on this disk yet. */
  early: number
  /** Claimed in all, early ones as their entries' balances say. */
  claimed: bigint
}

/**
 * Conservation from the facts on disk (12.1, 12.3): each chain is linked, each output is claimed once and by
 * whom it is addressed to, each balance follows, and all that was minted is free, unclaimed or in escrow. The
 * mind's own figures must say the same.
 */
export const createLedgerReplayChecker: CreateChecker = (facts, report) => {
  const examine = (examined: Examined): Books => {
    const about: Report = (detail) => report(`disk of ${examined.peer}: ${detail}`)
    const books = replay(facts, facts.read(examined.records), about)
    compare(books, examined, about)
    return books
  }
  return {
    examine: (peers) => peers.forEach(examine),
    conclude(peers) {
      for (const examined of peers) {
        if (examine(examined).early > 0)
          report(`disk of ${examined.peer}: a claim without its output in the end`)
      }
    },
  }
}

function replay(facts: Facts, stored: StoredFacts, report: Report): Books {
  const books: Books = {
    outputs: new Map(),
    escrows: new Map(),
    minted: 0n,
    free: 0n,
    burnt: 0n,
    early: 0,
    claimed: 0n,
  }
  for (const entry of effectiveEntries(stored)) makeOutputs(facts, books, entry, report)
  for (const decisions of stored.jobs.values())
    for (const decision of decisions) settle(books, stored, decision, report)
  for (const account of new Set([...stored.chains.keys(), ...stored.resolutions.keys()]))
    walk(books, genesisOf(facts.swarm, account), placesOf(stored, account), report)
  return books
}

/** Entries whose operations count: those with a certificate, and those that a resolution certifies. */
function effectiveEntries(stored: StoredFacts): readonly StoredEntry[] {
  const certified = [...stored.chains.values()].flat()
  const resolved = [...stored.resolutions.values()]
    .flat()
    .flatMap(({ entries }) => (entries.length === 1 ? entries : []))
  return [...new Map([...certified, ...resolved].map((entry) => [entry.id, entry])).values()]
}

/** What stands at one place of a chain; of a merged fork `entry` is the branch whose certificate has surfaced. */
interface Place {
  readonly seq: number
  readonly entry: StoredEntry | undefined
  readonly merged: StoredResolution | undefined
}

function placesOf({ chains, resolutions }: StoredFacts, account: string): readonly Place[] {
  const places = new Map<number, Place>()
  for (const one of chains.get(account) ?? []) {
    const { seq } = one.entry.body
    places.set(seq, { seq, entry: one, merged: undefined })
  }
  for (const resolution of resolutions.get(account) ?? []) {
    const { seq, entries } = resolution
    const known = places.get(seq)?.entry
    if (entries.length === 1) places.set(seq, { seq, entry: known ?? entries[0], merged: undefined })
    if (entries.length > 1) places.set(seq, { seq, entry: known, merged: resolution })
  }
  return [...places.values()].sort((a, b) => a.seq - b.seq)
}

function makeOutputs(facts: Facts, books: Books, { id, entry }: StoredEntry, report: Report): void {
  const { account, ops } = entry.body
  ops.forEach((operation, index) => {
    if (operation.type === 'open') {
      books.escrows.set(jobIdOf(account, operation.spec.nonce), operation.escrow)
      return
    }
    if (operation.type === 'mint' && !mayMint(facts, account)) report(`${account} minted without authority`)
    const made = givenBy(operation)
    if (made === undefined) return
    if (operation.type !== 'transfer') books.minted += made.amount
    books.outputs.set(`${id}/${index}`, { ...made, claimedBy: undefined })
  })
}

/** Whoever any epoch names: what was certified under it stays valid (4.5). */
function mayMint({ epochOf, newestEpoch }: Facts, account: string): boolean {
  for (let number = newestEpoch().number; number >= 0; number -= 1)
    if (epochOf(number)?.minters.some((minter) => minter === account) === true) return true
  return false
}

/** A mint or transfer names receiver and amount; a join's grant goes to whoever consented (4.3). */
function givenBy(operation: Operation): { readonly to: string; readonly amount: bigint } | undefined {
  if (operation.type === 'mint' || operation.type === 'transfer') return operation
  if (operation.type !== 'join' || operation.invitation === null) return undefined
  const { grant } = operation.invitation.body
  return grant === 0n ? undefined : { to: operation.consent.signer, amount: grant }
}

type Decided = StoredFacts['jobs'] extends ReadonlyMap<string, readonly (infer D)[]> ? D : never

/** Output 0 is the refund, 1 the fee, then slots in order (4.3); together they are the escrow. */
function settle(books: Books, stored: StoredFacts, { job, value }: Decided, report: Report): void {
  if (value.type !== 'close' && value.type !== 'void') return
  const opened = openOf(stored, job)
  const escrow = books.escrows.get(job)
  if (opened === undefined || escrow === undefined) {
    report(`job ${job} is settled but not open`)
    return
  }
  books.escrows.delete(job)
  const outputs =
    value.type === 'void' ? [{ index: 0, to: opened.account, amount: escrow }] : closeOutputs(value, opened)
  const sum = outputs.reduce((total, { amount }) => total + amount, 0n)
  if (sum !== escrow) report(`job ${job} pays ${sum} out of an escrow of ${escrow}`)
  for (const { index, to, amount } of outputs) {
    if (amount < 0n) report(`job ${job} pays a negative amount`)
    if (amount > 0n) books.outputs.set(`${job}/${index}`, { to, amount, claimedBy: undefined })
  }
}

interface Opened {
  readonly account: string
  readonly spec: Extract<Operation, { type: 'open' }>['spec']
}

function closeOutputs({ result }: Extract<Decided['value'], { type: 'close' }>, { account, spec }: Opened) {
  return [
    { index: 0, to: account, amount: result.refund },
    { index: 1, to: spec.treasury, amount: result.fee },
    ...result.replicas.map(({ slot, payout, paid }) => ({ index: 2 + slot, to: payout, amount: paid })),
  ]
}

export function openOf(stored: StoredFacts, job: string): Opened | undefined {
  for (const { entry } of effectiveEntries(stored)) {
    const { account, ops } = entry.body
    for (const operation of ops) {
      if (operation.type === 'open' && jobIdOf(account, operation.spec.nonce) === job)
        return { account, spec: operation.spec }
    }
  }
  return undefined
}

function walk(books: Books, genesis: string, places: readonly Place[], report: Report): void {
  let before: Standing = { head: genesis, free: 0n }
  places.forEach((place, at) => {
    if (place.seq !== at) report(`place ${place.seq} follows ${at} places`)
    if (place.merged !== undefined) before = walkMerged(books, before, place, place.merged, report)
    else if (place.entry !== undefined) before = walkEntry(books, before, place.entry, report)
  })
  books.free += before.free
}

/** Head and balance behind a place. */
interface Standing {
  readonly head: string
  readonly free: bigint
}

function walkEntry(books: Books, before: Standing, { id, entry }: StoredEntry, report: Report): Standing {
  const { account, seq, prev, claims } = entry.body
  const name = `${account}/${seq}`
  if (prev !== before.head) report(`${name} isn't linked to the entry before it`)
  const owed = entry.body.free + spentOf(entry.body.ops) - before.free
  const found = claims.map((claim) =>
    claimOf(books, { name, account, output: `${claim.source}/${claim.index}` }, report),
  )
  const sum = found.reduce<bigint>((total, amount) => total + (amount ?? 0n), 0n)
  if (found.includes(undefined)) books.early += 1
  else if (sum !== owed) report(`${name} claims ${sum} but its balance needs ${owed}`)
  books.claimed += owed
  return { head: id, free: entry.body.free }
}

/** The least balance of all branches, every claim of any of them, and the rest burnt but for a surfaced one's spending (5.7). */
function walkMerged(
  books: Books,
  before: Standing,
  { entry: surfaced }: Place,
  { id, seq, head, entries }: StoredResolution,
  report: Report,
): Standing {
  const account = entries[0]?.entry.body.account ?? ''
  const name = `${account}/${seq}`
  const bodies = entries.map(({ entry }) => entry.body)
  if (head !== before.head || bodies.some(({ prev }) => prev !== head))
    report(`${name} is merged behind another head`)
  if (surfaced !== undefined && !entries.some((branch) => branch.id === surfaced.id))
    report(`${name} is certified beside what its fork was merged from`)
  const claims = new Set(
    bodies.flatMap((body) => body.claims.map(({ source, index }) => `${source}/${index}`)),
  )
  const found = [...claims].map((output) => claimOf(books, { name, account, output }, report))
  if (found.includes(undefined)) books.early += 1
  const claimed = found.reduce<bigint>((total, amount) => total + (amount ?? 0n), 0n)
  const free = bodies.map((body) => body.free).reduce((least, one) => (one < least ? one : least))
  const burnt =
    before.free + claimed - free - (surfaced === undefined ? 0n : spentOf(surfaced.entry.body.ops))
  if (burnt < 0n) report(`${name} burns ${burnt}`)
  books.claimed += claimed
  books.burnt += burnt
  return { head: id, free }
}

function spentOf(ops: readonly Operation[]): bigint {
  return ops.reduce((sum, operation) => sum + spentBy(operation), 0n)
}

function spentBy(operation: Operation): bigint {
  if (operation.type === 'open') return operation.escrow
  return operation.type === 'transfer' ? operation.amount : 0n
}

interface ClaimMade {
  readonly name: string
  readonly account: string
  readonly output: string
}

function claimOf(books: Books, { name, account, output }: ClaimMade, report: Report): bigint | undefined {
  const found = books.outputs.get(output)
  if (found === undefined) return undefined
  if (found.to !== account) report(`${name} claims ${output}, which is another's`)
  if (found.claimedBy !== undefined) report(`${output} is claimed by ${found.claimedBy} and ${name}`)
  found.claimedBy = name
  return found.amount
}

function compare(books: Books, { view }: Examined, report: Report): void {
  const made = [...books.outputs.values()].reduce((sum, { amount }) => sum + amount, 0n)
  const escrowed = [...books.escrows.values()].reduce((sum, escrow) => sum + escrow, 0n)
  const unclaimed = made - books.claimed
  if (books.free + unclaimed + escrowed + books.burnt !== books.minted) {
    const held = `${books.free} free, ${unclaimed} unclaimed, ${escrowed} in escrow, ${books.burnt} burnt`
    report(`minted ${books.minted}, holds ${held}`)
  }
  if (view === undefined) return
  const own = view.supply()
  const differs =
    own.minted !== books.minted ||
    own.free !== books.free ||
    own.unclaimed !== unclaimed ||
    own.escrowed !== escrowed ||
    own.burnt !== books.burnt
  if (differs) report("the mind's supply isn't what its facts amount to")
}
