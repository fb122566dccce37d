import { CHECKSUM_BYTES, openValue, sealValue } from './checked-value.ts'

interface Put {
  readonly type: 'put'
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export type Operation = { readonly type: 'del'; readonly key: Uint8Array } | Put

/** First byte of the adapter's own keys: UTF-8 has no such byte, so no record of the peer is among them. */
export const OWN_KEY_BYTE = 0xff
const SEQUENCE_BYTES = 8
const ID_BYTES = 16
/** In the batches of a store that has no name yet. */
const NO_ID = '00'.repeat(ID_BYTES)

/** A record of the adapter: its key, and the name that its value is sealed with. */
interface OwnRecord {
  readonly key: Uint8Array
  readonly name: string
}

/**
 * How many batches the store holds, then its name: the first operation of each batch. The name is a secret of this
 * folder, so bytes that strangers bring to the store are never taken for a batch (`log-file.ts`).
 */
export const SEQUENCE: OwnRecord = { key: Uint8Array.of(OWN_KEY_BYTE, 0x73), name: 'sequence' }
/** The store's random name. */
export const ID: OwnRecord = { key: Uint8Array.of(OWN_KEY_BYTE, 0x69), name: 'id' }

export function putNumber(sequence: number, id: string | undefined): Put {
  const bytes = Buffer.alloc(SEQUENCE_BYTES + ID_BYTES)
  bytes.writeBigUInt64LE(BigInt(sequence))
  bytes.write(id ?? NO_ID, SEQUENCE_BYTES, ID_BYTES, 'hex')
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

/**
 * Reads the number of the batch that a record of LevelDB's log holds, or that its beginning shows; undefined for
 * anything but a batch of the store with this name.
 */
export function batchNumber(id: string | undefined): (record: Uint8Array) => number | undefined {
  const { key, value } = putNumber(0, id)
  // Sequence and count of LevelDB (12 bytes), then type, key length, key, value length and value.
  const head = Uint8Array.of(1, key.length, ...key, value.length)
  const name = value.subarray(-ID_BYTES)
  const start = 12 + head.length + CHECKSUM_BYTES
  return (record) => {
    if (Buffer.compare(record.subarray(12, 12 + head.length), head) !== 0) return undefined
    const nameStart = start + SEQUENCE_BYTES
    if (Buffer.compare(record.subarray(nameStart, nameStart + ID_BYTES), name) !== 0) return undefined
    return numberIn(record.subarray(start))
  }
}

function put({ key, name }: OwnRecord, value: Uint8Array): Put {
  return { type: 'put', key, value: sealValue(name, value) }
}

function numberIn(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
}
