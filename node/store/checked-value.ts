import { crc32 } from 'node:zlib'
import { StoreError } from './store.ts'

export const CHECKSUM_BYTES = 4

/**
 * A value as it lies on disk: CRC-32 over key and value, little-endian, then the value. LevelDB doesn't
 * verify its own block checksums on reads; a vote or a lock read back wrongly would make a peer sign against
 * itself.
 */
export function sealValue(key: string, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length)
  new DataView(sealed.buffer).setUint32(0, checksum(key, value), true)
  sealed.set(value, CHECKSUM_BYTES)
  return sealed
}

/** Throws `store_corrupt` when the checksum doesn't match. */
export function openValue(key: string, sealed: Uint8Array): Uint8Array {
  // Not `slice`, which for the Buffers that LevelDB gives shares their memory.
  const value = new Uint8Array(sealed.subarray(CHECKSUM_BYTES))
  if (sealed.length < CHECKSUM_BYTES || readChecksum(sealed) !== checksum(key, value)) {
    throw new StoreError('store_corrupt', `The record ${JSON.stringify(key)} fails its checksum.`, { key })
  }
  return value
}

function readChecksum(sealed: Uint8Array): number {
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(0, true)
}

function checksum(key: string, value: Uint8Array): number {
  return crc32(value, crc32(key))
}
