import { Level } from 'level'
import type { Write } from '../../protocol/records/record.ts'
import { openValue, sealValue } from './checked-value.ts'
import { assertKey, assertScan, closedError, StoreError } from './store.ts'
import type { Scan, Store } from './store.ts'
import { createSyncedDirectory } from './synced-file.ts'

type Database = Level<Uint8Array, Uint8Array>

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Opens or creates the LevelDB database in `directory`. Every write is synced before it resolves, every value
 * read is checked. A crash leaves the database as it was after some prefix of the batches, with all that
 * resolved.
 *
 * Throws `store_locked` when another process has it open, `store_corrupt` or `store_failed` when LevelDB
 * can't open it.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  await createSyncedDirectory(directory)
  const database: Database = new Level(directory, { keyEncoding: 'view', valueEncoding: 'view' })
  try {
    await database.open()
  } catch (error) {
    throw openError(directory, error)
  }
  return {
    async write(batch) {
      for (const { key } of batch) assertKey(key)
      if (batch.length > 0) await guard(database, () => database.batch(batch.map(operation), { sync: true }))
      else if (database.status !== 'open') throw closedError()
    },
    async get(key) {
      assertKey(key)
      const sealed = await guard(database, () => database.get(encoder.encode(key)))
      return sealed === undefined ? undefined : openValue(key, sealed)
    },
    async getMany(keys) {
      for (const key of keys) assertKey(key)
      const found = await guard(database, () => database.getMany(keys.map((key) => encoder.encode(key))))
      return keys.map((key, at) => {
        const sealed = found[at]
        return sealed === undefined ? undefined : openValue(key, sealed)
      })
    },
    scan: (scan) => records(database, scan),
    close: () => database.close(),
  }
}

async function* records(database: Database, scan: Scan) {
  assertScan(scan)
  if (database.status !== 'open') throw closedError()
  const { reverse = false, limit = -1 } = scan
  const iterator = database.iterator({ ...bounds(scan), reverse, limit })
  try {
    for (;;) {
      const entry = await guard(database, () => iterator.next())
      if (entry === undefined) return
      const key = decoder.decode(entry[0])
      yield { key, value: openValue(key, entry[1]) }
    }
  } finally {
    await iterator.close()
  }
}

/** The byte range of a scan: keys that have the prefix, above `after` or below it with `reverse`. */
function bounds({ prefix, after, reverse }: Scan): { gte: Uint8Array; lt?: Uint8Array } {
  const start = encoder.encode(prefix)
  const end = prefix === '' ? undefined : afterPrefix(start)
  if (after === undefined) return end === undefined ? { gte: start } : { gte: start, lt: end }
  const bound = encoder.encode(after)
  if (reverse) return { gte: start, lt: end !== undefined && Buffer.compare(end, bound) < 0 ? end : bound }
  // A key followed by a NUL is the least key above it.
  const above = Uint8Array.of(...bound, 0)
  const gte = Buffer.compare(above, start) > 0 ? above : start
  return end === undefined ? { gte } : { gte, lt: end }
}

/**
 * The least bytes above everything with this prefix. UTF-8 has no byte 0xff, so the last one can be raised.
 */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  return prefix.map((byte, at) => (at === prefix.length - 1 ? byte + 1 : byte))
}

function operation({ key, value }: Write) {
  const name = encoder.encode(key)
  return value === null
    ? { type: 'del' as const, key: name }
    : { type: 'put' as const, key: name, value: sealValue(key, value) }
}

async function guard<T>(database: Database, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (database.status !== 'open') throw closedError()
    throw new StoreError('store_failed', `The database failed: ${messageOf(error)}`, { cause: error })
  }
}

function openError(directory: string, error: unknown): StoreError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'LEVEL_LOCKED') {
    const message = `The database in ${directory} is open in another process. Stop that one, or start with another data folder.`
    return new StoreError('store_locked', message, { cause })
  }
  const message = `The database in ${directory} can't be opened: ${messageOf(cause)}`
  return new StoreError(code === 'LEVEL_CORRUPTION' ? 'store_corrupt' : 'store_failed', message, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
