import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { blobRefOf, isDigest } from '../../protocol/ids.ts'
import type { BlobRef, Digest } from '../../protocol/ids.ts'
import { createSyncedFile, syncDirectory } from './synced-file.ts'

export interface BlobStoreOptions {
  /** Size of the largest body. A copy above it, from a time with other limits, counts as missing. */
  readonly bytesMax: number
}

/** Port for bodies (prompts, answers, large parts of values), named by the SHA-256 of their content. */
export interface BlobStore {
  /**
   * Resolves once the body is durable; putting it again changes nothing and repairs a damaged copy. Throws a
   * `BlobError` for a body above `bytesMax`.
   */
  put(body: Uint8Array): Promise<BlobRef>
  /** A body whose digest was checked just now; undefined when it isn't held or its copy was damaged. */
  get(digest: Digest): Promise<Uint8Array | undefined>
  /** Whether a copy is held, without reading it. */
  has(digest: Digest): Promise<boolean>
}

export class BlobError extends Error {
  readonly code = 'blob_too_large'

  constructor(size: number, bytesMax: number) {
    super(`A body of ${size} bytes is larger than the ${bytesMax} bytes allowed.`)
    this.name = 'BlobError'
  }
}

const TEMPORARY_SUFFIX = '.tmp'

/**
 * One file for each body in `directory`, named by its digest. A body is written under a temporary name,
 * synced and renamed, so a crash leaves a whole body or none, besides temporary files that the next opening
 * removes. At most one process may have a directory open (the data folder's lock sees to that).
 */
export function openBlobStore(directory: string, { bytesMax }: BlobStoreOptions): BlobStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  removeTemporaryFiles(directory)
  const pathOf = (digest: Digest): string => join(directory, digest)
  const inTurn = createTurns()
  let parentSynced: Promise<void> | undefined

  async function holds(digest: Digest): Promise<boolean> {
    const size = await sizeOf(pathOf(digest))
    return size !== undefined && size <= bytesMax
  }

  async function isIntact(digest: Digest): Promise<boolean> {
    return (await holds(digest)) && (await readBody(pathOf(digest), digest)) !== undefined
  }

  async function write(digest: Digest, body: Uint8Array): Promise<void> {
    if (!(await isIntact(digest))) {
      const temporary = join(directory, `${randomUUID()}${TEMPORARY_SUFFIX}`)
      await createSyncedFile(temporary, body)
      await rename(temporary, pathOf(digest))
    }
    // Also for a body already there: the process that renamed it may have died before this line.
    await syncDirectory(directory)
    await (parentSynced ??= syncDirectory(dirname(directory)))
  }

  async function read(digest: Digest): Promise<Uint8Array | undefined> {
    if (!(await holds(digest))) return undefined
    const body = await readBody(pathOf(digest), digest)
    if (body === undefined) await rm(pathOf(digest))
    return body
  }

  return {
    async put(body) {
      if (body.length > bytesMax) throw new BlobError(body.length, bytesMax)
      const own = new Uint8Array(body)
      const ref = blobRefOf(own)
      await inTurn(ref.digest, () => write(ref.digest, own))
      return ref
    },
    get: async (digest) => (isDigest(digest) ? inTurn(digest, () => read(digest)) : undefined),
    has: async (digest) => isDigest(digest) && (await holds(digest)),
  }
}

/** The content of the file; undefined if it isn't the body that `digest` names. */
async function readBody(path: string, digest: Digest): Promise<Uint8Array | undefined> {
  const body = new Uint8Array(await readFile(path))
  return blobRefOf(body).digest === digest ? body : undefined
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function removeTemporaryFiles(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(TEMPORARY_SUFFIX)) rmSync(join(directory, name), { force: true })
  }
}

/**
 * Runs the actions of one digest one after another, so that a damaged copy's removal can't hit its repair.
 */
function createTurns(): <T>(digest: Digest, action: () => Promise<T>) => Promise<T> {
  const last = new Map<Digest, Promise<unknown>>()
  return (digest, action) => {
    const turn = (last.get(digest) ?? Promise.resolve()).then(action, action)
    last.set(digest, turn)
    const leave = (): void => {
      if (last.get(digest) === turn) last.delete(digest)
    }
    turn.then(leave, leave)
    return turn
  }
}
