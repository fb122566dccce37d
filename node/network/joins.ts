import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { PeerId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { JOIN_FRAME_BYTES, JOIN_MS, JOIN_STREAMS, JOINS_MAX, JOINS_PER_HOST_MAX } from './limits.ts'
import { hostOf } from './multiaddr-parts.ts'
import type { NetworkOptions } from './network.ts'
import { Places } from './places.ts'
import { protocolName } from './protocol-name.ts'

/** `/hyperlooms/1/<swarm>/join`: one request and one answer a stream, the one protocol that strangers may speak. */
export class Joins {
  readonly #node: Libp2p
  readonly #options: NetworkOptions
  readonly #meter: Meter
  readonly #places = new Places({ max: JOINS_MAX, perHostMax: JOINS_PER_HOST_MAX })
  readonly #serving = new Set<Promise<void>>()

  constructor(node: Libp2p, options: NetworkOptions, meter: Meter) {
    this.#node = node
    this.#options = options
    this.#meter = meter
  }

  async start(): Promise<void> {
    await this.#node.handle(
      protocolName(this.#options.swarm, 'join'),
      (stream, connection) => this.#accept(stream, connection),
      { maxInboundStreams: JOIN_STREAMS, maxOutboundStreams: JOIN_STREAMS },
    )
  }

  /** Resolves once no request is being judged. */
  async stop(): Promise<void> {
    await Promise.all(this.#serving)
  }

  #accept(stream: Stream, { remotePeer, remoteAddr }: Connection): void {
    const from = namePeer(remotePeer)
    const leave = from === undefined ? undefined : this.#places.take(hostOf(remoteAddr))
    if (from === undefined || leave === undefined) return this.#refuse(stream)
    const serving = this.#serve(stream, from)
      .catch(() => this.#refuse(stream))
      .finally(() => {
        leave()
        this.#serving.delete(serving)
      })
    this.#serving.add(serving)
  }

  async #serve(stream: Stream, from: PeerId): Promise<void> {
    const signal = AbortSignal.timeout(JOIN_MS)
    const frames = lpStream(stream, { maxDataLength: JOIN_FRAME_BYTES, maxBufferSize: 2 * JOIN_FRAME_BYTES })
    const request = (await frames.read({ signal })).slice()
    const answer = await withDeadline(this.#options.handlers.join(from, request), signal)
    if (answer === undefined || answer.length > JOIN_FRAME_BYTES) return this.#refuse(stream)
    await frames.write(answer, { signal })
    await stream.close({ signal })
    this.#meter.count('joinsAnswered')
  }

  #refuse(stream: Stream): void {
    this.#meter.count('joinsRefused')
    stream.abort(new Error('The request was refused.'))
  }
}

/** An answer after the deadline is dropped, as nobody waits for it any more. */
async function withDeadline<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([answer, late])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
