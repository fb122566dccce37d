import type { Connection, Libp2p, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../../protocol/ids.ts'
import type { AddressSource } from './address-book.ts'
import type { Meter } from './counters.ts'
import type { Dht } from './dht.ts'
import { Exchange } from './exchange.ts'
import { namePeer } from './gate.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { EXCHANGE_EVERY_MS, EXCHANGED_MAX, LOOKUP_EVERY_MS, LOOKUP_MS, LOOKUPS_MAX } from './limits.ts'
import { parseAddress, withPeer } from './multiaddr-parts.ts'
import type { NetworkOptions } from './network.ts'
import { probe } from './probe.ts'
import { Redial } from './redial.ts'

interface DiscoveryOptions {
  readonly node: Libp2p
  readonly self: PeerId
  readonly known: KnownAddresses
  readonly dht: Dht | undefined
  readonly network: NetworkOptions
  readonly meter: Meter
}

/**
 * Finds members and finds them again: hears where they are from everybody who may know, and has them dialled.
 * All of it is a hint, none of it is waited for.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #exchange: Exchange
  readonly #redial: Redial
  readonly #timers: NodeJS.Timeout[] = []
  #turn = 0

  constructor(options: DiscoveryOptions) {
    this.#options = options
    const { node, self, known, network, meter } = options
    const { bootstrap, book } = known
    const { isMember } = network.admission
    this.#exchange = new Exchange({ node, swarm: network.swarm, meter, known: (to) => this.#toTell(to) })
    this.#redial = new Redial({ node, self, book, bootstrap, isMember: (peer) => isMember(peer), meter })
  }

  async start(): Promise<void> {
    await this.#exchange.start()
  }

  /** Once the node runs. */
  dial(): void {
    this.#redial.start()
    this.#timers.push(
      setInterval(() => this.#askInTurn(), EXCHANGE_EVERY_MS),
      setInterval(() => this.#lookUp(), LOOKUP_EVERY_MS),
    )
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#redial.stop()
  }

  learn(texts: readonly string[], source: AddressSource): void {
    for (const peer of this.#options.known.learn(texts, source)) this.#redial.want(peer)
  }

  /** Found by the hash table or on the local network. */
  found({ id, multiaddrs }: PeerInfo): void {
    this.learn(
      multiaddrs.map((address) => String(withPeer(address, id))),
      'rumour',
    )
  }

  claimed(peer: PeerId, texts: readonly string[]): void {
    const addresses = texts.flatMap((text) => parseAddress(text) ?? [])
    if (this.#options.known.claimed(peer, addresses)) this.#redial.want(peer)
  }

  /** A member is connected, and says where it listens. */
  identified(peer: PeerId, addresses: readonly string[]): void {
    this.claimed(peer, addresses)
    void this.#ask(peer)
  }

  /** A connection of a member has opened; one that both have dialled shows nothing of who could dial alone. */
  opened(peer: PeerId, connection: Connection, isPunched: boolean): void {
    const { known, dht, node } = this.#options
    if (connection.direction === 'outbound') known.proved(peer, connection.remoteAddr)
    else if (connection.direct && !isPunched) void dht?.serve()
    const earlier = node.getConnections(connection.remotePeer).filter((each) => each !== connection)
    if (earlier.length > 0) void this.#settle(peer, earlier)
  }

  /** The peer isn't connected and may be wanted. */
  want(peer: PeerId): void {
    this.#redial.want(peer)
  }

  /** This peer has other addresses than before: whatever hung on the old ones is dead, though nobody has told. */
  moved(): void {
    const { node, known } = this.#options
    for (const connection of node.getConnections()) void probe(connection)
    for (const peer of known.book.peers()) this.#redial.want(peer)
  }

  /**
   * The peer may have moved, and what it had before is dead though nobody has told; or both have dialled at one
   * moment, and the second connection only costs. Of living ones the lower id keeps a direct one, the oldest.
   */
  async #settle(peer: PeerId, earlier: readonly Connection[]): Promise<void> {
    await Promise.all(earlier.map(probe))
    const { node, self } = this.#options
    if (peer < self) return
    const alive = node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open')
    const age = ({ direct, timeline }: Connection): number =>
      (direct ? 0 : Number.MAX_SAFE_INTEGER / 2) + timeline.open
    const [, ...spare] = alive.toSorted((a, b) => age(a) - age(b))
    for (const each of spare) each.close().catch((error: Error) => each.abort(error))
  }

  async #ask(peer: PeerId): Promise<void> {
    this.learn(await this.#exchange.ask(peer), 'rumour')
  }

  #askInTurn(): void {
    const connected = this.#connected()
    const peer = connected[this.#turn++ % Math.max(connected.length, 1)]
    if (peer !== undefined) void this.#ask(peer)
  }

  /** Members that nobody has found yet, or that aren't where they were. */
  #lookUp(): void {
    const { dht, self, network, meter } = this.#options
    if (dht === undefined) return
    const connected = new Set(this.#connected())
    const missing = [...network.admission.members()].filter((peer) => peer !== self && !connected.has(peer))
    for (const peer of shuffled(missing).slice(0, LOOKUPS_MAX)) {
      meter.count('lookups')
      void dht.lookUp(peer, AbortSignal.timeout(LOOKUP_MS))
    }
  }

  /**
   * Addresses that work for us or come from the peer itself, of whoever is connected first. What only our owner
   * has named may be a name that is nobody else's business.
   */
  #toTell(to: PeerId): readonly string[] {
    const { known, self, node } = this.#options
    const connected = this.#connected()
    const { isMember } = this.#options.network.admission
    const others = new Set([...connected, ...known.book.peers().filter((peer) => isMember(peer))])
    others.delete(to)
    others.delete(self)
    const own = node.getMultiaddrs().map(String)
    const told = [...others].flatMap((peer) =>
      known.book.addresses(peer).filter(({ source, provedMs }) => source === 'self' || provedMs > 0),
    )
    return [...own, ...told.map(({ text }) => text)].slice(0, EXCHANGED_MAX)
  }

  #connected(): readonly PeerId[] {
    const { node, network } = this.#options
    const peers = node.getPeers().flatMap((remote) => namePeer(remote) ?? [])
    return peers.filter((peer) => network.admission.isMember(peer))
  }
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
