import type { StoredRecord, Write } from '../../protocol/records/record.ts'

export interface Scan {
  readonly prefix: string
  /** Full key that the scan starts beyond: above it, or below it with `reverse`. It need not exist. */
  readonly after?: string
  readonly limit?: number
  readonly reverse?: boolean
}

/**
 * Port for the peer's durable records. Keys are well-formed text and are ordered by their UTF-8 bytes, values
 * are bytes that the store copies both ways. Every call fails with a `StoreError`; a scan fails while it is
 * iterated.
 */
export interface Store {
  /**
   * Applies a batch atomically and resolves once it is synced to disk; of several writes to one key the last
   * one counts. After a crash either all of a batch is there or none, and all of it if `write` had resolved.
   */
  write(batch: readonly Write[]): Promise<void>
  get(key: string): Promise<Uint8Array | undefined>
  /** One answer for each key, in order. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>
  /** Records in the order of their keys, as they were when the iteration began. */
  scan(scan: Scan): AsyncIterable<StoredRecord>
  /** All records as they are now, whatever is written later. It must be closed. */
  snapshot(): Promise<StoreSnapshot>
  close(): Promise<void>
}

/** One state of a store: all of every batch up to `position` and nothing of later ones. */
export interface StoreSnapshot {
  /** How many batches the store held. */
  readonly position: number
  scan(scan: Scan): AsyncIterable<StoredRecord>
  close(): Promise<void>
}

/**
 * - `store_closed`: the store was used after `close`.
 * - `store_corrupt`: a record fails its checksum (`key` names it) or the database can't be opened.
 * - `store_damaged`: the store lost or changed records, and there is no peer to take them from.
 * - `store_failed`: reading or writing failed; `cause` tells why.
 * - `store_full`: the disk that holds it has no space left.
 * - `store_immovable`: the damaged store can't be moved out of the way of an empty one; the message says what to do.
 * - `store_key_invalid`: a key that has no UTF-8 form (an unpaired surrogate) or is empty.
 * - `store_migration_failed`: a record of an earlier version can't be brought to this program's; it is left as it is.
 * - `store_locked`: another process has the database open.
 * - `store_version_unknown`: a newer program wrote it.
 */
export type StoreErrorCode =
  | 'store_closed'
  | 'store_corrupt'
  | 'store_damaged'
  | 'store_failed'
  | 'store_full'
  | 'store_immovable'
  | 'store_key_invalid'
  | 'store_locked'
  | 'store_migration_failed'
  | 'store_version_unknown'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly key: string | undefined

  constructor(
    code: StoreErrorCode,
    message: string,
    details: { readonly key?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'StoreError'
    this.code = code
    this.key = details.key
  }
}

/** An unpaired surrogate would be stored as U+FFFD and then be mistaken for another key. */
export function assertKey(key: string): void {
  if (key.length === 0 || !key.isWellFormed()) {
    throw new StoreError('store_key_invalid', 'A key is empty or has no UTF-8 form.', { key })
  }
}

export function assertScan({ prefix, after }: Scan): void {
  if (prefix.length > 0) assertKey(prefix)
  if (after !== undefined && after.length > 0) assertKey(after)
}

export function closedError(): StoreError {
  return new StoreError('store_closed', 'The store was used after it was closed.')
}
