import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

// Readable by the peer's user only: bodies are other people's prompts and answers, identities are secrets.
export const PRIVATE_MODE = 0o600
const PRIVATE_DIRECTORY_MODE = 0o700

/** Creates a file that must not exist yet (O_EXCL), and resolves once its content is on disk. */
export async function createSyncedFile(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx', PRIVATE_MODE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Creates a file whole or not at all, whatever fails or is killed meanwhile: a private temporary file is written
 * and synced, then linked to its name. Resolves with whether this call created it: of several creators one does.
 * The name is durable only after `syncDirectory`. A kill may leave the temporary file, which nobody reads.
 */
export async function linkSyncedFile(path: string, content: Uint8Array | string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await createSyncedFile(temporary, content)
    await link(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * Puts a file in the place of another one, or of none: a crash leaves the old one or the new one, whole, and a
 * temporary file at most. Resolves once the new one is durable.
 */
export async function replaceSyncedFile(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await createSyncedFile(temporary, content)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(dirname(resolve(path)))
}

/** Creates a directory and what is missing above it, and resolves once their names are on disk. */
export async function createSyncedDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE })
  if (first === undefined) return
  const top = dirname(resolve(first))
  let parent = resolve(path)
  do {
    parent = dirname(parent)
    await syncDirectory(parent)
  } while (parent !== top)
}

/** Makes names that were created, renamed or removed in a directory durable; a file's own sync doesn't. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
