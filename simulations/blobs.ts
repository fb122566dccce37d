import { blobRefOf, type BlobRef, type Digest, type PeerId } from '../protocol/ids.ts'
import type { Network } from './network.ts'

/** One peer's bodies. They outlive its crashes: a host stores and checks a body before it speaks of it. */
export interface BlobStore {
  put(body: Uint8Array): BlobRef
  get(digest: Digest): Uint8Array | undefined
}

export function createBlobStore(): BlobStore {
  const bodies = new Map<Digest, Uint8Array>()
  return {
    put(body) {
      const blob = blobRefOf(body)
      bodies.set(blob.digest, body)
      return blob
    },
    get: (digest) => bodies.get(digest),
  }
}

/** What a peer serves to another: the body, if it runs, has it and its mind permits. */
export interface BlobServer {
  serve(to: PeerId, digest: Digest): Uint8Array | undefined
}

export interface FetchOrder {
  readonly self: PeerId
  readonly blob: BlobRef
  readonly from: readonly PeerId[]
}

/** Asks one peer after another; `done` gets the body, or undefined when none of them gave it. */
export function fetchBlob(
  order: FetchOrder,
  network: Pick<Network, 'carry'>,
  serverOf: (peer: PeerId) => BlobServer | undefined,
  done: (body: Uint8Array | undefined) => void,
): void {
  const { self, blob, from } = order
  const [first, ...rest] = from
  if (first === undefined) {
    done(undefined)
    return
  }
  const next = () => fetchBlob({ self, blob, from: rest }, network, serverOf, done)
  const answered = () => {
    const body = serverOf(first)?.serve(self, blob.digest)
    if (body === undefined) next()
    else network.carry(first, self, () => done(body), next)
  }
  network.carry(self, first, answered, next)
}
