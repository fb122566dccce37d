import type { BlobRef, Digest, JobId, PeerId, SwarmId } from '../../protocol/ids.ts'
import type { NetworkCounters, PeerTraffic } from './counters.ts'

/** One long-lived, length-prefixed stream protocol each: `/hyperlooms/1/<swarm>/<channel>`. */
export const CHANNELS = ['certify', 'agree', 'job', 'sync'] as const
export type Channel = (typeof CHANNELS)[number]

/** Gossip topics, named `/hyperlooms/1/<swarm>/<topic>`. */
export const TOPICS = ['heartbeat', 'jobs', 'ledger'] as const
export type Topic = (typeof TOPICS)[number]

/** `accept` forwards a message, `ignore` drops it, `reject` also costs every peer that forwarded it its score. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/**
 * Who may be connected: what the swarm's roster knows. It is asked for every stream and frame, so the answers
 * must be cheap; `Network.membershipChanged` tells that they have changed.
 */
export interface Admission {
  isMember(peer: PeerId): boolean
  /** Holds an attach ticket: connected, but outside the channels, the gossip mesh and discovery. */
  isGuest(peer: PeerId): boolean
  members(): Iterable<PeerId>
}

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
  /** Members only. A peer that becomes a member while it is connected connects at that moment. */
  connected(peer: PeerId): void
  disconnected(peer: PeerId): void
  /** A member took this peer for a stranger: see `Network.refusedBy`. */
  refused?(): void
  /** Others dial this peer elsewhere from now on. */
  addressesChanged(addresses: readonly string[]): void
  /** The body with this digest; undefined when it is not held or `to` may not have it. */
  serveBlob(to: PeerId, digest: Digest): Promise<Uint8Array | undefined>
  /**
   * The answer to a job as it comes, in pieces of any size; undefined when none comes here or `to` may not have it. The next
   * piece is taken once the reader has room for it, and none after `signal`.
   */
  serveTokens(to: PeerId, job: JobId, signal: AbortSignal): AsyncIterable<Uint8Array> | undefined
}

/** Where known addresses survive a restart. */
export interface AddressFile {
  /** What was saved last; undefined when there is none. */
  load(): Promise<string | undefined>
  /** Replaces it as a whole: a crash leaves the old or the new one. */
  save(text: string): Promise<void>
}

export interface DiscoveryOptions {
  /** Look for members on the local network. */
  readonly mdns: boolean
  /** Take part in the swarm's own distributed hash table of addresses. */
  readonly dht: boolean
  /** Undefined remembers no address beyond this process. */
  readonly file: AddressFile | undefined
}

export interface NetworkOptions {
  /** The 32-byte Ed25519 seed of this peer's identity. */
  readonly seed: Uint8Array
  readonly swarm: SwarmId
  /** TCP and WebSocket multiaddrs to listen on; port 0 takes a free one. */
  readonly listen: readonly string[]
  /** Multiaddrs that are told to others beside those listened on, e.g. of a forwarded port. */
  readonly announce: readonly string[]
  /**
   * Multiaddrs with `/p2p/<id>` of peers that are dialled until they are connected, and again whenever they go.
   * The owner vouches for them: they are dialled wherever they are.
   */
  readonly bootstrap: readonly string[]
  readonly admission: Admission
  readonly discovery: DiscoveryOptions
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
   * Members that take this peer for a stranger, where all do that it reaches: they may not have heard of its join yet,
   * or it was revoked, which nobody tells it.
   */
  refusedBy(): readonly PeerId[]
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
  /** A body whose size and digest have been checked. Throws only NetworkError. */
  fetchBlob(from: PeerId, blob: BlobRef, signal: AbortSignal): Promise<Uint8Array>
  /**
   * The answer to a job as it comes at the peer that runs it, from its beginning, in pieces that may be cut within a
   * character. It ends where the other end ended it; whatever else ends it throws a NetworkError.
   */
  readTokens(from: PeerId, job: JobId, signal: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Tells the swarm's hash table, at its own pace, that this peer holds a body that any member may have; never throws.
   * Without a table, or with too many waiting, it isn't told.
   */
  provide(body: Digest): void
  /** Members that the hash table names as holders of a body; they may be wrong, and may refuse. Never rejects. */
  findProviders(body: Digest, signal: AbortSignal): Promise<readonly PeerId[]>
  counters(): NetworkCounters
  /**
   * Dial addresses of members, each ending in `/p2p/<id>`, from an invitation or from the user: the owner
   * vouches for them. Addresses of others, malformed ones and our own are skipped.
   */
  learn(addresses: readonly string[]): void
  /** Addresses a member claims in a signed statement, which replace what it claimed before. */
  claimed(peer: PeerId, addresses: readonly string[]): void
  /**
   * The roster's answer about this peer has changed: one that may no longer be connected is out at once, one
   * that is a member now is connected to.
   */
  membershipChanged(peer: PeerId): void
  /** Listens and begins to dial the bootstrap peers; rejects when an address can't be listened on. */
  start(): Promise<void>
  /** Closes every connection and resolves once no handler of this network is running any more. */
  stop(): Promise<void>
}

/**
 * `blob_missing`: the peer doesn't hold the body or won't give it. `blob_mismatch`: it sent other bytes.
 * `blob_timeout`: the caller's signal or the deadline ended the transfer. `blob_too_large`: above the limit,
 * not even asked for. `tokens_missing`: the peer runs no such job, or shows it to others. `unreachable`: no connection, or it broke. `join_refused`: the peer ended the exchange
 * without an answer. `swarm_unknown`: the peer answers, and belongs to no such swarm. `listen_failed`: a port is taken, or an address is none of this machine's.
 */
export type NetworkErrorCode =
  | 'blob_missing'
  | 'blob_mismatch'
  | 'blob_timeout'
  | 'blob_too_large'
  | 'tokens_missing'
  | 'unreachable'
  | 'join_refused'
  | 'swarm_unknown'
  | 'listen_failed'

export class NetworkError extends Error {
  readonly code: NetworkErrorCode

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NetworkError'
    this.code = code
  }
}
