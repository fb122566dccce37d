import type { PeerId } from '../../protocol/ids.ts'

/** Every outcome the network counts; the names are the labels of metrics. */
const NO_COUNTS = {
  connectionsRefused: 0,
  strangersAdmitted: 0,
  streamsRefused: 0,
  joinsAnswered: 0,
  joinsRefused: 0,
  dialsFailed: 0,
  addressesLearnt: 0,
  addressesRefused: 0,
  exchangesFailed: 0,
  lookups: 0,
  bookSavesFailed: 0,
  framesSent: 0,
  framesReceived: 0,
  framesQueueFull: 0,
  framesUnreachable: 0,
  framesTooLarge: 0,
  streamsBroken: 0,
  handlerFailures: 0,
  gossipPublished: 0,
  gossipUnheard: 0,
  gossipDuplicate: 0,
  gossipFailed: 0,
  gossipAccepted: 0,
  gossipIgnored: 0,
  gossipRejected: 0,
  gossipOverload: 0,
  blobsServed: 0,
  blobsRefused: 0,
  blobsServeFailed: 0,
  blobsFetched: 0,
  blobsFetchFailed: 0,
  tokenStreamsServed: 0,
  tokenStreamsRefused: 0,
  tokenStreamsBroken: 0,
}
export type Counter = keyof typeof NO_COUNTS
export type NetworkCounters = Readonly<Record<Counter, number>>

export interface PeerTraffic {
  readonly framesSent: number
  readonly bytesSent: number
  readonly framesReceived: number
  readonly bytesReceived: number
}

const NO_TRAFFIC: PeerTraffic = { framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0 }

/** Counts outcomes, and the traffic of each connected peer. */
export class Meter {
  readonly #counts: Record<Counter, number> = { ...NO_COUNTS }
  readonly #traffic = new Map<PeerId, { -readonly [K in keyof PeerTraffic]: number }>()

  count(counter: Counter, by = 1): void {
    this.#counts[counter] += by
  }

  connected(peer: PeerId): void {
    this.#traffic.set(peer, { ...NO_TRAFFIC })
  }

  /** Forgets the peer's traffic, so that the map is bounded by the connections. */
  disconnected(peer: PeerId): void {
    this.#traffic.delete(peer)
  }

  sent(peer: PeerId, frames: number, bytes: number): void {
    this.count('framesSent', frames)
    const traffic = this.#traffic.get(peer)
    if (traffic === undefined) return
    traffic.framesSent += frames
    traffic.bytesSent += bytes
  }

  received(peer: PeerId, bytes: number): void {
    this.count('framesReceived')
    const traffic = this.#traffic.get(peer)
    if (traffic === undefined) return
    traffic.framesReceived += 1
    traffic.bytesReceived += bytes
  }

  traffic(peer: PeerId): PeerTraffic {
    return { ...(this.#traffic.get(peer) ?? NO_TRAFFIC) }
  }

  snapshot(): NetworkCounters {
    return { ...this.#counts }
  }
}
