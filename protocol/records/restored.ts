import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { PREFIXES } from './keys.ts'
import type { StoredRecord, Write } from './record.ts'

/** Records of a backup that a restored store must not go on from as they are. */
export const RESTORED_PREFIXES: readonly string[] = [PREFIXES.job, PREFIXES.ticket, PREFIXES.placed]

/**
 * What to write instead of such a record; undefined for one that stays. What waited to be opened at the time of the backup
 * may have been since, and would be paid for twice: it is forgotten, as is what may come back to wait. A runner takes a slot only by its own bid, and
 * signs one commit for an attempt. After the backup the bid may have led to a commit, in this attempt or in a later one, so
 * it is forgotten and its slots are left to standbys; finished runs that are in the backup are told again. Works on canonical CBOR, as the records may be of an earlier version.
 */
export function restoredRecord({ key, value }: StoredRecord): Write | undefined {
  if (key.startsWith(PREFIXES.ticket) || key.startsWith(PREFIXES.placed)) return { key, value: null }
  if (!key.startsWith(PREFIXES.job)) return undefined
  const fields = decodeCanonical(value)
  if (!(fields instanceof Map) || (fields.get('bid') ?? null) === null) return undefined
  return { key, value: encodeCanonical(new Map<unknown, unknown>(fields).set('bid', null)) }
}
