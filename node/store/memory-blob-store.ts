import { blobRefOf } from '../../protocol/ids.ts'
import type { Digest } from '../../protocol/ids.ts'
import { BlobError } from './blob-store.ts'
import type { BlobStore, BlobStoreOptions } from './blob-store.ts'

/** The in-memory twin of the blob store, for simulations and tests. */
export function createMemoryBlobStore({ bytesMax }: BlobStoreOptions): BlobStore {
  const bodies = new Map<Digest, Uint8Array>()
  return {
    async put(body) {
      if (body.length > bytesMax) throw new BlobError(body.length, bytesMax)
      const ref = blobRefOf(body)
      bodies.set(ref.digest, new Uint8Array(body))
      return ref
    },
    async get(digest) {
      const body = bodies.get(digest)
      return body === undefined ? undefined : new Uint8Array(body)
    },
    has: async (digest) => bodies.has(digest),
  }
}
