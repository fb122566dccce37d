import { decisionCodec } from '../../protocol/agreement/messages.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import { type Digest, type EntryId, isDigest, type JobId, type PeerId } from '../../protocol/ids.ts'
import { type JobRecord, jobRecordCodec } from '../../protocol/jobs/record.ts'
import {
  batchCodec,
  type BatchRecord,
  jobMetaCodec,
  type JobMeta,
  submissionCodec,
  type Submission,
} from '../../protocol/jobs/ticket.ts'
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
    const known = view.job(id) ?? view.closedLately(id)
    if (known !== undefined) return known
    const value = await store.get(keys.closed(id))
    return value === undefined ? undefined : decodeRecord(jobRecordCodec, value, keys.closed(id))
  }

  async function jobs({
    limit,
    cursor,
    fromMs = 0,
    toMs,
    ...wanted
  }: JobQuery): Promise<JobPage | undefined> {
    if (cursor !== undefined && !CURSOR.test(cursor)) return undefined
    const items: JobRecord[] = []
    const starts = [
      ...(cursor === undefined ? [] : [`${PREFIXES.jobTime}${cursor}`]),
      ...(toMs === undefined ? [] : [keys.jobTime(toMs + 1, '' as JobId)]),
    ].sort()
    const after = starts[0] === undefined ? {} : { after: starts[0] }
    let scanned = 0
    let last: string | null = null
    for await (const { key } of store.scan({ prefix: PREFIXES.jobTime, reverse: true, ...after })) {
      // One more than the page holds tells whether there is a next one.
      if (items.length >= limit || scanned >= SCANNED_MAX) return { items, nextCursor: last }
      if (key < keys.jobTime(fromMs, '' as JobId)) break
      scanned += 1
      last = key.slice(PREFIXES.jobTime.length)
      const id = CURSOR.exec(last)?.[1]
      const record = id !== undefined && isDigest(id) ? await job(id) : undefined
      if (record !== undefined && (await isWanted(record, wanted))) items.push(record)
    }
    return { items, nextCursor: null }
  }

  async function meta(id: JobId): Promise<JobMeta | undefined> {
    const value = await store.get(keys.meta(id))
    return value === undefined ? undefined : decodeRecord(jobMetaCodec, value, keys.meta(id))
  }

  async function isWanted(record: JobRecord, wanted: Omit<JobQuery, 'limit'>): Promise<boolean> {
    const { status, model, node, label } = wanted
    if (status !== undefined && record.status !== status) return false
    if (model !== undefined && !runs(record, model)) return false
    if (node !== undefined && !isElected(record, node)) return false
    return label === undefined || (await meta(record.job))?.label === label
  }

  async function submission(name: Digest): Promise<Submission | undefined> {
    const value = await store.get(keys.submission(name))
    return value === undefined ? undefined : decodeRecord(submissionCodec, value, keys.submission(name))
  }

  async function batch(name: Digest): Promise<BatchRecord | undefined> {
    const value = await store.get(keys.batch(name))
    return value === undefined ? undefined : decodeRecord(batchCodec, value, keys.batch(name))
  }

  return { job, jobs, meta, submission, batch }
}

/** The model asked for, or, where none was, that of those elected. */
function runs({ spec, slots, bids }: JobRecord, model: string): boolean {
  if (spec.model !== null) return spec.model === model
  return bids.some(({ peer, offer }) => offer.model === model && slots.some((slot) => slot.peer === peer))
}

function isElected({ slots, standbys }: JobRecord, node: PeerId): boolean {
  return slots.some(({ peer }) => peer === node) || standbys.includes(node)
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
