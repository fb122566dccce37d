import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { digestFromBytes, digestToBytes, type JobId, type PeerId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { TOKEN_FRAME_BYTES, TOKEN_MS, TOKEN_REQUEST_MS, TOKEN_STREAMS, WRITE_STALL_MS } from './limits.ts'
import { NetworkError, type NetworkOptions } from './network.ts'
import { protocolName } from './protocol-name.ts'
import { TokenReaders } from './token-readers.ts'

const DIGEST_BYTES = 32
/** First byte of each frame; what follows is text, or nothing. */
const FRAME = { text: 0, end: 1, missing: 2 } as const

/**
 * `/hyperlooms/1/<swarm>/tokens`: the request is one frame with a job's id; then frames of text as it comes, and one that says
 * that it is over. A reader that takes nothing for `WRITE_STALL_MS` is cut off; nothing is kept for it here.
 */
export class Tokens {
  readonly #node: Libp2p
  readonly #options: NetworkOptions
  readonly #meter: Meter
  readonly #protocol: string
  readonly #serving = new Set<Promise<void>>()
  readonly #readers = new TokenReaders()
  readonly #stopping = new AbortController()

  constructor(node: Libp2p, options: NetworkOptions, meter: Meter) {
    this.#node = node
    this.#options = options
    this.#meter = meter
    this.#protocol = protocolName(options.swarm, 'tokens')
  }

  async start(): Promise<void> {
    await this.#node.handle(
      this.#protocol,
      (stream, connection) => {
        const serving = this.#serve(stream, namePeer(connection.remotePeer))
          .catch((error: unknown) => {
            this.#meter.count('tokenStreamsBroken')
            stream.abort(error instanceof Error ? error : new Error(String(error)))
          })
          .finally(() => this.#serving.delete(serving))
        this.#serving.add(serving)
      },
      { maxInboundStreams: TOKEN_STREAMS, maxOutboundStreams: TOKEN_STREAMS },
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#serving)
  }

  async *read(from: PeerId, job: JobId, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(TOKEN_MS)])
    let stream: Stream | undefined
    try {
      stream = await this.#node.dialProtocol(peerIdFromString(from), this.#protocol, { signal: deadline })
      const frames = lpStream(stream, { maxDataLength: 1 + TOKEN_FRAME_BYTES })
      await frames.write(digestToBytes(job), { signal: deadline })
      for (;;) {
        const frame = (await frames.read({ signal: deadline })).subarray()
        if (frame[0] === FRAME.end) return
        if (frame[0] !== FRAME.text) throw new NetworkError('tokens_missing', 'The peer shows no such run.')
        yield frame.subarray(1)
      }
    } catch (error) {
      if (error instanceof NetworkError) throw error
      throw new NetworkError('unreachable', 'The stream of an answer broke.', { cause: error })
    } finally {
      if (stream?.status === 'open') stream.abort(new Error('Nothing more is read.'))
    }
  }

  async #serve(stream: Stream, to: PeerId | undefined): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: DIGEST_BYTES, maxBufferSize: 2 * DIGEST_BYTES })
    const request = await frames.read({ signal: AbortSignal.timeout(TOKEN_REQUEST_MS) })
    const job = jobIn(request.subarray())
    if (to === undefined || job === undefined) throw new Error('This is not a request.')
    const write = (kind: number, text: readonly Uint8Array[] = []) =>
      frames.write(Buffer.concat([Uint8Array.of(kind), ...text]), {
        signal: AbortSignal.timeout(WRITE_STALL_MS),
      })
    const gone = new AbortController()
    stream.addEventListener('close', () => gone.abort(), { once: true })
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal, AbortSignal.timeout(TOKEN_MS)])
    const leave = this.#readers.enter(to)
    try {
      const pieces = leave && this.#options.handlers.serveTokens(to, job, signal)
      for await (const piece of pieces ?? []) {
        for (let at = 0; at < piece.length; at += TOKEN_FRAME_BYTES)
          await write(FRAME.text, [piece.subarray(at, at + TOKEN_FRAME_BYTES)])
      }
      await write(pieces === undefined ? FRAME.missing : FRAME.end)
      this.#meter.count(pieces === undefined ? 'tokenStreamsRefused' : 'tokenStreamsServed')
    } finally {
      leave?.()
    }
    await stream.close({ signal: AbortSignal.timeout(WRITE_STALL_MS) })
  }
}

function jobIn(request: Uint8Array): JobId | undefined {
  return request.length === DIGEST_BYTES ? digestFromBytes(request) : undefined
}
