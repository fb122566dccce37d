import type { PeerId } from '../../protocol/ids.ts'
import { ADDRESS_FAILURES_MAX, ADDRESSES_PER_PEER_MAX, BOOK_PEERS_MAX } from './limits.ts'

/**
 * Who says so. `owner`: an invitation, the bootstrap list. `self`: the peer, in a signed heartbeat or by
 * identify. `rumour`: another member, the hash table, the local network.
 */
export type AddressSource = 'owner' | 'self' | 'rumour'

export interface KnownAddress {
  /** A multiaddr ending in `/p2p/<id>`. */
  readonly text: string
  readonly source: AddressSource
  /** Wall time at which Noise last showed the peer there, in milliseconds; 0 for never. */
  readonly provedMs: number
  /** Dials that failed since. */
  readonly failures: number
}

export type BookPages = readonly { readonly peer: PeerId; readonly addresses: readonly KnownAddress[] }[]

const RANK: Record<AddressSource, number> = { owner: 2, self: 1, rumour: 0 }

/**
 * Where members were and are said to be. It believes nobody: what has worked comes first and leaves last. Of
 * too many peers the one goes that was not seen for longest.
 */
export class AddressBook {
  readonly #peers = new Map<PeerId, readonly KnownAddress[]>()
  /** The bootstrap list's, which are never forgotten. */
  readonly #permanent: ReadonlySet<string>
  readonly #changed: (peer: PeerId) => void

  constructor(permanent: ReadonlySet<string>, changed: (peer: PeerId) => void) {
    this.#permanent = permanent
    this.#changed = changed
  }

  /** The most promising address first. */
  addresses(peer: PeerId): readonly KnownAddress[] {
    return this.#peers.get(peer) ?? []
  }

  peers(): readonly PeerId[] {
    return [...this.#peers.keys()]
  }

  pages(): BookPages {
    return [...this.#peers].map(([peer, addresses]) => ({ peer, addresses }))
  }

  /** What an earlier process knew, unless this one knows it already. */
  restore(peer: PeerId, addresses: readonly KnownAddress[]): void {
    const known = this.addresses(peer)
    const missing = addresses.filter(({ text }) => known.every((each) => each.text !== text))
    if (missing.length > 0) this.#set(peer, [...known, ...missing])
  }

  /** Whether the address was new. */
  add(peer: PeerId, text: string, source: AddressSource): boolean {
    const known = this.addresses(peer)
    const found = known.find((each) => each.text === text)
    if (found !== undefined && RANK[found.source] >= RANK[source]) return false
    const others = known.filter((each) => each !== found)
    const added = { provedMs: 0, failures: 0, ...found, text, source }
    this.#set(peer, [...others, added])
    return found === undefined && this.addresses(peer).includes(added)
  }

  /** The peer's own word on where it is: what else was said of it goes, unless it works or the owner did and it may. */
  replace(peer: PeerId, texts: readonly string[]): void {
    const stays = ({ text, source, provedMs, failures }: KnownAddress): boolean =>
      texts.includes(text) ||
      this.#permanent.has(text) ||
      (failures === 0 && (source === 'owner' || provedMs > 0))
    const known = this.addresses(peer)
    const kept = known.filter(stays)
    if (kept.length < known.length) this.#set(peer, kept)
    for (const text of texts.slice(0, ADDRESSES_PER_PEER_MAX)) this.add(peer, text, 'self')
  }

  /** The peer was found there. */
  proved(peer: PeerId, text: string, nowMs: number): void {
    const known = this.addresses(peer)
    const found = known.find((each) => each.text === text)
    const proof = { text, source: found?.source ?? 'rumour', provedMs: nowMs, failures: 0 } as const
    this.#set(peer, [...known.filter((each) => each !== found), proof])
  }

  /** A dial of all these came to nothing. */
  failed(peer: PeerId): void {
    const counted = this.addresses(peer).map((each) => ({ ...each, failures: each.failures + 1 }))
    this.#set(
      peer,
      counted.filter(({ text, failures }) => this.#permanent.has(text) || failures < ADDRESS_FAILURES_MAX),
    )
  }

  forget(peer: PeerId): void {
    if (this.#peers.delete(peer)) this.#changed(peer)
  }

  #set(peer: PeerId, addresses: readonly KnownAddress[]): void {
    if (addresses.length === 0) this.#peers.delete(peer)
    else this.#peers.set(peer, addresses.toSorted(byPromise).slice(0, ADDRESSES_PER_PEER_MAX))
    if (this.#peers.size > BOOK_PEERS_MAX) this.#dropOldest()
    this.#changed(peer)
  }

  #dropOldest(): void {
    const seenMs = (peer: PeerId): number =>
      Math.max(
        ...this.addresses(peer).map(({ text, provedMs }) =>
          this.#permanent.has(text) ? Infinity : provedMs,
        ),
      )
    const [oldest] = this.peers().toSorted((a, b) => seenMs(a) - seenMs(b))
    if (oldest !== undefined) this.#peers.delete(oldest)
  }
}

/** What works, then what the better source says, then what worked once, then what failed less. */
function byPromise(a: KnownAddress, b: KnownAddress): number {
  const works = (each: KnownAddress): number => (each.provedMs > 0 && each.failures === 0 ? 1 : 0)
  return (
    works(b) - works(a) ||
    RANK[b.source] - RANK[a.source] ||
    b.provedMs - a.provedMs ||
    a.failures - b.failures
  )
}
