import { decisionCodec } from '../../protocol/agreement/messages.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import { type EntryId, isDigest, type JobId } from '../../protocol/ids.ts'
import { type JobRecord, jobRecordCodec } from '../../protocol/jobs/record.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, signedEntry } from '../../protocol/ledger/entry.ts'
import { requestCodec } from '../../protocol/peer/named-requests.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { EntryState, JobHistory, JobPage, JobQuery, LedgerHistory } from '../api/backend.ts'
import { readEntry } from './entries.ts'
import type { ColdRecords } from './ports.ts'
import { checkSignatures } from './signatures.ts'
import { createTransactions } from './transactions.ts'

/** Jobs looked at for one page that asks for a rare status; the page then ends early, with a cursor to go on. */
const SCANNED_MAX = 2_000
/** Time and id, as in the key. */
const CURSOR = /^[0-9]{16}\/([0-9a-f]{64})$/

/** Reads what the mind no longer holds; it never changes anything. */
export function createHistory(store: ColdRecords, view: PeerView): JobHistory {
  async function job(id: JobId): Promise<JobRecord | undefined> {
    const open = view.job(id)
    if (open !== undefined) return open
    const value = await store.get(keys.closed(id))
    return value === undefined ? undefined : decodeRecord(jobRecordCodec, value, keys.closed(id))
  }

  async function jobs({ limit, cursor, status }: JobQuery): Promise<JobPage | undefined> {
    if (cursor !== undefined && !CURSOR.test(cursor)) return undefined
    const items: JobRecord[] = []
    const after = cursor === undefined ? {} : { after: `${PREFIXES.jobTime}${cursor}` }
    let scanned = 0
    let last: string | null = null
    for await (const { key } of store.scan({ prefix: PREFIXES.jobTime, reverse: true, ...after })) {
      // One more than the page holds tells whether there is a next one.
      if (items.length >= limit || scanned >= SCANNED_MAX) return { items, nextCursor: last }
      scanned += 1
      last = key.slice(PREFIXES.jobTime.length)
      const id = CURSOR.exec(last)?.[1]
      const record = id !== undefined && isDigest(id) ? await job(id) : undefined
      if (record !== undefined && (status === undefined || record.status === status)) items.push(record)
    }
    return { items, nextCursor: null }
  }

  return { job, jobs }
}

/** An own entry leaves its place in the batch that certifies it or settles the place without it. */
async function stateOf(store: ColdRecords, entry: EntryId): Promise<EntryState> {
  const isCertified = async () => (await store.get(keys.entry(entry))) !== undefined
  if (await isCertified()) return 'certified'
  for await (const { key, value } of store.scan({ prefix: PREFIXES.own })) {
    if (entryIdOf(decodeRecord(signedEntry, value, key)) === entry) return 'waiting'
  }
  // It may have left between the two looks.
  return (await isCertified()) ? 'certified' : 'void'
}

/** The ledger's side of what the mind no longer holds. */
export function createLedgerHistory(store: ColdRecords, roster: Roster, verifier: Verifier): LedgerHistory {
  return {
    transactions: createTransactions(store, roster),
    async entry(id) {
      const found = await readEntry(store, id)
      if (found === undefined) return undefined
      const codec: Codec<unknown> = found.proof === 'certificate' ? certificateCodec : decisionCodec
      return { ...found, verified: await checkSignatures(codec, found.bytes, { roster, verifier }) }
    },
    stateOf: (entry) => stateOf(store, entry),
    async request(name) {
      const value = await store.get(keys.request(name))
      return value === undefined ? undefined : decodeRecord(requestCodec, value, keys.request(name))
    },
  }
}
