import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Digest, JobId } from '../../protocol/ids.ts'
import { decisionMovements, entryMovements, type Movement } from '../../protocol/jobs/movements.ts'
import { type Certificate, certificateCodec } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, jobIdOf } from '../../protocol/ledger/entry.ts'
import { type FactPlace, factPlaceCodec } from '../../protocol/ledger/fact-index.ts'
import { positionCodec } from '../../protocol/ledger/output-book.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { TransactionPage, TransactionQuery, TransactionView } from '../api/backend.ts'
import type { ColdRecords } from './ports.ts'

/** Movements looked at for one page that asks for rare ones; the page then ends early, with a cursor to go on. */
const SCANNED_MAX = 2_000
/** Time and source as in the key, then the position within the fact. */
const CURSOR = /^([0-9]{16}\/[0-9a-f]{64})\/([0-9]{1,5})$/

/** A damaged store: the fact that an index names must be there, since one batch wrote both. */
class IndexError extends Error {
  readonly code = 'record_missing'

  constructor(key: string) {
    super(`the index names the record ${key}, which isn't there`)
    this.name = 'IndexError'
  }
}

/** The certificate under an entry's id, or of the entry that opened a job, with the bytes it was stored as. */
export async function readCertificate(
  store: ColdRecords,
  id: Digest,
): Promise<{ readonly certificate: Certificate; readonly bytes: Uint8Array } | undefined> {
  const position = await store.get(keys.entry(id))
  if (position === undefined) return undefined
  const { account, seq } = decodeRecord(positionCodec, position, keys.entry(id))
  const key = keys.certificate(account, seq)
  const bytes = await store.get(key)
  if (bytes === undefined) throw new IndexError(key)
  return { certificate: decodeRecord(certificateCodec, bytes, key), bytes }
}

/** Reads pages of final transactions by the mind's index; it never changes anything. */
export function createTransactions(store: ColdRecords, roster: Roster) {
  const { treasury } = roster.charter

  async function movementsAt(
    place: FactPlace,
  ): Promise<{ fact: TransactionView['fact']; movements: readonly Movement[] }> {
    if (place.type === 'decision') return settlementOf(place.job, place.step)
    const key = keys.certificate(place.account, place.seq)
    const bytes = await store.get(key)
    if (bytes === undefined) throw new IndexError(key)
    const { entry } = decodeRecord(certificateCodec, bytes, key)
    return { fact: { entry: entryIdOf(entry) }, movements: entryMovements(entry.body, treasury) }
  }

  async function settlementOf(job: JobId, step: number) {
    const key = keys.decision(job, step)
    const [bytes, opening] = await Promise.all([store.get(key), readCertificate(store, job)])
    const body = opening?.certificate.entry.body
    const operation = body?.ops.find(
      (one) => one.type === 'open' && jobIdOf(body.account, one.spec.nonce) === job,
    )
    if (bytes === undefined || body === undefined || operation?.type !== 'open') throw new IndexError(key)
    const { value } = decodeRecord(decisionCodec, bytes, key)
    return {
      fact: { job, step },
      movements: decisionMovements(job, value, { account: body.account, operation }),
    }
  }

  async function* newestFirst({ account, job, cursor }: TransactionQuery) {
    const subject = job ?? account
    const prefix = subject === undefined ? PREFIXES.factTime : `${PREFIXES.factOf}${subject}/`
    const [, place, index] = CURSOR.exec(cursor ?? '') ?? []
    // The key of the fact that the cursor is within is a prefix of this one, so that fact comes once more.
    const after = place === undefined ? {} : { after: `${prefix}${place}/` }
    for await (const { key, value } of store.scan({ prefix, reverse: true, ...after })) {
      const name = key.slice(prefix.length)
      const { fact, movements } = await movementsAt(decodeRecord(factPlaceCodec, value, key))
      const atMs = Number(name.split('/')[0])
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
