import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import {
  InvalidDataLengthError,
  InvalidDataLengthLengthError,
  type LengthPrefixedStream,
  lpStream,
} from '@libp2p/utils'
import { pipe } from 'it-pipe'
import { type BlobRef, digestFromBytes, digestToBytes, type PeerId } from '../../protocol/ids.ts'
import { decodeBlobHeader, encodeBlobHeader } from './blob-header.ts'
import { chunked, joined, lengthPrefixedFrom, lengthPrefixedTo, verified } from './blob-pipeline.ts'
import type { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { BLOB_BYTES_MAX, BLOB_CHUNK_BYTES, BLOB_MS, BLOB_STREAMS } from './limits.ts'
import { NetworkError, type NetworkOptions } from './network.ts'
import { protocolName } from './protocol-name.ts'

const DIGEST_BYTES = 32

/**
 * `/hyperlooms/1/<swarm>/blob`: the request is one frame with a digest; the answer is one frame with a status
 * and the size, then the chunks. Each transfer has a stream of its own, and both ends hash what passes.
 */
export class Blobs {
  readonly #node: Libp2p
  readonly #options: NetworkOptions
  readonly #meter: Meter
  readonly #protocol: string
  /** Bounded by the connections and the streams each may open. */
  readonly #serving = new Set<Promise<void>>()

  constructor(node: Libp2p, options: NetworkOptions, meter: Meter) {
    this.#node = node
    this.#options = options
    this.#meter = meter
    this.#protocol = protocolName(options.swarm, 'blob')
  }

  async start(): Promise<void> {
    await this.#node.handle(
      this.#protocol,
      (stream, connection) => {
        const serving = this.#serve(stream, namePeer(connection.remotePeer))
          .catch((error: unknown) => {
            this.#meter.count('blobsServeFailed')
            stream.abort(toError(error))
          })
          .finally(() => this.#serving.delete(serving))
        this.#serving.add(serving)
      },
      { maxInboundStreams: BLOB_STREAMS, maxOutboundStreams: BLOB_STREAMS },
    )
  }

  /** Resolves once nothing is being served, which is soon after the connections are closed. */
  async stop(): Promise<void> {
    await Promise.all(this.#serving)
  }

  /** A body whose size and digest are right. Throws NetworkError only. */
  async fetch(from: PeerId, blob: BlobRef, signal: AbortSignal): Promise<Uint8Array> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(BLOB_MS)])
    try {
      const body = await this.#fetch(from, blob, deadline)
      this.#meter.count('blobsFetched')
      return body
    } catch (error) {
      this.#meter.count('blobsFetchFailed')
      throw explain(error, deadline)
    }
  }

  async #fetch(from: PeerId, blob: BlobRef, signal: AbortSignal): Promise<Uint8Array> {
    if (blob.size > BLOB_BYTES_MAX) throw new NetworkError('blob_too_large', 'The blob is above the limit.')
    const stream = await this.#node.dialProtocol(peerIdFromString(from), this.#protocol, { signal })
    try {
      const frames = lpStream(stream, { maxDataLength: BLOB_CHUNK_BYTES, maxBufferSize: 2 * BLOB_BYTES_MAX })
      await frames.write(digestToBytes(blob.digest), { signal })
      await stream.close({ signal })
      return await receive(frames, blob, signal)
    } finally {
      // An honest peer has closed its end by now; on any other stream nothing more is wanted.
      if (stream.status === 'open') stream.abort(new Error('The transfer is over.'))
    }
  }

  async #serve(stream: Stream, to: PeerId | undefined): Promise<void> {
    const signal = AbortSignal.timeout(BLOB_MS)
    const frames = lpStream(stream, { maxDataLength: DIGEST_BYTES, maxBufferSize: 2 * DIGEST_BYTES })
    const request = (await frames.read({ signal })).subarray()
    if (to === undefined || request.length !== DIGEST_BYTES) throw new Error('This is not a request.')
    const digest = digestFromBytes(request)
    const body = await this.#options.handlers.serveBlob(to, digest)
    if (body === undefined || body.length > BLOB_BYTES_MAX) {
      await frames.write(encodeBlobHeader(undefined), { signal })
      this.#meter.count('blobsRefused')
    } else {
      await frames.write(encodeBlobHeader(body.length), { signal })
      // Hashing here keeps a body that rotted on our disk from ever arriving whole.
      const check = verified({ digest, size: body.length })
      await pipe([body], chunked, check, lengthPrefixedTo(frames, signal))
      this.#meter.count('blobsServed')
    }
    await stream.close({ signal })
  }
}

async function receive(
  frames: LengthPrefixedStream<Stream>,
  blob: BlobRef,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const header = decodeBlobHeader((await frames.read({ signal })).subarray())
  if (header === 'missing') throw new NetworkError('blob_missing', 'The peer has no such blob for us.')
  if (header !== blob.size)
    throw new NetworkError('blob_mismatch', 'The blob was announced with another size.')
  return pipe(lengthPrefixedFrom(frames, blob.size, signal), verified(blob), joined)
}

/** What went wrong, in one of the codes a caller can act on. */
function explain(error: unknown, signal: AbortSignal): NetworkError {
  if (error instanceof NetworkError) return error
  if (signal.aborted) return new NetworkError('blob_timeout', 'The transfer took too long.', { cause: error })
  if (error instanceof InvalidDataLengthError || error instanceof InvalidDataLengthLengthError) {
    return new NetworkError('blob_mismatch', 'A chunk was above the limit.', { cause: error })
  }
  return new NetworkError('unreachable', 'The peer could not be reached.', { cause: error })
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
