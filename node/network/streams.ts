import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { receiveFrames } from './inlet.ts'
import { Lane, type QueueBudget } from './lane.ts'
import { DIAL_MS, STREAMS_PER_CHANNEL } from './limits.ts'
import { CHANNELS, type Channel, type NetworkOptions } from './network.ts'
import { protocolName } from './protocol-name.ts'

/** The direct streams of all channels: lanes out, inlets in. */
export class ChannelStreams {
  readonly #node: Libp2p
  readonly #options: NetworkOptions
  readonly #meter: Meter
  readonly #budget: QueueBudget = { bytes: 0 }
  /** Bounded by members times channels, as only members get a lane. */
  readonly #lanes = new Map<PeerId, Map<Channel, Lane>>()
  /** Bounded by the connections and the streams each may open. */
  readonly #receiving = new Set<Promise<void>>()
  #isStopping = false

  constructor(node: Libp2p, options: NetworkOptions, meter: Meter) {
    this.#node = node
    this.#options = options
    this.#meter = meter
  }

  async start(): Promise<void> {
    await Promise.all(CHANNELS.map((channel) => this.#accept(channel)))
  }

  send(to: PeerId, channel: Channel, frame: Uint8Array): void {
    if (frame.length > this.#options.frameBytesMax[channel]) {
      this.#meter.count('framesTooLarge')
    } else if (this.#isStopping || !this.#options.admission.isMember(to)) {
      this.#meter.count('framesUnreachable')
    } else {
      this.#lane(to, channel).push(frame)
    }
  }

  connected(peer: PeerId): void {
    for (const lane of this.#lanes.get(peer)?.values() ?? []) lane.wake()
  }

  /** Hands over no further frame; resolves once none is being handled and the connections are closed. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const lanes = [...this.#lanes.values()].flatMap((channels) => [...channels.values()])
    await Promise.all([...lanes.map((lane) => lane.close()), ...this.#receiving])
  }

  async #accept(channel: Channel): Promise<void> {
    await this.#node.handle(
      protocolName(this.#options.swarm, channel),
      (stream, connection) => {
        const from = namePeer(connection.remotePeer)
        if (from === undefined) return stream.abort(new Error('The peer has no name here.'))
        const receiving = receiveFrames(stream, {
          frameBytesMax: this.#options.frameBytesMax[channel],
          deliver: (frame) => this.#deliver(from, channel, frame),
          count: (counter) => this.#meter.count(counter),
        }).finally(() => this.#receiving.delete(receiving))
        this.#receiving.add(receiving)
      },
      { maxInboundStreams: STREAMS_PER_CHANNEL, maxOutboundStreams: STREAMS_PER_CHANNEL },
    )
  }

  #deliver(from: PeerId, channel: Channel, frame: Uint8Array): void | Promise<void> {
    if (this.#isStopping) return
    this.#meter.received(from, frame.length)
    return this.#options.handlers.frame(from, channel, frame)
  }

  #lane(to: PeerId, channel: Channel): Lane {
    const channels = this.#lanes.get(to) ?? new Map<Channel, Lane>()
    this.#lanes.set(to, channels)
    const existing = channels.get(channel)
    if (existing !== undefined) return existing
    const remote = peerIdFromString(to)
    const protocol = protocolName(this.#options.swarm, channel)
    const open = () => this.#node.dialProtocol(remote, protocol, { signal: AbortSignal.timeout(DIAL_MS) })
    const lane = new Lane({ to, open, budget: this.#budget, meter: this.#meter })
    channels.set(channel, lane)
    return lane
  }
}
