import { hash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, type Stats } from 'node:fs'
import { open, opendir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BlobRef, type Digest, isDigest } from '../../protocol/ids.ts'
import { RecentBodies } from './recent-bodies.ts'
import { createSyncedFile, PRIVATE_MODE, syncDirectory } from './synced-file.ts'

export interface BlobStoreOptions {
  /** Size of the largest body. A copy above it, from a time with other limits, counts as missing. */
  readonly bytesMax: number
}

/** Port for bodies (prompts, answers, large parts of values), named by the SHA-256 of their content. */
export interface BlobStore {
  /**
   * Resolves once the body is durable, or, with `durable: false`, once it is written: that costs no sync, and a loss
   * of power may leave nothing of it. Putting it again repairs a damaged copy, makes a copy durable that wasn't, and
   * renews when the body was used last, to within a minute. Throws a `BlobError` for a body above `bytesMax`.
   */
  put(body: Uint8Array, options?: { readonly durable: boolean }): Promise<BlobRef>
  /**
   * A body whose digest was checked just now, or by this process before and its file hasn't changed; undefined when it
   * isn't held or its copy was damaged.
   */
  get(digest: Digest): Promise<Uint8Array | undefined>
  /** Whether a copy is held, without reading it. */
  has(digest: Digest): Promise<boolean>
  /**
   * Removes a body that wasn't put at or after `unusedSinceMs`; tells whether it is gone. Puts of the same body come
   * before or after it as a whole, so one that is put meanwhile stays. A crash may bring a removed body back.
   */
  remove(digest: Digest, unusedSinceMs: number): Promise<boolean>
  /** All bodies in no order; one that is put or removed meanwhile may be among them or not. */
  list(): AsyncIterable<StoredBlob>
}

export interface StoredBlob {
  readonly digest: Digest
  readonly size: number
  /** When it was put last, as wall time in milliseconds. */
  readonly usedMs: number
}

export class BlobError extends Error {
  readonly code = 'blob_too_large'

  constructor(size: number, bytesMax: number) {
    super(`A body of ${size} bytes is larger than the ${bytesMax} bytes allowed.`)
    this.name = 'BlobError'
  }
}

const TEMPORARY_SUFFIX = '.tmp'
/** A body that was used a minute ago is as good as one used now: what nobody needs stays for an hour. */
const RENEWED_EVERY_MS = 60_000

/**
 * One file for each body in `directory`, named by its digest. A body is written under a temporary name,
 * synced and renamed, so a crash leaves a whole body or none, besides temporary files that the next opening
 * removes. Of a body that wasn't synced a loss of power may leave part of one, which counts as none. At most one process may have a directory open (the data folder's lock sees to that).
 */
export function openBlobStore(directory: string, { bytesMax }: BlobStoreOptions): BlobStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  removeTemporaryFiles(directory)
  const pathOf = (digest: Digest): string => join(directory, digest)
  const inTurn = createTurns()
  const recent = new RecentBodies(pathOf)
  const syncNames = createSharedSync(directory)
  let parentSynced: Promise<void> | undefined

  async function holds(digest: Digest): Promise<boolean> {
    const found = await statOf(pathOf(digest))
    return found !== undefined && found.size <= bytesMax
  }

  async function isIntact(digest: Digest): Promise<boolean> {
    if (recent.find(digest) !== undefined) return true
    return (await holds(digest)) && (await readBody(pathOf(digest), digest)) !== undefined
  }

  async function create(digest: Digest, body: Uint8Array, durable: boolean): Promise<void> {
    const temporary = join(directory, `${randomUUID()}${TEMPORARY_SUFFIX}`)
    if (durable) await createSyncedFile(temporary, body)
    else await writeFile(temporary, body, { flag: 'wx', mode: PRIVATE_MODE })
    await rename(temporary, pathOf(digest))
  }

  /** Whether the body's copy is whole, as durable as is asked for and young: there is nothing to do. */
  function isPut(digest: Digest, durable: boolean): boolean {
    const known = recent.find(digest)
    if (known === undefined || (durable && !known.isDurable)) return false
    return Date.now() - known.usedMs < RENEWED_EVERY_MS
  }

  async function write(digest: Digest, body: Uint8Array, durable: boolean): Promise<void> {
    if (isPut(digest, durable)) return
    if (await isIntact(digest)) await renew(pathOf(digest), durable)
    else await create(digest, body, durable)
    if (durable) {
      // Also for a body already there: the process that renamed it may have died before this line.
      await syncNames()
      await (parentSynced ??= syncDirectory(dirname(directory)))
    }
    recent.note(digest, body, durable)
  }

  async function read(digest: Digest): Promise<Uint8Array | undefined> {
    const known = recent.find(digest)
    if (known !== undefined) return known.body.slice()
    if (!(await holds(digest))) return undefined
    const body = await readBody(pathOf(digest), digest)
    if (body === undefined) await rm(pathOf(digest))
    else recent.note(digest, body, false)
    return body?.slice()
  }

  async function remove(digest: Digest, unusedSinceMs: number): Promise<boolean> {
    const { mtimeMs } = (await statOf(pathOf(digest))) ?? { mtimeMs: Number.NEGATIVE_INFINITY }
    if (mtimeMs >= unusedSinceMs) return false
    recent.forget(digest)
    await rm(pathOf(digest), { force: true })
    return true
  }

  async function* list(): AsyncIterable<StoredBlob> {
    for await (const { name } of await opendir(directory)) {
      const found = isDigest(name) ? await statOf(join(directory, name)) : undefined
      if (isDigest(name) && found !== undefined)
        yield { digest: name, size: found.size, usedMs: found.mtimeMs }
    }
  }

  return {
    async put(body, { durable } = { durable: true }) {
      if (body.length > bytesMax) throw new BlobError(body.length, bytesMax)
      const own = new Uint8Array(body)
      const ref = { digest: digestOf(own), size: own.length }
      await inTurn(ref.digest, () => write(ref.digest, own, durable))
      return ref
    },
    get: async (digest) => (isDigest(digest) ? inTurn(digest, () => read(digest)) : undefined),
    has: async (digest) => isDigest(digest) && (await holds(digest)),
    remove: async (digest, unusedSinceMs) =>
      isDigest(digest) && inTurn(digest, () => remove(digest, unusedSinceMs)),
    list,
  }
}

/** As `blobRefOf` names it. */
function digestOf(body: Uint8Array): Digest {
  return hash('sha256', body, 'hex') as Digest
}

/** The content of the file; undefined if it isn't the body that `digest` names. */
async function readBody(path: string, digest: Digest): Promise<Uint8Array | undefined> {
  const body = new Uint8Array(await readFile(path))
  return digestOf(body) === digest ? body : undefined
}

/** Says that a body is used now; with `durable` its copy, which may be one that wasn't synced, is on disk then. */
async function renew(path: string, durable: boolean): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const now = new Date()
    await file.utimes(now, now)
    if (durable) await file.sync()
  } finally {
    await file.close()
  }
}

async function statOf(path: string): Promise<Pick<Stats, 'size' | 'mtimeMs'> | undefined> {
  try {
    return await stat(path)
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
 * Makes the names in a directory durable, for all who ask while a sync is under way by one more: each of them is
 * answered by a sync that began after it had asked, so what it had renamed before is in it.
 */
function createSharedSync(directory: string): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    if (next !== undefined) return next
    const begin = (): Promise<void> => {
      next = undefined
      return syncDirectory(directory)
    }
    // A sync that failed is the matter of those who asked for it.
    const own = running.then(begin, begin)
    running = own
    next = own
    return own
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
