import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Digest, JobId } from '../../protocol/ids.ts'
import { decisionMovements, entryMovements, type Movement } from '../../protocol/jobs/movements.ts'
import { type Indexed, indexedCodec } from '../../protocol/ledger/fact-index.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { TransactionPage, TransactionQuery, TransactionView } from '../api/backend.ts'
import { MissingFact, openingOf, readEntry } from './entries.ts'
import type { ColdRecords } from './ports.ts'

/**
 * Facts read for one page: a page of rare movements then ends early, with a cursor to go on. A fact takes 60 µs of
 * the thread that the mind runs on, and anybody may ask.
 */
const FACTS_MAX = 100
/** Time and source as in the key, then the position within the fact. */
const CURSOR = /^([0-9]{16}\/[0-9a-f]{64})\/([0-9]{1,5})$/

interface Fact {
  /** Time and source as in the key. */
  readonly name: string
  /** What a cursor hasn't passed yet, newest first. */
  readonly views: readonly TransactionView[]
}

interface Moved {
  readonly fact: TransactionView['fact']
  readonly movements: readonly Movement[]
}

/** Reads pages of final transactions by the mind's index; it never changes anything. */
export function createTransactions(store: ColdRecords, roster: Roster) {
  const { treasury } = roster.charter

  async function movementsOf(source: Digest, indexed: Indexed): Promise<Moved> {
    // A settlement has the name of its job.
    if (indexed.type === 'decision') return settlementOf(source, indexed.step)
    const found = await readEntry(store, source)
    if (found === undefined) throw new MissingFact(source)
    return { fact: { entry: found.id }, movements: entryMovements(found.entry.body, treasury) }
  }

  async function settlementOf(job: JobId, step: number): Promise<Moved> {
    const key = keys.decision(job, step)
    const [bytes, opening] = await Promise.all([store.get(key), readEntry(store, job)])
    const operation = opening === undefined ? undefined : openingOf(opening.entry.body, job)
    if (bytes === undefined || opening === undefined || operation === undefined) throw new MissingFact(job)
    const { value } = decodeRecord(decisionCodec, bytes, key)
    const { account } = opening.entry.body
    return { fact: { job, step }, movements: decisionMovements(job, value, { account, operation }) }
  }

  async function* newestFirst({ account, job, cursor }: TransactionQuery): AsyncGenerator<Fact> {
    const subject = job ?? account
    const prefix = subject === undefined ? PREFIXES.factTime : `${PREFIXES.factOf}${subject}/`
    const [, place, index] = CURSOR.exec(cursor ?? '') ?? []
    // The key of the fact that the cursor is within is a prefix of this one, so that fact comes once more.
    const after = place === undefined ? {} : { after: `${prefix}${place}/` }
    for await (const { key, value } of store.scan({ prefix, reverse: true, ...after })) {
      const name = key.slice(prefix.length)
      const [time = '', source = ''] = name.split('/')
      const atMs = Number(time)
      // Keys of this peer's own store were written from digests.
      const { fact, movements } = await movementsOf(source as Digest, decodeRecord(indexedCodec, value, key))
      const limit = name === place ? Number(index) : Number.POSITIVE_INFINITY
      const left = movements.toReversed().filter(({ index: at }) => at < limit)
      yield { name, views: left.map((movement) => ({ ...movement, atMs, fact })) }
    }
  }

  async function pageOf(query: TransactionQuery): Promise<TransactionPage> {
    const items: TransactionView[] = []
    let read = 0
    let last: string | null = null
    for await (const { name, views } of newestFirst(query)) {
      // One more than a page reads or holds tells whether there is a next one.
      if (read >= FACTS_MAX) return { items, nextCursor: last }
      read += 1
      for (const view of views) {
        if (items.length >= query.limit) return { items, nextCursor: last }
        last = `${name}/${view.index}`
        if (isWanted(view, query)) items.push(view)
      }
      last = `${name}/0`
    }
    return { items, nextCursor: null }
  }

  let turn: Promise<unknown> = Promise.resolve()

  /** One page is read at a time: many askers together take no more of the thread than one. */
  return async function transactions(query: TransactionQuery): Promise<TransactionPage | undefined> {
    if (query.cursor !== undefined && !CURSOR.test(query.cursor)) return undefined
    const page = turn.then(() => pageOf(query))
    turn = page.catch(() => undefined)
    return page
  }
}

function isWanted({ type, from, to, job }: Movement, query: TransactionQuery): boolean {
  if (query.type !== undefined && query.type !== type) return false
  if (query.job !== undefined && query.job !== job) return false
  return query.account === undefined || query.account === from || query.account === to
}
