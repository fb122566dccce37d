import { setTimeout as pause } from 'node:timers/promises'
import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../protocol/ids.ts'
import { type Gate, namePeer } from './gate.ts'
import { AGENT_CHARACTERS, IDENTIFY_MS, IDENTIFY_MS_MAX } from './limits.ts'

interface PresenceOptions {
  readonly node: Libp2p
  /** Asks the other end who it is and tells libp2p; rejects when it doesn't answer. */
  readonly identify: (connection: Connection) => Promise<unknown>
  readonly gate: Gate
  readonly arrived: (peer: PeerId) => void
  readonly left: (peer: PeerId) => void
  readonly opened: (peer: PeerId, connection: Connection) => void
  readonly identified: (peer: PeerId, addresses: readonly string[]) => void
  /** A connected member took this peer for none of its own: it may not have heard of it yet, or it has been revoked. */
  readonly refused: () => void
  /** A member said where it sees this connection come from. */
  readonly observed: (connection: Connection, address: Multiaddr) => void
}

/**
 * Which members are here. libp2p tells of every connection, a stranger's too; this tells of members only, and
 * when a connected peer becomes one or ceases to be one.
 */
export class Presence {
  readonly #options: PresenceOptions
  /** Each with what it says it runs, once it has said so. */
  readonly #present = new Map<PeerId, string | undefined>()
  /** Members that refused this peer when they were reached last. */
  readonly #refusing = new Set<PeerId>()
  readonly #stopping = new AbortController()

  constructor(options: PresenceOptions) {
    this.#options = options
    const { node } = options
    // Once libp2p has noted it too, or whoever sends at once would dial a second one.
    node.addEventListener('connection:open', ({ detail }) => queueMicrotask(() => this.#onOpen(detail)))
    node.addEventListener('peer:disconnect', ({ detail }) => this.#onDisconnect(namePeer(detail)))
    node.addEventListener('peer:identify', ({ detail }) => this.#onIdentify(detail))
  }

  agent(peer: PeerId): string | undefined {
    return this.#present.get(peer)
  }

  /** Members that refuse this peer, where all do that it reaches; none while any takes it. */
  refusedBy(): readonly PeerId[] {
    const isTaken = [...this.#present.values()].some((agent) => agent !== undefined)
    const { gate } = this.#options
    return isTaken ? [] : [...this.#refusing].filter((peer) => gate.isMember(peerIdFromString(peer)))
  }

  /** Members' connections. */
  connections(): readonly Connection[] {
    const { node, gate } = this.#options
    return node.getConnections().filter(({ remotePeer }) => gate.isMember(remotePeer))
  }

  /** Acts on what the roster says of this peer now. */
  recheck(peer: PeerId): void {
    const { node, gate } = this.#options
    const remote = peerIdFromString(peer)
    const connections = node.getConnections(remote)
    const standing = gate.standing(remote)
    if (standing === 'member') {
      if (!this.#present.has(peer)) for (const each of connections) this.#onOpen(each)
      return
    }
    const wasMember = this.#leave(peer)
    // A guest may stay, but not with what it had opened as a member.
    const isOut = standing === 'stranger' || wasMember
    if (isOut) for (const each of connections) each.abort(new Error('The membership ended.'))
  }

  stop(): void {
    this.#stopping.abort()
  }

  #onOpen(connection: Connection): void {
    const { gate, arrived, opened, node } = this.#options
    const peer = namePeer(connection.remotePeer)
    if (peer === undefined || connection.status !== 'open') return
    if (!gate.isMember(connection.remotePeer)) {
      connection.addEventListener('close', () => {
        // libp2p notes whoever opened a stream; of strangers there are any number.
        if (!gate.isMember(connection.remotePeer)) void node.peerStore.delete(connection.remotePeer)
      })
      return
    }
    if (!this.#present.has(peer)) {
      this.#present.set(peer, undefined)
      arrived(peer)
    }
    opened(peer, connection)
    void this.#identify(connection)
  }

  #onDisconnect(peer: PeerId | undefined): void {
    if (peer !== undefined) this.#leave(peer)
  }

  #leave(peer: PeerId): boolean {
    const wasPresent = this.#present.delete(peer)
    if (wasPresent) this.#options.left(peer)
    return wasPresent
  }

  /** The other end may learn only later that we are a member, and answers only then. */
  async #identify(connection: Connection): Promise<void> {
    const { gate, identify } = this.#options
    for (
      let waitMs = IDENTIFY_MS;
      connection.status === 'open';
      waitMs = Math.min(2 * waitMs, IDENTIFY_MS_MAX)
    ) {
      if (this.#stopping.signal.aborted || !gate.isMember(connection.remotePeer)) return
      try {
        await identify(connection)
        return
      } catch {
        this.#onRefused(connection)
        // It rejects only when the network stops.
        await pause(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      }
    }
  }

  /** An end of the connection is none of the peer's doing. */
  #onRefused({ status, remotePeer }: Connection): void {
    const peer = namePeer(remotePeer)
    if (peer === undefined || status !== 'open' || this.#stopping.signal.aborted) return
    this.#refusing.add(peer)
    this.#options.refused()
  }

  #onIdentify({ peerId, agentVersion, listenAddrs, observedAddr, connection }: IdentifyResult): void {
    const peer = namePeer(peerId)
    if (peer === undefined || !this.#present.has(peer)) return
    this.#refusing.delete(peer)
    if (agentVersion !== undefined) this.#present.set(peer, agentVersion.slice(0, AGENT_CHARACTERS))
    if (observedAddr !== undefined) this.#options.observed(connection, observedAddr)
    this.#options.identified(peer, listenAddrs.map(String))
  }
}
