import { checkLevelFiles, holdsDatabase } from './level-files/check-files.ts'
import { LevelDamage } from './level-files/reader.ts'
import { assertClosed, type LevelStore, openLevelStore } from './level-store.ts'
import { moveAside } from './move-aside.ts'
import { batchNumber } from './own-records.ts'
import { type Store, StoreError } from './store.ts'
import {
  createStoreMark,
  type MarkReading,
  readStoreMark,
  replaceStoreMark,
  StoreMark,
} from './store-mark.ts'

/** What can be wrong with a store; none is renamed or given another meaning. */
export type DamageCode =
  /** A file of the database is missing, too short, or fails a checksum. */
  | 'file_damaged'
  /** There is no database where one has been. */
  | 'store_missing'
  /** The newest synced batches are gone. */
  | 'batches_lost'
  /** The database isn't the one that belongs here. */
  | 'store_foreign'
  /** A record fails its checksum. */
  | 'record_damaged'
  /** The mark beside the store is missing or unreadable, so nothing tells whether the store is whole. */
  | 'mark_lost'
  /** An earlier start found it damaged, for one of the other reasons, and ended before it was replaced. */
  | 'replacement_interrupted'

export interface Damage {
  readonly code: DamageCode
  /** One sentence for people. */
  readonly detail: string
}

/** How this start found the store. */
export type StoreState =
  | { readonly status: 'sound' }
  /** A damaged store was moved to `movedTo` (null: there was none) and an empty one is used instead. */
  | { readonly status: 'replaced'; readonly damage: Damage; readonly movedTo: string | null }

export interface OpenedStore {
  readonly store: Store
  readonly state: StoreState
  /**
   * This store or one before it took the place of a damaged one, or came from a backup: a witness of this key may have voted for what
   * no record tells any more, at this start and at every later one.
   */
  readonly amnesia: boolean
  /** It came from a backup: entries that this peer signed for its own account after that are forgotten here. */
  readonly restored: boolean
}

export interface StorePaths {
  /** The data folder, which has the mark and takes damaged stores. */
  readonly root: string
  /** The database, directly in the data folder. */
  readonly store: string
}

/** A record that was read failed its checksum, and the store is condemned: whoever uses it must stop. */
type OnCorrupt = (error: unknown) => void

interface OpenOptions {
  /** Whether other members can give back everything certified. */
  readonly hasPeers: boolean
  /** Called before the read rejects, whoever reads: not all of them bring the peer down by themselves. */
  readonly onCorrupt?: OnCorrupt
}

/**
 * Opens the peer's store if nothing that was ever synced is missing or changed. Otherwise, with other members to
 * take everything certified from (`hasPeers`), the store is moved aside whole and an empty one takes its place:
 * nothing is kept of what can't be trusted, and nothing is deleted. Without any it throws `store_damaged`.
 *
 * A crash in between leaves a mark that condemns the store, which the next start replaces in the same way.
 *
 * Also throws `store_version_unknown`, `store_immovable` (see `moveAside`), and what `openLevelStore` throws when the store can't be opened for a
 * reason that says nothing about its contents: another process, a full disk, missing rights.
 */
export async function openStore(
  paths: StorePaths,
  { hasPeers, onCorrupt = () => {} }: OpenOptions,
): Promise<OpenedStore> {
  const found = await open(paths, onCorrupt)
  if (found.status === 'sound') return { ...found, state: { status: 'sound' } }
  const { damage } = found
  if (!hasPeers) throw refusal(paths, damage)
  await replaceStoreMark(paths.root, { condemned: true })
  const movedTo = await moveAside(paths.root, paths.store)
  await replaceStoreMark(paths.root)
  const replacement = await open(paths, onCorrupt)
  if (replacement.status === 'damaged') throw new StoreError('store_failed', replacement.damage.detail)
  return { ...replacement, state: { status: 'replaced', damage, movedTo } }
}

/**
 * How a start would find the store, for whoever holds the data folder and only asks: a damaged one stays where it
 * is and as it is. A sound one is open and must be closed. Throws `store_version_unknown` and what `openStore` does.
 */
export async function examineStore(
  paths: StorePaths,
): Promise<{ readonly store: Store } | { readonly damage: Damage }> {
  const found = await open(paths, () => {})
  return found.status === 'sound' ? { store: found.store } : { damage: found.damage }
}

type ReadMark = Extract<MarkReading, { readonly status: 'read' }>

type Opening =
  | { readonly status: 'sound'; readonly store: Store; readonly amnesia: boolean; readonly restored: boolean }
  | { readonly status: 'damaged'; readonly damage: Damage }

class Damaged extends Error {
  readonly damage: Damage

  constructor(code: DamageCode, detail: string) {
    super(detail)
    this.name = 'Damaged'
    this.damage = { code, detail }
  }
}

