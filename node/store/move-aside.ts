import { mkdir, readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StoreError } from './store.ts'
import { syncDirectory } from './synced-file.ts'

/** A mount point, and a folder of an overlay's lower layer: they stay where they are, what they hold can move. */
const FIXED_FOLDER: ReadonlySet<unknown> = new Set(['EBUSY', 'EXDEV'])
/** Inside a folder that can't be moved; LevelDB passes over names that aren't its own. */
const INNER_PREFIX = 'damaged-'
/** Of the file system itself. */
const OF_THE_DISK = 'lost+found'

/**
 * Moves a damaged store aside whole, or, where its folder is a mount point, what it holds into a folder within.
 * Resolves with where it lies now; null if there was nothing. The mark must condemn the store before: a crash in
 * between leaves a part of it behind, which the next start moves in the same way, and nothing is ever deleted.
 *
 * Throws `store_immovable` with what to do when the system refuses both.
 */
export async function moveAside(root: string, store: string): Promise<string | null> {
  const time = new Date().toISOString().replace(/[:.]/g, '-')
  const movedTo = join(root, `${basename(store)}.damaged-${time}`)
  try {
    await rename(store, movedTo)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return null
    if (FIXED_FOLDER.has(code)) return moveContents(store, join(store, `${INNER_PREFIX}${time}`))
    throw immovable(store, error)
  }
  await syncDirectory(root)
  return movedTo
}

async function moveContents(store: string, movedTo: string): Promise<string | null> {
  try {
    const names = (await readdir(store)).filter(
      (name) => name !== OF_THE_DISK && !name.startsWith(INNER_PREFIX),
    )
    if (names.length === 0) return null
    await mkdir(movedTo)
    for (const name of names) await rename(join(store, name), join(movedTo, name))
    await syncDirectory(movedTo)
    await syncDirectory(store)
    return movedTo
  } catch (error) {
    throw immovable(store, error)
  }
}

function immovable(store: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const message =
    `The store in ${store} is damaged and can't be moved aside: ${why}. Move everything in that folder somewhere ` +
    'else by hand, then start again: the peer begins with an empty store and fetches everything certified.'
  return new StoreError('store_immovable', message, { cause })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
