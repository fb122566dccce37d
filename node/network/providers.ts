import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId as LibPeerId } from '@libp2p/interface'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { type Digest, digestFromBytes, digestToBytes, type PeerId } from '../../protocol/ids.ts'
import { namePeer } from './gate.ts'
import { PROVIDER_MS, PROVIDERS_MAX, PROVIDERS_PER_MEMBER_MAX } from './limits.ts'

const RAW = 0x55
const SHA_256 = 0x12
const SHA_256_BYTES = 32

/** The name of a body in the hash table. */
export function cidOf(body: Digest): CID {
  return CID.createV1(RAW, create(SHA_256, digestToBytes(body)))
}

interface ProviderRecord {
  readonly body: Digest
  readonly untilMs: number
}

/**
 * Who says that it holds which body. It is in memory only and bounded: a member that names more than its share pushes
 * out what it named first, never another's; with so many members that all of them exceed the whole, the oldest goes.
 * A record is a hint for an hour: whether the body is there, and whether it is given, the holder decides.
 */
export class Providers {
  readonly #isMember: (peer: PeerId) => boolean
  readonly #now: () => number
  /** Bodies of each member, oldest first. */
  readonly #records = new Map<PeerId, Map<Digest, ProviderRecord>>()
  readonly #holders = new Map<Digest, Set<PeerId>>()
  #size = 0

  /** `now` in milliseconds of a clock that never falls. */
  constructor(isMember: (peer: PeerId) => boolean, now: () => number = () => performance.now()) {
    this.#isMember = isMember
    this.#now = now
  }

  get size(): number {
    return this.#size
  }

  add(peer: PeerId, body: Digest): void {
    if (!this.#isMember(peer)) return
    this.#remove(peer, body)
    const own = this.#records.get(peer) ?? new Map<Digest, ProviderRecord>()
    const [first] = own.keys()
    if (own.size >= PROVIDERS_PER_MEMBER_MAX && first !== undefined) this.#remove(peer, first)
    else if (this.#size >= PROVIDERS_MAX) this.#removeOldest()
    own.set(body, { body, untilMs: this.#now() + PROVIDER_MS })
    // Set anew: members are in the order of their newest record.
    this.#records.delete(peer)
    this.#records.set(peer, own)
    this.#holders.set(body, (this.#holders.get(body) ?? new Set()).add(peer))
    this.#size += 1
  }

  /** Members that named it within the hour. */
  of(body: Digest): readonly PeerId[] {
    const holders = [...(this.#holders.get(body) ?? [])]
    return holders.filter((peer) => {
      const untilMs = this.#records.get(peer)?.get(body)?.untilMs ?? 0
      const isLive = untilMs > this.#now() && this.#isMember(peer)
      if (!isLive) this.#remove(peer, body)
      return isLive
    })
  }

  #remove(peer: PeerId, body: Digest): void {
    const own = this.#records.get(peer)
    if (own?.delete(body) !== true) return
    if (own.size === 0) this.#records.delete(peer)
    const holders = this.#holders.get(body)
    holders?.delete(peer)
    if (holders?.size === 0) this.#holders.delete(body)
    this.#size -= 1
  }

  /** Of the member that has named nothing for longest. */
  #removeOldest(): void {
    const [[peer, own] = []] = this.#records
    const [body] = own?.keys() ?? []
    if (peer !== undefined && body !== undefined) this.#remove(peer, body)
  }
}

/** The key of a record as it arrives: a multihash, which the library has read as a CID; undefined for another hash. */
function bodyOf({ multihash }: CID): Digest | undefined {
  const isDigest = multihash.code === SHA_256 && multihash.digest.length === SHA_256_BYTES
  return isDigest ? digestFromBytes(multihash.digest) : undefined
}

/**
 * Puts our records in the place of the table's own store of providers, which is missing from its type, and which
 * would keep any number of them for two days.
 */
export function replaceProviders(dht: KadDHT, providers: Providers): void {
  const replaced: unknown = Reflect.get(dht, 'providers')
  const own = {
    addProvider: (cid: CID, peer: LibPeerId) => {
      const [name, body] = [namePeer(peer), bodyOf(cid)]
      if (name !== undefined && body !== undefined) providers.add(name, body)
      return Promise.resolve()
    },
    removeProvider: () => Promise.resolve(),
    getProviders: (cid: CID) => {
      const body = bodyOf(cid)
      return Promise.resolve(
        body === undefined ? [] : providers.of(body).map((peer) => peerIdFromString(peer)),
      )
    },
  }
  for (const [name, method] of Object.entries(own)) {
    if (
      typeof replaced !== 'object' ||
      replaced === null ||
      typeof Reflect.get(replaced, name) !== 'function'
    )
      throw new Error('This hash table has no provider records that could be replaced.')
    Reflect.set(replaced, name, method)
  }
}

type PeerStore = KadDHTComponents['peerStore']

/**
 * The node's components as the table sees them. Whoever sends a provider record names addresses with it, which the table
 * would have libp2p keep for dialling past our policy: what it says of addresses reaches us by `found` alone.
 */
export function withoutAddresses(components: KadDHTComponents): KadDHTComponents {
  const merge = (...[peer, data, options]: Parameters<PeerStore['merge']>) => {
    const { multiaddrs: _listed, addresses: _proved, ...rest } = data
    return components.peerStore.merge(peer, rest, options)
  }
  const peerStore = replacing(components.peerStore, { merge })
  return replacing(components, { peerStore })
}

/** The same object but for these parts; methods stay its own. */
function replacing<T extends object>(object: T, parts: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(parts, name)) return Reflect.get(parts, name)
      const found: unknown = Reflect.get(target, name, target)
      if (typeof found !== 'function') return found
      const bound: unknown = found.bind(target)
      return bound
    },
  })
}
