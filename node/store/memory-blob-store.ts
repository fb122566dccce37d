import { blobRefOf } from '../../protocol/ids.ts'
import type { Digest } from '../../protocol/ids.ts'
import { BlobError } from './blob-store.ts'
import type { BlobStore, BlobStoreOptions } from './blob-store.ts'

/** The in-memory twin of the blob store, for simulations and tests. */
export function createMemoryBlobStore({ bytesMax }: BlobStoreOptions): BlobStore {
  const bodies = new Map<Digest, { readonly body: Uint8Array; readonly usedMs: number }>()
  return {
    async put(body) {
      if (body.length > bytesMax) throw new BlobError(body.length, bytesMax)
      const ref = blobRefOf(body)
      bodies.set(ref.digest, { body: new Uint8Array(body), usedMs: Date.now() })
      return ref
    },
    async get(digest) {
      const found = bodies.get(digest)
      return found === undefined ? undefined : new Uint8Array(found.body)
    },
    has: async (digest) => bodies.has(digest),
    async remove(digest, unusedSinceMs) {
      if ((bodies.get(digest)?.usedMs ?? Number.NEGATIVE_INFINITY) >= unusedSinceMs) return false
      bodies.delete(digest)
      return true
    },
    async *list() {
      for (const [digest, { body, usedMs }] of bodies) yield { digest, size: body.length, usedMs }
    },
  }
}
