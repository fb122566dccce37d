import { mkdir, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blobRefOf } from '../../protocol/ids.ts'
import { describeBlobStore } from './blob-store.acceptance.ts'
import { openBlobStore } from './blob-store.ts'
import { createMemoryBlobStore } from './memory-blob-store.ts'
import { RecentBodies } from './recent-bodies.ts'

const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'hyperlooms-blobs-'))

describeBlobStore('memory blob store', async () => ({
  open: createMemoryBlobStore,
  remove: async () => {},
}))

describeBlobStore('blob store on disk', async () => {
  const directory = await temporaryDirectory()
  return {
    open: (options) => openBlobStore(join(directory, 'blobs'), options),
    remove: () => rm(directory, { recursive: true }),
  }
})

describe('blob store on disk', () => {
  const body = new Uint8Array(100).fill(5)
  const { digest } = blobRefOf(body)
  let directory: string

  beforeEach(async () => {
    directory = await temporaryDirectory()
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('holds bodies across openings', async () => {
    await openBlobStore(directory, { bytesMax: 100 }).put(body)
    expect(await openBlobStore(directory, { bytesMax: 100 }).get(digest)).toEqual(body)
    expect(await readdir(directory)).toEqual([digest])
  })

  it.each([
    ['cut', (path: string) => truncate(path, 50)],
    ['changed', (path: string) => writeFile(path, new Uint8Array(100))],
    ['emptied', (path: string) => truncate(path, 0)],
  ])('reports a file that was %s as missing and removes it', async (_, damage) => {
    const store = openBlobStore(directory, { bytesMax: 100 })
    await store.put(body)
    await damage(join(directory, digest))
    expect(await store.get(digest)).toBeUndefined()
    expect(await store.has(digest)).toBe(false)
    expect(await readdir(directory)).toEqual([])
  })

  it('reads a body once while its file is the same one', async () => {
    const path = join(directory, digest)
    const store = openBlobStore(directory, { bytesMax: 100 })
    await store.put(body)
    const { atime, mtime } = await stat(path)
    await utimes(path, atime, mtime)
    await store.put(body)
    const put = await stat(path)
    // What no reader could tell from the file that was written.
    await writeFile(path, new Uint8Array(100))
    await utimes(path, put.atime, put.mtime)
    expect(await store.get(digest)).toEqual(body)
    expect(await openBlobStore(directory, { bytesMax: 100 }).get(digest)).toBeUndefined()
  })

  it('keeps the newest of those that it has read', () => {
    const recent = new RecentBodies(() => directory)
    const names = Array.from({ length: 1_025 }, (_, at) => blobRefOf(Uint8Array.of(at >> 8, at)).digest)
    for (const name of names) recent.note(name, body, true)
    const [first = digest, second = digest] = names
    expect([recent.find(first), recent.find(second)?.body]).toEqual([undefined, body])
    const largest = new Uint8Array(262_144)
    for (const name of names.slice(0, 64)) recent.note(name, largest, true)
    expect(names.filter((name) => recent.find(name) !== undefined)).toEqual(names.slice(0, 64))
  })

  it('repairs a damaged file when the body is put again', async () => {
    const store = openBlobStore(directory, { bytesMax: 100 })
    await writeFile(join(directory, digest), 'damaged')
    await store.put(body)
    expect(await store.get(digest)).toEqual(body)
  })

  it('repairs a damaged file also while it is read', async () => {
    const store = openBlobStore(directory, { bytesMax: 100 })
    await writeFile(join(directory, digest), 'damaged')
    await Promise.all([store.get(digest), store.put(body), store.get(digest), store.put(body)])
    expect(await store.get(digest)).toEqual(body)
  })

  it('removes what a crash left half-written', async () => {
    await writeFile(join(directory, 'a1b2.tmp'), 'half')
    const store = openBlobStore(directory, { bytesMax: 100 })
    expect(await readdir(directory)).toEqual([])
    await store.put(body)
    expect(await readdir(directory)).toEqual([digest])
  })

  it('never reads a file above bytesMax', async () => {
    await openBlobStore(directory, { bytesMax: 100 }).put(body)
    const store = openBlobStore(directory, { bytesMax: 99 })
    expect([await store.has(digest), await store.get(digest)]).toEqual([false, undefined])
    expect(await openBlobStore(directory, { bytesMax: 100 }).get(digest)).toEqual(body)
  })

  it('passes on failures of the disk', async () => {
    // A folder has the size of a block.
    const store = openBlobStore(directory, { bytesMax: 1_000_000 })
    await mkdir(join(directory, digest))
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'EISDIR' })
    await rm(join(directory, digest), { recursive: true })
    await store.put(body)
    expect(await store.get(digest)).toEqual(body)
  })
})
