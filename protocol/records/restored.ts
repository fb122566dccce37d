import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { PREFIXES } from './keys.ts'
import type { StoredRecord, Write } from './record.ts'

/** Records of a backup that a restored store must not go on from as they are. */
export const RESTORED_PREFIXES: readonly string[] = [PREFIXES.job]

/**
 * What to write instead of such a record; undefined for one that stays. A runner takes a slot only by its own bid, and
 * signs one commit for it. A bid whose job has no finished run in the backup may have led to a commit after it, so the
 * bid is forgotten and the slot is left to a standby; with the run there, the same commit is sent again.
 * `runs` are the keys of all finished runs. Works on canonical CBOR, as the records may be of an earlier version.
 */
export function restoredRecord({ key, value }: StoredRecord, runs: readonly string[]): Write | undefined {
  if (!key.startsWith(PREFIXES.job)) return undefined
  const run = `${PREFIXES.run}${key.slice(PREFIXES.job.length)}/`
  if (runs.some((each) => each.startsWith(run))) return undefined
  const fields = decodeCanonical(value)
  if (!(fields instanceof Map) || (fields.get('bid') ?? null) === null) return undefined
  return { key, value: encodeCanonical(new Map<unknown, unknown>(fields).set('bid', null)) }
}
