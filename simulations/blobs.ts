import { blobRefOf, type BlobRef, type Digest, type PeerId } from '../protocol/ids.ts'
import { rightTo } from '../protocol/jobs/access.ts'
import { readHolding } from '../protocol/jobs/holdings.ts'
import type { PeerView } from '../protocol/peer/view.ts'
import { PREFIXES } from '../protocol/records/keys.ts'
import type { Disk } from './disk.ts'
import type { Network } from './network.ts'

/** One peer's bodies. A host stores and checks a body before it speaks of it. */
export interface BlobStore {
  /** Durable by default; other copies may be lost in a crash. */
  put(body: Uint8Array, options?: { readonly durable: boolean }): BlobRef
  get(digest: Digest): Uint8Array | undefined
  /** Every other copy that isn't durable is gone: which ones, nothing may depend on. */
  crash(): void
}

export function createBlobStore(): BlobStore {
  const bodies = new Map<Digest, Uint8Array>()
  const unsynced = new Set<Digest>()
  return {
    put(body, { durable } = { durable: true }) {
      const blob = blobRefOf(body)
      if (durable) unsynced.delete(blob.digest)
      else if (!bodies.has(blob.digest)) unsynced.add(blob.digest)
      bodies.set(blob.digest, body)
      return blob
    },
    get: (digest) => bodies.get(digest),
    crash() {
      for (const [at, digest] of [...unsynced].entries()) if (at % 2 === 0) bodies.delete(digest)
      unsynced.clear()
    },
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

/** Whether a peer gives a body to another one: for any job that it holds it for. */
export function maySee(
  disk: Pick<Disk, 'get' | 'records'>,
  view: Pick<PeerView, 'mayRead' | 'roster'>,
  to: PeerId,
  digest: Digest,
): boolean {
  const prefix = `${PREFIXES.body}${digest}/`
  for (const [key, value] of disk.records()) {
    const held = key.startsWith(prefix) ? readHolding({ key, value }) : undefined
    if (held === undefined) continue
    const right = rightTo(view, to, held)
    if (right.isDecided ? right.mayHave : right.mayHaveBy(disk.get(right.key))) return true
  }
  return false
}
