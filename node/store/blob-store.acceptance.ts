import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blobRefOf } from '../../protocol/ids.ts'
import type { Digest } from '../../protocol/ids.ts'
import type { BlobStore, BlobStoreOptions, StoredBlob } from './blob-store.ts'

export interface BlobStoreFixture {
  open(options: BlobStoreOptions): BlobStore
  remove(): Promise<void>
}

const BYTES_MAX = 1000

async function listOf(store: BlobStore): Promise<StoredBlob[]> {
  const listed: StoredBlob[] = []
  for await (const one of store.list()) listed.push(one)
  return listed
}

/** What every adapter of the `BlobStore` port must do. */
export function describeBlobStore(name: string, createFixture: () => Promise<BlobStoreFixture>): void {
  describe(name, () => {
    let fixture: BlobStoreFixture
    let store: BlobStore

    beforeEach(async () => {
      fixture = await createFixture()
      store = fixture.open({ bytesMax: BYTES_MAX })
    })
    afterEach(() => fixture.remove())

    it('gives back what was put, by its digest', async () => {
      const body = Uint8Array.of(1, 2, 3)
      const ref = await store.put(body)
      expect(ref).toEqual(blobRefOf(body))
      expect(await store.get(ref.digest)).toEqual(body)
      expect(await store.has(ref.digest)).toBe(true)
    })

    it('knows nothing of other digests', async () => {
      const { digest } = blobRefOf(Uint8Array.of(9))
      expect(await store.get(digest)).toBeUndefined()
      expect(await store.has(digest)).toBe(false)
    })

    it('holds an empty body', async () => {
      const { digest } = await store.put(new Uint8Array(0))
      expect(await store.get(digest)).toEqual(new Uint8Array(0))
    })

    it('takes the same body again, also at the same time', async () => {
      const body = new Uint8Array(500).fill(4)
      const refs = await Promise.all(Array.from({ length: 8 }, () => store.put(body)))
      expect(new Set(refs.map(({ digest }) => digest)).size).toBe(1)
      expect(await store.put(body)).toEqual(blobRefOf(body))
      expect(await store.get(blobRefOf(body).digest)).toEqual(body)
    })

    it('takes bytesMax bytes and refuses one more', async () => {
      const { digest } = await store.put(new Uint8Array(BYTES_MAX))
      expect(await store.has(digest)).toBe(true)
      const larger = new Uint8Array(BYTES_MAX + 1)
      await expect(store.put(larger)).rejects.toMatchObject({ code: 'blob_too_large' })
      expect(await store.has(blobRefOf(larger).digest)).toBe(false)
    })

    it('copies bodies both ways', async () => {
      for (const body of [Uint8Array.of(1, 2, 3), Buffer.of(1, 2, 3)]) {
        const putting = store.put(body)
        body[0] = 9
        const { digest } = await putting
        const read = await store.get(digest)
        read?.fill(7)
        expect(await store.get(digest)).toEqual(Uint8Array.of(1, 2, 3))
      }
    })

    it('gives back and lists what was put without a sync', async () => {
      const first = await store.put(Uint8Array.of(1), { durable: false })
      const second = await store.put(Uint8Array.of(2, 2))
      await store.put(Uint8Array.of(1))
      expect(await store.get(first.digest)).toEqual(Uint8Array.of(1))
      const listed = await listOf(store)
      const sizes = new Map(listed.map(({ digest, size }) => [digest, size]))
      expect(sizes).toEqual(
        new Map([
          [first.digest, 1],
          [second.digest, 2],
        ]),
      )
    })

    it('removes a body that was put before that moment, and none that was put at it or later', async () => {
      const { digest } = await store.put(Uint8Array.of(1, 2, 3))
      const [{ usedMs } = { usedMs: Number.NaN }] = await listOf(store)
      expect(await store.remove(digest, usedMs)).toBe(false)
      expect(await store.has(digest)).toBe(true)
      expect(await store.remove(digest, usedMs + 1)).toBe(true)
      expect([await store.has(digest), await store.get(digest)]).toEqual([false, undefined])
      expect(await listOf(store)).toEqual([])
      expect(await store.remove(digest, usedMs + 1)).toBe(true)
    })

    it('keeps a body that is put again while it is removed', async () => {
      const body = new Uint8Array(500).fill(4)
      const { digest } = await store.put(body)
      const [{ usedMs } = { usedMs: Number.NaN }] = await listOf(store)
      const rounds = Array.from({ length: 8 }, () => [store.remove(digest, usedMs + 1), store.put(body)])
      await Promise.all(rounds.flat())
      expect(await store.get(digest)).toEqual(body)
    })

    it('takes nothing but a digest for a name', async () => {
      // What a peer asks for is text until it is held against isDigest; this is the second line.
      const foreign: { digest: Digest } = JSON.parse('{"digest":"../identity.key"}')
      expect(await store.get(foreign.digest)).toBeUndefined()
      expect(await store.has(foreign.digest)).toBe(false)
    })
  })
}
