import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import type { Digest } from '../ids.ts'
import { keys, PREFIXES } from './keys.ts'
import type { StoredRecord, Write } from './record.ts'

/** Records of a backup that a restored store must not go on from as they are. */
export const RESTORED_PREFIXES: readonly string[] = [PREFIXES.job, PREFIXES.ticket, PREFIXES.placed]

/**
 * What to write instead of such a record; nothing for one that stays. What waited to be opened at the time of the backup
 * may have been since, and would be paid for twice: it is never opened, and its name stands for that, so that whoever asks
 * for it, or repeats it under its key, is told. What may come back to wait is forgotten. A runner takes a slot only by its own bid, and
 * signs one commit for an attempt. After the backup the bid may have led to a commit, in this attempt or in a later one, so
 * it is forgotten and its slots are left to standbys; finished runs that are in the backup are told again. Works on canonical CBOR, as the records may be of an earlier version.
 */
export function restoredRecord({ key, value }: StoredRecord): readonly Write[] {
  if (key.startsWith(PREFIXES.placed)) return [{ key, value: null }]
  if (key.startsWith(PREFIXES.ticket)) return [{ key, value: null }, ...forgottenTicket({ key, value })]
  if (!key.startsWith(PREFIXES.job)) return []
  const fields = decodeCanonical(value)
  if (!(fields instanceof Map) || (fields.get('bid') ?? null) === null) return []
  return [{ key, value: encodeCanonical(new Map<unknown, unknown>(fields).set('bid', null)) }]
}

/** The record of a submission that was withdrawn, with the time that its name is forgotten by: a week after it was made. */
function forgottenTicket({ key, value }: StoredRecord): readonly Write[] {
  const fields = decodeCanonical(value)
  if (!(fields instanceof Map)) return []
  const ticket = new Map<unknown, unknown>(fields)
  const atMs = Number(ticket.get('queuedMs'))
  const withdrawn = new Map<string, unknown>(Object.entries({ ticket, atMs, why: 'forgotten' }))
  const submission: Record<string, unknown> = { content: ticket.get('content'), job: null, withdrawn }
  // A key of this peer's own store, so the rest of it is a name.
  const name = key.slice(PREFIXES.ticket.length) as Digest
  return [
    { key: keys.submission(name), value: encodeCanonical(new Map(Object.entries(submission))) },
    { key: keys.requestTime(atMs, name), value: new Uint8Array(0) },
  ]
}
