import type { Operation } from '../../protocol/ledger/entry.ts'
import type { CreateChecker, Examined, Facts, Report } from './checker.ts'
import { genesisOf, jobIdOf, type StoredCertificate, type StoredFacts } from './stored-facts.ts'

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
  const books: Books = { outputs: new Map(), escrows: new Map(), minted: 0n, free: 0n, early: 0, claimed: 0n }
  for (const chain of stored.chains.values())
    for (const certificate of chain) makeOutputs(facts, books, certificate, report)
  for (const decisions of stored.jobs.values())
    for (const decision of decisions) settle(books, stored, decision, report)
  for (const [account, chain] of stored.chains) walk(books, genesisOf(facts.swarm, account), chain, report)
  return books
}

function makeOutputs(facts: Facts, books: Books, { id, entry }: StoredCertificate, report: Report): void {
  const { account, ops } = entry.body
  ops.forEach((operation, index) => {
    if (operation.type === 'open') {
      books.escrows.set(jobIdOf(account, operation.spec.nonce), operation.escrow)
      return
    }
    if (operation.type === 'mint') {
      if (!facts.minters.some((minter) => minter === account)) report(`${account} minted without authority`)
      books.minted += operation.amount
    }
    books.outputs.set(`${id}/${index}`, { to: operation.to, amount: operation.amount, claimedBy: undefined })
  })
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
  for (const [account, chain] of stored.chains) {
    for (const { entry } of chain) {
      for (const operation of entry.body.ops) {
        if (operation.type === 'open' && jobIdOf(account, operation.spec.nonce) === job) {
          return { account, spec: operation.spec }
        }
      }
    }
  }
  return undefined
}

function walk(books: Books, genesis: string, chain: readonly StoredCertificate[], report: Report): void {
  let head = genesis
  let free = 0n
  chain.forEach(({ id, entry }, at) => {
    const { account, seq, prev, claims, ops } = entry.body
    const name = `${account}/${seq}`
    if (seq !== at || prev !== head) report(`${name} isn't linked to the entry before it`)
    const spent = ops.reduce((sum, operation) => sum + spentBy(operation), 0n)
    const owed = entry.body.free + spent - free
    const found = claims.map((claim) =>
      claimOf(books, { name, account, output: `${claim.source}/${claim.index}` }, report),
    )
    const sum = found.reduce<bigint>((total, amount) => total + (amount ?? 0n), 0n)
    if (found.includes(undefined)) books.early += 1
    else if (sum !== owed) report(`${name} claims ${sum} but its balance needs ${owed}`)
    books.claimed += owed
    head = id
    free = entry.body.free
  })
  books.free += free
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
  if (books.free + unclaimed + escrowed !== books.minted) {
    report(`minted ${books.minted}, holds ${books.free} free, ${unclaimed} unclaimed, ${escrowed} in escrow`)
  }
  if (view === undefined) return
  const own = view.supply()
  const differs =
    own.minted !== books.minted ||
    own.free !== books.free ||
    own.unclaimed !== unclaimed ||
    own.escrowed !== escrowed
  if (differs) report("the mind's supply isn't what its facts amount to")
}
