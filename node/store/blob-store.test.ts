import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blobRefOf } from '../../protocol/ids.ts'
import { describeBlobStore } from './blob-store.acceptance.ts'
import { openBlobStore } from './blob-store.ts'
import { createMemoryBlobStore } from './memory-blob-store.ts'

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
