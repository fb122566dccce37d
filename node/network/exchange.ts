import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { PeerId, SwarmId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import {
  ADDRESS_CHARACTERS_MAX,
  EXCHANGE_BYTES_MAX,
  EXCHANGE_MS,
  EXCHANGE_STREAMS,
  EXCHANGED_MAX,
} from './limits.ts'
import { protocolName } from './protocol-name.ts'

interface ExchangeOptions {
  readonly node: Libp2p
  readonly swarm: SwarmId
  readonly meter: Meter
  /** Addresses to tell this member, the most useful first. */
  readonly known: (to: PeerId) => readonly string[]
}

/**
 * `/hyperlooms/1/<swarm>/addresses`: opening the stream is the question; the answer is one frame, a JSON list of
 * multiaddrs, of which the asker believes nothing before it has dialled.
 */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #protocol: string

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#protocol = protocolName(options.swarm, 'addresses')
  }

  async start(): Promise<void> {
    await this.#options.node.handle(
      this.#protocol,
      async (stream, { remotePeer }) => {
        const from = namePeer(remotePeer)
        await this.#answer(stream, from === undefined ? [] : this.#options.known(from)).catch(
          (error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))),
        )
      },
      { maxInboundStreams: EXCHANGE_STREAMS, maxOutboundStreams: EXCHANGE_STREAMS },
    )
  }

  /** What a connected member knows; nothing when it doesn't answer. Never rejects. */
  async ask(peer: PeerId): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(EXCHANGE_MS)
    try {
      const stream = await this.#options.node.dialProtocol(peerIdFromString(peer), this.#protocol, { signal })
      try {
        return readAnswer((await framesOf(stream).read({ signal })).slice())
      } finally {
        await stream.close({ signal }).catch((error: Error) => stream.abort(error))
      }
    } catch {
      this.#options.meter.count('exchangesFailed')
      return []
    }
  }

  async #answer(stream: Stream, known: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(EXCHANGE_MS)
    const answer = JSON.stringify(known.slice(0, EXCHANGED_MAX))
    await framesOf(stream).write(new TextEncoder().encode(answer), { signal })
    await stream.close({ signal })
  }
}

function framesOf(stream: Stream) {
  return lpStream(stream, { maxDataLength: EXCHANGE_BYTES_MAX, maxBufferSize: 2 * EXCHANGE_BYTES_MAX })
}

/** The texts in an answer that could be addresses. Throws when it is none. */
export function readAnswer(answer: Uint8Array): readonly string[] {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer))
  if (!Array.isArray(value)) throw new Error('The answer is no list.')
  return value
    .slice(0, EXCHANGED_MAX)
    .flatMap((each: unknown) =>
      typeof each === 'string' && each.length <= ADDRESS_CHARACTERS_MAX ? [each] : [],
    )
}
