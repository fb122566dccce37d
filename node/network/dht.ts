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
import type { PeerId, SwarmId } from '../../protocol/ids.ts'
import { DHT_BUCKET, DHT_PARALLEL } from './limits.ts'
import { protocolName } from './protocol-name.ts'

interface DhtOptions {
  readonly swarm: SwarmId
  /** Undefined keeps the peer out of the routing table and out of every answer. */
  readonly member: (info: PeerInfo) => PeerInfo | undefined
  /** Somebody told of such addresses. */
  readonly found: (info: PeerInfo) => void
}

/**
 * The swarm's own hash table, for finding a member's address and nothing else: values and provider records are
 * refused, so no member can fill another's memory. Only members are in it. libp2p doesn't get to see it as peer
 * routing or discovery: a dial never waits for it, and what it says passes our policy before libp2p keeps it.
 */
export class Dht implements Startable {
  readonly [serviceDependencies] = ['@libp2p/identify', '@libp2p/ping']
  readonly #dht: KadDHT
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
    })(components)
    refuseProviders(this.#dht)
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
}

async function refuseValue(): Promise<void> {
  throw new Error('This table holds no values.')
}

function isDiscovery(dht: object): dht is PeerDiscoveryProvider {
  return peerDiscoverySymbol in dht
}

/** The table's store of providers is missing from its type. */
function refuseProviders(dht: KadDHT): void {
  const providers: unknown = Reflect.get(dht, 'providers')
  const add = 'addProvider'
  if (
    typeof providers !== 'object' ||
    providers === null ||
    typeof Reflect.get(providers, add) !== 'function'
  )
    throw new Error('This hash table has no provider records that could be refused.')
  Reflect.set(providers, add, () => Promise.reject(new Error('This table holds no provider records.')))
}
