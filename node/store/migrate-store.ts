import { nullable, struct, text, uint } from '../../protocol/encoding/codec.ts'
import { decodeRecord, encodeBody } from '../../protocol/encoding/body.ts'
import { keys } from '../../protocol/records/keys.ts'
import { type Migration, MIGRATIONS } from '../../protocol/records/migrations.ts'
import type { StoredRecord, Write } from '../../protocol/records/record.ts'
import { type Store, StoreError } from './store.ts'

const KEY = keys.storeVersion
/** A store without that record: the programs that wrote none. */
const FIRST_VERSION = 1
/** Records read for one batch: a batch fits into memory whatever they become. */
const BATCH_RECORDS = 1_000

const versionCodec = struct({
  version: uint(),
  /** Null between two steps; else the last key of the next step that is done. */
  after: nullable(text({ max: 4_096 })),
})

export interface MigrationOptions {
  /** By default the program's own. */
  readonly migrations?: readonly Migration[]
  /** A step begins or goes on. */
  readonly stepping?: (migration: Pick<Migration, 'to' | 'about'>) => void
}

/**
 * Brings a store's records to the program's version, one step after the other, and resolves with the version it had.
 * All steps are judged before the first write: a store that one of them refuses is left as it is, for the program that
 * wrote it. Every batch of a step is written together with how far the step has come, so a crash anywhere loses and
 * repeats nothing. A store without records is of the newest version. Throws `store_version_unknown` for a store of a newer
 * program and `store_migration_failed` for a record that no longer can be read.
 */
export async function migrateStore(
  store: Store,
  { migrations = MIGRATIONS, stepping = () => undefined }: MigrationOptions = {},
): Promise<number> {
  const newest = migrations.at(-1)?.to ?? FIRST_VERSION
  const found = await readVersion(store, newest)
  if (found.version > newest) throw unknownVersion(found.version, newest)
  let { after } = found
  const pending = migrations.filter(({ to }) => to > found.version)
  await judge(store, pending, after)
  for (const migration of pending) {
    stepping(migration)
    await step(store, migration, after)
    after = null
  }
  if (found.isNew) await store.write([versionWrite(newest, null)])
  return found.version
}

/** The version of a store's records; of one without any it is `newest`. */
export async function storeVersionOf(store: Store, newest: number): Promise<number> {
  return (await readVersion(store, newest)).version
}

async function readVersion(store: Store, newest: number) {
  const value = await store.get(KEY)
  if (value !== undefined) return { ...decodeRecord(versionCodec, value, KEY), isNew: false }
  for await (const _ of store.scan({ prefix: '', limit: 1 }))
    return { version: FIRST_VERSION, after: null, isNew: false }
  return { version: newest, after: null, isNew: true }
}

/** Takes every record through all steps, as a step is a function of the one record, and writes nothing. */
async function judge(store: Store, steps: readonly Migration[], after: string | null): Promise<void> {
  const [first, ...later] = steps
  for (const prefix of new Set(steps.flatMap(({ prefixes }) => prefixes)))
    for await (const record of store.scan({ prefix })) {
      const isDone = after !== null && first !== undefined && reads(first, record) && record.key <= after
      follow(record, isDone ? later : steps)
    }
}

function follow(record: StoredRecord, steps: readonly Migration[]): void {
  let records: readonly StoredRecord[] = [record]
  for (const migration of steps)
    records = records.flatMap((one) => {
      const writes = reads(migration, one) ? migrated(migration, one, record.key) : []
      const written = writes.flatMap(({ key, value }) => (value === null ? [] : [{ key, value }]))
      return writes.some(({ key }) => key === one.key) ? written : [one, ...written]
    })
}

function reads({ prefixes }: Migration, { key }: StoredRecord): boolean {
  return prefixes.some((prefix) => key.startsWith(prefix))
}

async function step(store: Store, migration: Migration, from: string | null): Promise<void> {
  let done = from
  for (const prefix of [...migration.prefixes].sort()) {
    // Prefixes are done in the order of the keys.
    if (done !== null && done > prefix && !done.startsWith(prefix)) continue
    for (;;) {
      const after = done?.startsWith(prefix) === true ? { after: done } : {}
      const batch: StoredRecord[] = []
      for await (const record of store.scan({ prefix, limit: BATCH_RECORDS, ...after })) batch.push(record)
      const last = batch.at(-1)
      if (last === undefined) break
      done = last.key
      await store.write([
        ...batch.flatMap((one) => migrated(migration, one)),
        versionWrite(migration.to - 1, done),
      ])
    }
  }
  await store.write([versionWrite(migration.to, null)])
}

/** `key` names the record to whoever reads of a failure; another one where it comes from an earlier step. */
function migrated(migration: Migration, record: StoredRecord, key = record.key): readonly Write[] {
  try {
    return migration.migrate(record)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `The record ${JSON.stringify(key)} can't be brought to version ${migration.to} of the store: ${reason}. Start the program that wrote it, and make a backup there.`
    throw new StoreError('store_migration_failed', message, { key, cause })
  }
}

function versionWrite(version: number, after: string | null): Write {
  return { key: KEY, value: encodeBody(versionCodec, { version, after }) }
}

function unknownVersion(version: number, newest: number): StoreError {
  return new StoreError(
    'store_version_unknown',
    `The store's records have version ${version}, and this program knows versions up to ${newest}. Start the newer program that wrote it.`,
  )
}
