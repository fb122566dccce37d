import type { Connection, PeerId as RemoteId } from '@libp2p/interface'
import { GOSSIP_DEAF_BEATS } from './limits.ts'

/** What gossipsub has and its public type leaves out. */
export interface StreamControls {
  /** Opens the stream to a connected peer unless there is one. */
  onPeerConnected(peer: RemoteId, connection: Connection): void
  readonly streamsOutbound: Map<string, unknown>
}

interface RepairOptions {
  readonly service: StreamControls
  /** Members' connections. */
  readonly connections: () => readonly Connection[]
  readonly isSubscribed: (peer: string) => boolean
}

/**
 * Keeps gossip flowing both ways while a connection lives. Gossipsub opens a stream only when a peer connects;
 * one whose connection closes while it is being opened it keeps for good; and when the peer's own stream breaks it
 * forgets the peer and what it has subscribed to, though another connection may live: the peer notices nothing
 * and says nothing again.
 */
export class GossipRepair {
  readonly #options: RepairOptions
  /** Heartbeats for which a connected peer had no subscription; bounded by the connections. */
  #deaf = new Map<string, number>()

  constructor(options: RepairOptions) {
    this.#options = options
  }

  /** At each of gossipsub's heartbeats, one a second. */
  beat(): void {
    const { service } = this.#options
    const open = this.#options.connections().filter(({ status }) => status === 'open')
    for (const connection of open) {
      const { remotePeer } = connection
      const stream = service.streamsOutbound.get(remotePeer.toString())
      if (isDead(stream)) service.streamsOutbound.delete(remotePeer.toString())
      if (isDead(stream)) service.onPeerConnected(remotePeer, connection)
    }
    this.#askAgain(open)
  }

  /** Breaks the stream of a peer that has said nothing: it opens another one, and subscribes on it first. */
  #askAgain(open: readonly Connection[]): void {
    const { isSubscribed } = this.#options
    const peers = new Set(open.map(({ remotePeer }) => remotePeer.toString()))
    const deaf = [...peers].filter((peer) => !isSubscribed(peer))
    this.#deaf = new Map(deaf.map((peer) => [peer, (this.#deaf.get(peer) ?? 0) + 1]))
    for (const connection of open) {
      const beats = this.#deaf.get(connection.remotePeer.toString()) ?? 0
      if (beats === 0 || beats % GOSSIP_DEAF_BEATS !== 0) continue
      for (const stream of connection.streams) {
        const isGossip = stream.direction === 'inbound' && stream.protocol.startsWith('/meshsub/')
        if (isGossip) stream.abort(new Error('It carried no subscription.'))
      }
    }
  }
}

function isDead(stream: unknown): boolean {
  if (typeof stream !== 'object' || stream === null) return true
  const raw: unknown = Reflect.get(stream, 'rawStream')
  return typeof raw === 'object' && raw !== null && Reflect.get(raw, 'status') !== 'open'
}
