import { CHECKSUM_BYTES, openValue, sealValue } from './checked-value.ts'

export type Operation =
  | { readonly type: 'del'; readonly key: Uint8Array }
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }

/** First byte of the adapter's own keys: UTF-8 has no such byte, so no record of the peer is among them. */
export const OWN_KEY_BYTE = 0xff
const SEQUENCE_BYTES = 8

/** A record of the adapter: its key, and the name that its value is sealed with. */
interface OwnRecord {
  readonly key: Uint8Array
  readonly name: string
}

/** How many batches the store holds: part of each batch. */
export const SEQUENCE: OwnRecord = { key: Uint8Array.of(OWN_KEY_BYTE, 0x73), name: 'sequence' }
/** The store's random name. */
export const ID: OwnRecord = { key: Uint8Array.of(OWN_KEY_BYTE, 0x69), name: 'id' }

export function putNumber(sequence: number): Operation {
  const bytes = Buffer.alloc(SEQUENCE_BYTES)
  bytes.writeBigUInt64LE(BigInt(sequence))
  return put(SEQUENCE, bytes)
}

export function putId(id: string): Operation {
  return put(ID, Buffer.from(id, 'hex'))
}

/** 0 for a store without batches. Throws `store_corrupt`. */
export function readNumber(sealed: Uint8Array | undefined): number {
  return sealed === undefined ? 0 : numberIn(openValue(SEQUENCE.name, sealed))
}

/** undefined for a store that wasn't named yet. Throws `store_corrupt`. */
export function readId(sealed: Uint8Array | undefined): string | undefined {
  return sealed === undefined ? undefined : Buffer.from(openValue(ID.name, sealed)).toString('hex')
}

/** Number of the batch that a record of LevelDB's log holds: its first operation puts it. */
export function batchNumber(record: Uint8Array): number | undefined {
  // Sequence and count of LevelDB (12 bytes), then type, key length, key, value length and value.
  const head = Uint8Array.of(1, SEQUENCE.key.length, ...SEQUENCE.key, CHECKSUM_BYTES + SEQUENCE_BYTES)
  if (Buffer.compare(record.subarray(12, 12 + head.length), head) !== 0) return undefined
  const start = 12 + head.length + CHECKSUM_BYTES
  return start + SEQUENCE_BYTES > record.length ? undefined : numberIn(record.subarray(start))
}

function put({ key, name }: OwnRecord, value: Uint8Array): Operation {
  return { type: 'put', key, value: sealValue(name, value) }
}

function numberIn(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
}
