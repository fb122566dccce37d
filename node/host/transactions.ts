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

/** Movements looked at for one page that asks for rare ones; the page then ends early, with a cursor to go on. */
const SCANNED_MAX = 2_000
/** Time and source as in the key, then the position within the fact. */
const CURSOR = /^([0-9]{16}\/[0-9a-f]{64})\/([0-9]{1,5})$/

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

  async function* newestFirst({ account, job, cursor }: TransactionQuery) {
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
      for (const movement of movements.toReversed()) {
        if (movement.index < limit)
          yield { name: `${name}/${movement.index}`, view: { ...movement, atMs, fact } }
      }
    }
  }

  return async function transactions(query: TransactionQuery): Promise<TransactionPage | undefined> {
    if (query.cursor !== undefined && !CURSOR.test(query.cursor)) return undefined
    const items: TransactionView[] = []
    let scanned = 0
    let last: string | null = null
    for await (const { name, view } of newestFirst(query)) {
      // One more than the page holds tells whether there is a next one.
      if (items.length >= query.limit || scanned >= SCANNED_MAX) return { items, nextCursor: last }
      scanned += 1
      last = name
      if (isWanted(view, query)) items.push(view)
    }
    return { items, nextCursor: null }
  }
}

function isWanted({ type, from, to, job }: Movement, query: TransactionQuery): boolean {
  if (query.type !== undefined && query.type !== type) return false
  if (query.job !== undefined && query.job !== job) return false
  return query.account === undefined || query.account === from || query.account === to
}
