import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Quorum } from '../../protocol/encoding/quorum.ts'
import type { Digest, EntryId } from '../../protocol/ids.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import {
  type Entry,
  entryIdOf,
  jobIdOf,
  type Operation,
  type SignedEntry,
} from '../../protocol/ledger/entry.ts'
import { type ChainPosition, positionCodec } from '../../protocol/ledger/output-book.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { ColdRecords } from './ports.ts'

/** A final entry and the fact that makes it so, as that was stored. */
export interface FinalEntry {
  readonly id: EntryId
  readonly entry: SignedEntry
  /** `resolution`: the decision that settled a fork of the account certified it. */
  readonly proof: 'certificate' | 'resolution'
  readonly quorum: Quorum
  readonly bytes: Uint8Array
}

/** A damaged store: what an index names must be there, since one batch wrote both. */
export class MissingFact extends Error {
  readonly code = 'record_missing'

  constructor(source: Digest) {
    super(`the index names the fact ${source}, which isn't there`)
    this.name = 'MissingFact'
  }
}

/** The operation of an entry that opened a job. */
export function openingOf(
  { account, ops }: Entry,
  job: Digest,
): Extract<Operation, { type: 'open' }> | undefined {
  for (const operation of ops) {
    if (operation.type === 'open' && jobIdOf(account, operation.spec.nonce) === job) return operation
  }
  return undefined
}

/** The entry with this id, or the one that opened the job with this id; undefined while it isn't final here. */
export async function readEntry(store: ColdRecords, id: Digest): Promise<FinalEntry | undefined> {
  const position = await store.get(keys.entry(id))
  if (position === undefined) return undefined
  const place = decodeRecord(positionCodec, position, keys.entry(id))
  return (await certifiedAt(store, place, id)) ?? resolvedAt(store, place, id)
}

function isNamed(entry: SignedEntry, id: Digest): boolean {
  return entryIdOf(entry) === id || openingOf(entry.body, id) !== undefined
}

async function certifiedAt(
  store: ColdRecords,
  { account, seq }: ChainPosition,
  id: Digest,
): Promise<FinalEntry | undefined> {
  const key = keys.certificate(account, seq)
  const bytes = await store.get(key)
  if (bytes === undefined) return undefined
  const { entry, quorum } = decodeRecord(certificateCodec, bytes, key)
  return isNamed(entry, id) ? { id: entryIdOf(entry), entry, proof: 'certificate', quorum, bytes } : undefined
}

/** An account has hardly ever a settled fork, and never many. */
async function resolvedAt(
  store: ColdRecords,
  { account, seq }: ChainPosition,
  id: Digest,
): Promise<FinalEntry | undefined> {
  for await (const { key, value: bytes } of store.scan({ prefix: `${PREFIXES.resolution}${account}/` })) {
    const { value, quorum } = decodeRecord(decisionCodec, bytes, key)
    const [entry, ...others] = value.type === 'resolve' && value.seq === seq ? value.entries : []
    // Of several merged entries none is certified by the decision.
    if (entry === undefined || others.length > 0 || !isNamed(entry, id)) continue
    return { id: entryIdOf(entry), entry, proof: 'resolution', quorum, bytes }
  }
  return undefined
}
