import { encodeBody } from '../encoding/body.ts'
import { list, struct, text } from '../encoding/codec.ts'
import { LIMITS } from '../params.ts'
import { keys, PREFIXES } from './keys.ts'
import type { Write } from './record.ts'

const KEY_BYTES_MAX = 128
const recordCodec = struct({ leaves: list(text({ max: KEY_BYTES_MAX }), { max: LIMITS.astray }) })

/** Says that this peer has gone astray, and in which leaves of the state. */
export function astrayRecord(leaves: readonly string[]): Uint8Array {
  return encodeBody(recordCodec, { leaves: leaves.slice(0, LIMITS.astray) })
}

/**
 * All that follows from facts. A peer that has gone astray (`sync/closing`) begins it anew, before its mind is made:
 * epochs and what they closed stay, so nobody who has left can lead it elsewhere, and so do its own entries.
 */
export const ASTRAY_PREFIXES: readonly string[] = [
  PREFIXES.account,
  PREFIXES.output,
  PREFIXES.open,
  PREFIXES.job,
  PREFIXES.wanted,
  PREFIXES.resolving,
  PREFIXES.resolved,
  PREFIXES.forked,
  PREFIXES.jobHead,
  PREFIXES.trustRow,
  PREFIXES.trustSnapshot,
  PREFIXES.trustJob,
  PREFIXES.trustClose,
  PREFIXES.trustReport,
  PREFIXES.member,
  PREFIXES.revoked,
  PREFIXES.certificate,
  PREFIXES.entry,
  PREFIXES.decision,
  PREFIXES.trust,
  PREFIXES.resolution,
  PREFIXES.fork,
  PREFIXES.closed,
  PREFIXES.jobTime,
  PREFIXES.factTime,
  PREFIXES.factOf,
]

/**
 * The last writes of it, once none of those records is left: a crash before finds the `astray` record and begins
 * again. What this peer sealed or stopped for as a witness is among what went, so it never votes again under this key.
 */
export const ASTRAY_ENDS: readonly Write[] = [
  { key: keys.amnesia, value: new Uint8Array(0) },
  { key: keys.astray, value: null },
]
