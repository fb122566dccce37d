import type { Libp2p } from '@libp2p/interface'
import type { MulticastDNSComponents } from '@libp2p/mdns'
import { isLoopback } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESS_CHARACTERS_MAX, OWN_ADDRESSES_EVERY_MS, OWN_ADDRESSES_MAX } from './limits.ts'

type AddressManager = MulticastDNSComponents['addressManager']

/** Visible ASCII, of which a character is a byte. */
const CARRIED = new RegExp(`^[!-~]{1,${ADDRESS_CHARACTERS_MAX}}$`)

/**
 * What others are told: loopback only of a peer that has nothing else, and no more and no longer ones than a
 * heartbeat carries. A relay chooses the addresses under which it relays, so they are as foreign as any.
 */
export function toAnnounce(addresses: Multiaddr[]): Multiaddr[] {
  const short = addresses.filter((address) => CARRIED.test(String(address)))
  const elsewhere = short.filter((address) => !isLoopback(address))
  return (elsewhere.length > 0 ? elsewhere : short).slice(0, OWN_ADDRESSES_MAX)
}

interface OwnAddressesOptions {
  readonly node: Libp2p
  readonly manager: AddressManager
  readonly changed: () => void
}

/** Watches where this peer can be dialled, and tells libp2p, which looks at it only when it starts listening. */
export class OwnAddresses {
  readonly #options: OwnAddressesOptions
  #timer: NodeJS.Timeout | undefined
  #last = ''

  constructor(options: OwnAddressesOptions) {
    this.#options = options
  }

  /** Once the node listens. */
  start(): void {
    this.#confirm()
    this.#last = this.#now()
    this.#timer = setInterval(() => this.#look(), OWN_ADDRESSES_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#confirm()
    const now = this.#now()
    if (now === this.#last) return
    this.#last = now
    const { node, changed } = this.#options
    const multiaddrs = node
      .getMultiaddrs()
      .map((address) => address.decapsulate(`/p2p/${node.peerId.toString()}`))
    // The peer's own record: identify pushes it to everybody connected. It fails only while the node stops.
    node.peerStore.patch(node.peerId, { multiaddrs }).catch(() => undefined)
    changed()
  }

  /**
   * libp2p keeps a public address back until somebody has proved that it can be dialled. We have no such
   * service, and a member that dials in vain loses nothing.
   */
  #confirm(): void {
    const { manager } = this.#options
    for (const { multiaddr, type, verified } of manager.getAddressesWithMetadata()) {
      if (type === 'transport' && !verified) manager.confirmObservedAddr(multiaddr, { type, ttl: Infinity })
    }
  }

  #now(): string {
    return this.#options.node.getMultiaddrs().map(String).toSorted().join(' ')
  }
}
