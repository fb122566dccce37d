import { decodeCanonical, encodeCanonical } from './cbor.ts'
import type { Codec } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import { type EvidenceSink, TRUSTED } from './evidence.ts'

export function encodeBody<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeCanonical(codec.toWire(value))
}

/** Throws `DecodeError` for anything but the canonical encoding of a value of this codec. */
export function decodeBody<T>(codec: Codec<T>, body: Uint8Array, path: string, sink: EvidenceSink): T {
  return codec.fromWire(decodeCanonical(body), path, sink)
}

/** Reads a record that this peer wrote itself; a record that doesn't decode is a broken disk, not a message. */
export function decodeRecord<T>(codec: Codec<T>, value: Uint8Array, key: string): T {
  try {
    return decodeBody(codec, value, key, TRUSTED)
  } catch (error) {
    if (error instanceof DecodeError) throw new RecordError(key, error)
    throw error
  }
}

/** A record of this peer's own store that can't be read: the store is damaged or from another version. */
class RecordError extends Error {
  readonly code = 'record_unreadable'
  readonly key: string

  constructor(key: string, cause: DecodeError) {
    super(`record ${key} is unreadable (${cause.message})`)
    this.name = 'RecordError'
    this.key = key
  }
}