/**
 * Another process may have the store open, also one that the data folder's lock doesn't show: it names processes,
 * and a container sees its own only. Files that LevelDB is writing look damaged and must stay where they are, so
 * LevelDB's own lock is asked before the check and again before its verdict counts.
 */
async function open(paths: StorePaths, onCorrupt: OnCorrupt): Promise<Opening> {
  await assertClosed(paths.store)
  try {
    const mark = await requireMark(paths)
    return { status: 'sound', ...(await openMarked(paths, mark, onCorrupt)) }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error
    await assertClosed(paths.store)
    return { status: 'damaged', damage: error.damage }
  }
}

async function requireMark({ root, store }: StorePaths): Promise<ReadMark> {
  let reading = await readStoreMark(root)
  // Programs before the mark gave stores no name; what they left is taken over as it is.
  if (reading.status === 'absent' && (await isUnnamed(store))) {
    await createStoreMark(root, { adopted: true })
    reading = await readStoreMark(root)
  }
  if (reading.status === 'version-unknown') throw unknownVersion(root, reading.version)
  if (reading.status !== 'read')
    throw new Damaged('mark_lost', `The store's mark in ${root} is ${reading.status}.`)
  const { condemned, sequence } = reading.content
  if (!condemned) return reading
  if (sequence === 0)
    throw new Damaged(
      'replacement_interrupted',
      'It was found damaged before, and its replacement was cut short.',
    )
  throw new Damaged('record_damaged', 'A record failed its checksum when it was read.')
}

async function isUnnamed(directory: string): Promise<boolean> {
  if (!(await holdsDatabase(directory))) return false
  // Opening drops what can't be read of a log.
  await checkLevelFiles(directory, batchNumber(undefined)).catch(asDamage)
  const store = await openLevelStore(directory).catch(asDamage)
  await store.close()
  return store.progress().id === undefined
}

async function openMarked({ root, store: directory }: StorePaths, reading: ReadMark, onCorrupt: OnCorrupt) {
  const { id, sequence, adopted, replaced, restored } = reading.content
  if (await holdsDatabase(directory)) await checkLevelFiles(directory, batchNumber(id)).catch(asDamage)
  else if (sequence > 0 || adopted)
    throw new Damaged('store_missing', `There is no database in ${directory} any more.`)
  const opening = new AsyncDisposableStack()
  try {
    const mark = opening.adopt(new StoreMark(root, reading), async (each) => each.close())
    const options = {
      synced: (number: number) => mark.advance(number),
      corrupt: (error: unknown) => {
        mark.settle({ condemned: true })
        onCorrupt(error)
      },
    }
    const store = opening.adopt(await openLevelStore(directory, options).catch(asDamage), (each) =>
      each.close(),
    )
    await compare(directory, store, mark, reading)
    const opened = opening.move()
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => (closing ??= opened.disposeAsync())
    return { store: { ...store, close }, amnesia: replaced, restored }
  } finally {
    await opening.disposeAsync()
  }
}

/** Holds the store against its mark, and names a new one. */
async function compare(
  directory: string,
  store: LevelStore,
  mark: StoreMark,
  { content }: ReadMark,
): Promise<void> {
  const found = store.progress()
  const isNew = found.id === undefined && content.sequence === 0
  if (!isNew && found.id !== content.id) {
    throw new Damaged('store_foreign', `The database in ${directory} isn't the one that belongs there.`)
  }
  if (found.sequence < content.sequence) {
    const detail = `The database in ${directory} ends with batch ${found.sequence}; batch ${content.sequence} was synced.`
    throw new Damaged('batches_lost', detail)
  }
  if (isNew) await store.name(content.id)
  // From here on a missing database is a lost one, also after a power failure.
  if (content.sequence === 0) mark.settle({ sequence: store.progress().sequence })
}

function asDamage(error: unknown): never {
  if (error instanceof LevelDamage) throw new Damaged('file_damaged', `The database file ${error.message}.`)
  if (error instanceof StoreError && error.code === 'store_corrupt')
    throw new Damaged('file_damaged', error.message)
  throw error
}

function refusal({ root }: StorePaths, { detail }: Damage): StoreError {
  return new StoreError(
    'store_damaged',
    `${detail} Nothing in ${root} tells of another member to take the records from, so the peer doesn't start with wrong ones. ` +
      `Put back a copy of the whole folder; if the swarm has other members, name one of them with --bootstrap, and they give back what is certified; ` +
      `else "hyperlooms reset" begins a new swarm with the same keys.`,
  )
}

function unknownVersion(root: string, version: number): StoreError {
  return new StoreError(
    'store_version_unknown',
    `The store in ${root} has version ${version}, which this program doesn't know. Start the newer program that wrote it.`,
  )
}
