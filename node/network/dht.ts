import {
  type Logger,
  type PeerDiscoveryProvider,
  type PeerInfo,
  peerDiscoverySymbol,
  serviceDependencies,
  start,
  type Startable,
  stop,
} from '@libp2p/interface'
import { type KadDHT, type KadDHTComponents, kadDHT } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Digest, PeerId, SwarmId } from '../../protocol/ids.ts'
import { namePeer } from './gate.ts'
import { DHT_BUCKET, DHT_PARALLEL } from './limits.ts'
import { protocolName } from './protocol-name.ts'
import { cidOf, Providers, replaceProviders, withoutAddresses } from './providers.ts'

interface DhtOptions {
  readonly swarm: SwarmId
  /** Undefined keeps the peer out of the routing table and out of every answer. */
  readonly member: (info: PeerInfo) => PeerInfo | undefined
  /** Somebody told of such addresses. */
  readonly found: (info: PeerInfo) => void
}

/**
 * The swarm's own hash table, for finding a member's address, and who says that it holds a body: values are refused and
 * provider records are few and short-lived, so no member can fill another's memory. Only members are in it. libp2p doesn't get to see it as peer
 * routing or discovery: a dial never waits for it, and what it says passes our policy before libp2p keeps it.
 */
export class Dht implements Startable {
  readonly [serviceDependencies] = ['@libp2p/identify', '@libp2p/ping']
  readonly providers: Providers
  readonly #dht: KadDHT
  readonly #member: DhtOptions['member']
  readonly #log: Logger

  constructor(components: KadDHTComponents, { swarm, member, found }: DhtOptions) {
    this.#log = components.logger.forComponent('hyperlooms:dht')
    this.#dht = kadDHT({
      protocol: protocolName(swarm, 'kad'),
      kBucketSize: DHT_BUCKET,
      alpha: DHT_PARALLEL,
      clientMode: true,
      allowQueryWithZeroPeers: true,
      validators: { pk: refuseValue },
      selectors: {},
      peerInfoMapper: (info) => member(info) ?? { ...info, multiaddrs: [] },
    })(withoutAddresses(components))
    this.#member = member
    this.providers = new Providers((peer) => this.#isMember(peer))
    replaceProviders(this.#dht, this.providers)
    if (!isDiscovery(this.#dht)) throw new Error('This hash table does not tell what it hears of.')
    this.#dht[peerDiscoverySymbol].addEventListener('peer', ({ detail }) => found(detail))
  }

  async start(): Promise<void> {
    await start(this.#dht)
  }

  async stop(): Promise<void> {
    await stop(this.#dht)
  }

  /** Somebody could connect to this peer, so it can answer others' questions from now on. */
  async serve(): Promise<void> {
    await this.#dht.setMode('server')
  }

  /** Members in the routing table, for tests and status. */
  get size(): number {
    const table: unknown = Reflect.get(this.#dht, 'routingTable')
    const size: unknown = typeof table === 'object' && table !== null ? Reflect.get(table, 'size') : 0
    return typeof size === 'number' ? size : 0
  }

  /** Asks those who should know the peer; what they say goes to `found`. Never rejects. */
  async lookUp(peer: PeerId, signal: AbortSignal): Promise<void> {
    const key = peerIdFromString(peer).toMultihash().bytes
    try {
      for await (const event of this.#dht.getClosestPeers(key, { signal })) {
        if (event.name === 'PEER_RESPONSE' && event.closer.some(({ id }) => id.toString() === peer)) return
      }
    } catch (error) {
      this.#log.trace('a lookup ended early - %e', error)
    }
  }

  /** Tells the members closest to a body's name that this peer holds it. Never rejects. */
  async provide(body: Digest, signal: AbortSignal): Promise<void> {
    try {
      for await (const _ of this.#dht.provide(cidOf(body), { signal })) if (signal.aborted) return
    } catch (error) {
      this.#log.trace('a body was not told of - %e', error)
    }
  }

  /** Members that say they hold a body, as soon as anybody names some. Never rejects. */
  async findProviders(body: Digest, signal: AbortSignal): Promise<readonly PeerId[]> {
    try {
      for await (const event of this.#dht.findProviders(cidOf(body), { signal })) {
        if (event.name !== 'PROVIDER') continue
        const named = event.providers.flatMap(({ id }) => namePeer(id) ?? [])
        const members = named.filter((peer) => this.#isMember(peer))
        if (members.length > 0) return members
      }
    } catch (error) {
      this.#log.trace('a search ended early - %e', error)
    }
    return []
  }

  #isMember(peer: PeerId): boolean {
    return this.#member({ id: peerIdFromString(peer), multiaddrs: [] }) !== undefined
  }
}

async function refuseValue(): Promise<void> {
  throw new Error('This table holds no values.')
}

function isDiscovery(dht: object): dht is PeerDiscoveryProvider {
  return peerDiscoverySymbol in dht
}
