import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../protocol/ids.ts'
import { AddressBook, type AddressSource } from './address-book.ts'
import { readPages, writePages } from './address-file.ts'
import type { Meter } from './counters.ts'
import { DialPolicy } from './dial-policy.ts'
import { namePeer } from './gate.ts'
import { ADDRESS_CHARACTERS_MAX, ADDRESSES_PER_PEER_MAX, BOOK_SAVE_MS } from './limits.ts'
import { hostOf, parseAddress, peerOf, withPeer } from './multiaddr-parts.ts'
import type { NetworkOptions } from './network.ts'
import { reachOf } from './local-networks.ts'

/** The address book, the policy of what may stand in it, and its copies: on disk and in libp2p. */
export class KnownAddresses {
  readonly book: AddressBook
  readonly policy: DialPolicy
  readonly bootstrap: ReadonlySet<PeerId>
  readonly #self: PeerId
  readonly #options: NetworkOptions
  readonly #meter: Meter
  #node: Libp2p | undefined
  #saving: NodeJS.Timeout | undefined
  #saved: Promise<void> = Promise.resolve()

  /** Throws when a bootstrap address is malformed or doesn't end in the id of an Ed25519 key. */
  constructor(self: PeerId, options: NetworkOptions, meter: Meter) {
    this.#self = self
    this.#options = options
    this.#meter = meter
    const configured = options.bootstrap.map(parseBootstrap).filter(({ peer }) => peer !== self)
    this.bootstrap = new Set(configured.map(({ peer }) => peer))
    const permanent = new Set(configured.map(({ text }) => text))
    this.book = new AddressBook(permanent, (peer) => this.#onChange(peer))
    this.policy = new DialPolicy({
      isTrusted: (address) => this.#isTrusted(address),
      isLoopbackOnly: isLoopbackOnly(options.listen),
      now: () => performance.now(),
    })
    for (const { peer, text } of configured) this.book.add(peer, text, 'owner')
  }

  /** Reads the pages of the last time. */
  async open(node: Libp2p): Promise<void> {
    this.#node = node
    const text = await this.#options.discovery.file?.load()
    for (const { peer, addresses } of text === undefined ? [] : readPages(text))
      if (peer !== this.#self) this.book.restore(peer, addresses)
    for (const peer of this.book.peers()) this.#copyToNode(peer)
  }

  async close(): Promise<void> {
    if (this.#saving !== undefined) this.#save()
    await this.#saved
  }

  /** Takes up what may be true and dialled; returns the members of whom something new was learnt. */
  learn(texts: readonly string[], source: AddressSource): readonly PeerId[] {
    const learnt = texts.flatMap((text) => {
      const address = text.length <= ADDRESS_CHARACTERS_MAX ? parseAddress(text) : undefined
      const peer = address === undefined ? undefined : peerOf(address)
      const isUsable = address !== undefined && peer !== undefined && this.#isWelcome(peer, address, source)
      if (!isUsable) this.#meter.count('addressesRefused')
      return isUsable && this.book.add(peer, String(address), source) ? [peer] : []
    })
    this.#meter.count('addressesLearnt', learnt.length)
    return [...new Set(learnt)]
  }

  /** The member's own word, with or without its id at the end of each; returns whether anything in it was new. */
  claimed(peer: PeerId, addresses: readonly Multiaddr[]): boolean {
    const named = addresses.slice(0, ADDRESSES_PER_PEER_MAX).map((address) => withPeer(address, peer))
    const usable = named.filter((address) => this.#isWelcome(peer, address, 'self')).map(String)
    if (usable.length === 0) return false
    const known = new Set(this.book.addresses(peer).map(({ text }) => text))
    this.book.replace(peer, usable)
    return usable.some((text) => !known.has(text))
  }

  /** Noise showed the peer there. */
  proved(peer: PeerId, address: Multiaddr): void {
    this.book.proved(peer, String(withPeer(address, peer)), Date.now())
  }

  /** What the hash table may know of a peer: nothing unless it is a member. */
  memberInfo(info: PeerInfo): PeerInfo | undefined {
    const peer = namePeer(info.id)
    if (peer === undefined || !this.#options.admission.isMember(peer)) return undefined
    const multiaddrs = info.multiaddrs.filter((address) => this.policy.mayLearn(withPeer(address, peer)))
    return { ...info, multiaddrs }
  }

  #isWelcome(peer: PeerId, address: Multiaddr, source: AddressSource): boolean {
    const isAbout = peer !== this.#self && peerOf(address) === peer && this.#options.admission.isMember(peer)
    return isAbout && (source === 'owner' || this.policy.mayLearn(address))
  }

  #isTrusted(address: Multiaddr): boolean {
    const peer = peerOf(address)
    if (peer === undefined) return false
    const found = this.book.addresses(peer).find(({ text }) => text === String(address))
    return found !== undefined && (found.source === 'owner' || found.provedMs > 0)
  }

  #onChange(peer: PeerId): void {
    // Before the pages of the last time were read, saving would lose them.
    if (this.#node === undefined) return
    this.#copyToNode(peer)
    this.#saving ??= setTimeout(() => this.#save(), BOOK_SAVE_MS)
  }

  /** libp2p dials what it has noted itself whenever something is sent to a peer that isn't connected. */
  #copyToNode(peer: PeerId): void {
    const multiaddrs = this.book.addresses(peer).map(({ text }) => multiaddr(text))
    // It fails only while the node stops.
    this.#node?.peerStore.patch(peerIdFromString(peer), { multiaddrs }).catch(() => undefined)
  }

  #save(): void {
    clearTimeout(this.#saving)
    this.#saving = undefined
    const text = writePages(this.book.pages())
    const { file } = this.#options.discovery
    // What can't be saved is found again; the disk's own trouble is noticed where it matters.
    this.#saved = this.#saved.then(() => file?.save(text)).catch(() => this.#meter.count('bookSavesFailed'))
  }
}

function parseBootstrap(text: string): { readonly peer: PeerId; readonly text: string } {
  const address = parseAddress(text)
  const peer = address === undefined ? undefined : peerOf(address)
  if (peer === undefined) throw new Error(`A bootstrap address needs /p2p/<id>: ${text}`)
  return { peer, text: String(address) }
}

function isLoopbackOnly(listen: readonly string[]): boolean {
  return listen.every((text) => {
    const address = parseAddress(text)
    return address !== undefined && reachOf(hostOf(address)) === 'loopback'
  })
}
