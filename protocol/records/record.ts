/**
 * One change of the durable state. A batch of writes is applied atomically: after a crash either all of a
 * batch's writes are there or none is.
 */
export interface Write {
  readonly key: string
  /** Canonical bytes, or null to delete the key. */
  readonly value: Uint8Array | null
}

/** A record as it is read back. */
export interface StoredRecord {
  readonly key: string
  readonly value: Uint8Array
}
