import { stat } from 'node:fs/promises'
import { Level } from 'level'
import type { Write } from '../../protocol/records/record.ts'
import { openValue, sealValue } from './checked-value.ts'
import { guard, openError } from './level-errors.ts'
import {
  ID,
  type Operation,
  OWN_KEY_BYTE,
  putId,
  putNumber,
  readId,
  readNumber,
  SEQUENCE,
} from './own-records.ts'
import { assertKey, assertScan, closedError } from './store.ts'
import type { Scan, Store } from './store.ts'
import { createSyncedDirectory } from './synced-file.ts'

type Database = Level<Uint8Array, Uint8Array>

/** A store's name and how many batches it holds. */
export interface StoreProgress {
  /** Random, in hexadecimal; undefined for a store of a program that didn't give names yet, or a new one. */
  readonly id: string | undefined
  readonly sequence: number
}

export interface LevelStoreOptions {
  /** A batch is synced; called before its `write` resolves. */
  readonly synced?: (sequence: number) => void
  /** A record fails its checksum; called before the read rejects. */
  readonly corrupt?: (error: unknown) => void
}

export interface LevelStore extends Store {
  progress(): StoreProgress
  /** Gives the store its name, in a batch of its own. */
  name(id: string): Promise<void>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Opens or creates the LevelDB database in `directory`. Every write is synced before it resolves, every value
 * read is checked. A crash leaves the database as it was after some prefix of the batches, with all that
 * resolved. Batches are written one at a time and each carries its number; after one that failed no further one
 * is written, since LevelDB would append it behind what is left of the other.
 *
 * Throws `store_locked` when another process has it open, `store_corrupt`, `store_full` or `store_failed` when
 * LevelDB can't open it.
 */
export async function openLevelStore(
  directory: string,
  options: LevelStoreOptions = {},
): Promise<LevelStore> {
  await createSyncedDirectory(directory)
  // Uncompressed, so that `checkLevelFiles` can read a table's index; signatures and digests hardly compress.
  const database: Database = new Level(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: false,
  })
  try {
    await database.open()
  } catch (error) {
    throw openError(directory, error)
  }
  let progress = await readProgress(directory, database)
  const open = (key: string, sealed: Uint8Array): Uint8Array => {
    try {
      return openValue(key, sealed)
    } catch (error) {
      options.corrupt?.(error)
      throw error
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  let failure: unknown

  async function writeNext(operations: readonly Operation[], id = progress.id): Promise<void> {
    if (failure !== undefined) throw failure
    const sequence = progress.sequence + 1
    const batch = [putNumber(sequence, id), ...operations]
    try {
      await guard(directory, database, () => database.batch(batch, { sync: true }))
      progress = { id, sequence }
      options.synced?.(sequence)
    } catch (error) {
      failure = error
      throw error
    }
  }

  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = last.then(action, action)
    last = turn.catch(() => undefined)
    return turn
  }

  return {
    progress: () => progress,
    name: (id) => inTurn(() => writeNext([putId(id)], id)),
    async write(batch) {
      for (const { key } of batch) assertKey(key)
      const operations = batch.map(operation)
      if (database.status !== 'open') throw closedError()
      if (operations.length > 0) await inTurn(() => writeNext(operations))
    },
    async get(key) {
      assertKey(key)
      const sealed = await guard(directory, database, () => database.get(encoder.encode(key)))
      return sealed === undefined ? undefined : open(key, sealed)
    },
    async getMany(keys) {
      for (const key of keys) assertKey(key)
      const encoded = keys.map((key) => encoder.encode(key))
      const found = await guard(directory, database, () => database.getMany(encoded))
      return keys.map((key, at) => {
        const sealed = found[at]
        return sealed === undefined ? undefined : open(key, sealed)
      })
    },
    scan: (scan) => records(directory, database, open, scan),
    async snapshot() {
      if (database.status !== 'open') throw closedError()
      const snapshot = database.snapshot()
      try {
        const number = await guard(directory, database, () => database.get(SEQUENCE.key, { snapshot }))
        return {
          position: readNumber(number),
          scan: (scan) => records(directory, database, open, scan, snapshot),
          close: () => snapshot.close(),
        }
      } catch (error) {
        await snapshot.close()
        throw error
      }
    },
    async close() {
      await last
      await database.close()
    },
  }
}

/**
 * Throws `store_locked` if another process has the database in `directory` open, and what `openLevelStore` throws
 * if its lock can't be taken. Nothing of the database is read or written: LevelDB takes its lock first, and then
 * finds that both what exists and what doesn't is refused.
 */
export async function assertClosed(directory: string): Promise<void> {
  // LevelDB would make the directory.
  if (!(await isDirectory(directory))) return
  const probe = new Level(directory, { createIfMissing: false, errorIfExists: true })
  try {
    await probe.open()
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && REFUSED_BOTH.test(cause.message)) return
    throw openError(directory, error)
  }
  await probe.close()
}

/** What LevelDB says once it has its lock, of a directory without and with a database. */
const REFUSED_BOTH = /\((create_if_missing is false|error_if_exists is true)\)$/

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function readProgress(directory: string, database: Database): Promise<StoreProgress> {
  try {
    const [id, sequence] = await guard(directory, database, () => database.getMany([ID.key, SEQUENCE.key]))
    return { id: readId(id), sequence: readNumber(sequence) }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function* records(
  directory: string,
  database: Database,
  open: (key: string, sealed: Uint8Array) => Uint8Array,
  scan: Scan,
  snapshot?: ReturnType<Database['snapshot']>,
) {
  assertScan(scan)
  if (database.status !== 'open') throw closedError()
  const { reverse = false, limit = -1 } = scan
  const of = snapshot === undefined ? {} : { snapshot }
  const iterator = database.iterator({ ...bounds(scan), reverse, limit, ...of })
  try {
    for (;;) {
      const entry = await guard(directory, database, () => iterator.next())
      if (entry === undefined) return
      const key = decoder.decode(entry[0])
      yield { key, value: open(key, entry[1]) }
    }
  } finally {
    await iterator.close()
  }
}

/** The byte range of a scan: keys that have the prefix, above `after` or below it with `reverse`. */
function bounds({ prefix, after, reverse }: Scan): { gte: Uint8Array; lt: Uint8Array } {
  const start = encoder.encode(prefix)
  const end = prefix === '' ? Uint8Array.of(OWN_KEY_BYTE) : afterPrefix(start)
  if (after === undefined) return { gte: start, lt: end }
  const bound = encoder.encode(after)
  if (reverse) return { gte: start, lt: Buffer.compare(end, bound) < 0 ? end : bound }
  // A key followed by a NUL is the least key above it.
  const above = Uint8Array.of(...bound, 0)
  return { gte: Buffer.compare(above, start) > 0 ? above : start, lt: end }
}

/**
 * The least bytes above everything with this prefix. UTF-8 has no byte 0xff, so the last one can be raised.
 */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  return prefix.map((byte, at) => (at === prefix.length - 1 ? byte + 1 : byte))
}

function operation({ key, value }: Write): Operation {
  const name = encoder.encode(key)
  return value === null
    ? { type: 'del', key: name }
    : { type: 'put', key: name, value: sealValue(key, value) }
}
