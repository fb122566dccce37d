import { createHash } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import type { BlobRef } from '../../protocol/ids.ts'
import { BLOB_CHUNK_BYTES } from './limits.ts'
import { NetworkError } from './network.ts'

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Stages of a blob's way over a stream, for it-pipe. */

export async function* chunked(bodies: Chunks): AsyncGenerator<Uint8Array> {
  for await (const body of bodies) {
    for (let at = 0; at < body.length; at += BLOB_CHUNK_BYTES) yield body.subarray(at, at + BLOB_CHUNK_BYTES)
  }
}

/** Passes chunks on and throws `blob_mismatch` at the first byte too many, or at the end for another digest. */
export function verified(blob: BlobRef): (chunks: Chunks) => AsyncGenerator<Uint8Array> {
  return async function* (chunks) {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > blob.size) throw mismatch('more bytes than it has')
      hash.update(chunk)
      yield chunk
    }
    if (size !== blob.size) throw mismatch('fewer bytes than it has')
    if (hash.digest('hex') !== blob.digest) throw mismatch('other bytes')
  }
}

/** Writes each chunk with its length before it, as fast as the other end takes them. */
export function lengthPrefixedTo(
  stream: LengthPrefixedStream<Stream>,
  signal: AbortSignal,
): (chunks: Chunks) => Promise<void> {
  return async (chunks) => {
    for await (const chunk of chunks) await stream.write(chunk, { signal })
  }
}

/** Reads length-prefixed chunks until `size` bytes have come. Empty chunks count as cheating. */
export async function* lengthPrefixedFrom(
  stream: LengthPrefixedStream<Stream>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let received = 0; received < size; ) {
    const chunk = (await stream.read({ signal })).subarray()
    if (chunk.length === 0) throw mismatch('an empty chunk')
    received += chunk.length
    yield chunk
  }
}

export async function joined(chunks: Chunks): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return new Uint8Array(Buffer.concat(parts))
}

function mismatch(what: string): NetworkError {
  return new NetworkError('blob_mismatch', `The blob came with ${what}.`)
}
