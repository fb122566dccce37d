import type { BlobRef, Digest, PeerId, SwarmId } from '../../protocol/ids.ts'
import type { NetworkCounters, PeerTraffic } from './counters.ts'

/** One long-lived, length-prefixed stream protocol each: `/hyperlooms/1/<swarm>/<channel>`. */
export const CHANNELS = ['certify', 'agree', 'job', 'sync'] as const
export type Channel = (typeof CHANNELS)[number]

/** Gossip topics, named `/hyperlooms/1/<swarm>/<topic>`. */
export const TOPICS = ['heartbeat', 'jobs', 'ledger'] as const
export type Topic = (typeof TOPICS)[number]

/** `accept` forwards a message, `ignore` drops it, `reject` also costs every peer that forwarded it its score. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/** What the network calls. None of these may rely on another having been called first. */
export interface NetworkHandlers {
  /**
   * One frame of a peer's stream. It is awaited before that stream's next frame is read, which slows its
   * sender down; frames of other streams go on meanwhile. A throw closes that stream and nothing else.
   */
  frame(from: PeerId, channel: Channel, frame: Uint8Array): void | Promise<void>
  /** A gossiped frame. `from` is the peer that forwarded it, its author is whoever signed it. A throw ignores it. */
  gossip(from: PeerId, topic: Topic, frame: Uint8Array): Promise<GossipVerdict>
  /**
   * One request of a `join` stream, at most `JOIN_FRAME_BYTES`; `from` may be anybody, also a stranger. The
   * answer has the same maximum and must come within `JOIN_MS`; undefined or a throw refuses without a word.
   */
  join(from: PeerId, request: Uint8Array): Promise<Uint8Array | undefined>
  /** Members only. */
  connected(peer: PeerId): void
  disconnected(peer: PeerId): void
  /** The body with this digest; undefined when it is not held or `to` may not have it. */
  serveBlob(to: PeerId, digest: Digest): Promise<Uint8Array | undefined>
}

export interface NetworkOptions {
  /** The 32-byte Ed25519 seed of this peer's identity. */
  readonly seed: Uint8Array
  readonly swarm: SwarmId
  /** TCP and WebSocket multiaddrs to listen on; port 0 takes a free one. */
  readonly listen: readonly string[]
  /** Multiaddrs with `/p2p/<id>` of peers that are dialled until they are connected, and again whenever they go. */
  readonly bootstrap: readonly string[]
  readonly isMember: (peer: PeerId) => boolean
  readonly frameBytesMax: Readonly<Record<Channel, number>>
  readonly gossipBytesMax: number
  readonly handlers: NetworkHandlers
}

export interface PeerConnection {
  readonly peer: PeerId
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** What the peer says it runs; foreign text, at most 64 characters. */
  readonly agent?: string | undefined
  /** Round trip of the latest ping, in whole milliseconds; missing until the first one, 10 s after opening. */
  readonly latencyMs?: number | undefined
  /** Whether our gossip is sent to this peer without a detour; a little later than the connection. */
  readonly gossips: boolean
  /** Wall time in milliseconds. */
  readonly openedAt: number
  /** Frames and their bytes on all channels since the peer connected. */
  readonly traffic: PeerTraffic
}

export interface Network {
  readonly id: PeerId
  /** Multiaddrs others can dial, with `/p2p/<id>`; empty before `start`. */
  addresses(): readonly string[]
  connections(): readonly PeerConnection[]
  /**
   * Hands a frame to the peer's queue and returns; never throws. It is lost, and counted, when the queue is
   * full, the peer can't be reached or the stream breaks, and may arrive twice after a reconnection. Frames
   * of one peer and channel keep their order. The bytes must not be changed afterwards.
   */
  send(to: PeerId, channel: Channel, frame: Uint8Array): void
  /**
   * Gossips a frame; never throws. While nobody is listening yet, the newest frames wait for the first peer
   * who does; it passes them on, but a peer that comes later misses them.
   */
  publish(topic: Topic, frame: Uint8Array): void
  /** Asks `isMember` anew: a peer that is none any more is disconnected at once. */
  membershipChanged(peer: PeerId): void
  /** A body whose size and digest have been checked. Throws only NetworkError. */
  fetchBlob(from: PeerId, blob: BlobRef, signal: AbortSignal): Promise<Uint8Array>
  counters(): NetworkCounters
  /** Listens and begins to dial the bootstrap peers; rejects when an address can't be listened on. */
  start(): Promise<void>
  /** Closes every connection and resolves once no handler of this network is running any more. */
  stop(): Promise<void>
}

/**
 * `blob_missing`: the peer doesn't hold the body or won't give it. `blob_mismatch`: it sent other bytes.
 * `blob_timeout`: the caller's signal or the deadline ended the transfer. `blob_too_large`: above the limit,
 * not even asked for. `unreachable`: no connection, or it broke. `join_refused`: the peer ended the exchange
 * without an answer.
 */
export type NetworkErrorCode =
  | 'blob_missing'
  | 'blob_mismatch'
  | 'blob_timeout'
  | 'blob_too_large'
  | 'unreachable'
  | 'join_refused'

export class NetworkError extends Error {
  readonly code: NetworkErrorCode

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NetworkError'
    this.code = code
  }
}
