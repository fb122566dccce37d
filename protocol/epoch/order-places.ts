import type { Digest, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Roster } from '../swarm/roster.ts'
import { giversOf } from './order.ts'
import type { SignedAccept, SignedOrder } from './value.ts'

/** An order that still lacks an accept, or a member that this peer hasn't heard of. */
export interface Pending {
  readonly order: SignedOrder
  readonly accepts: Map<PeerId, SignedAccept>
  /** This peer has been asked to accept and is catching up with these witnesses first. */
  readonly levelling: Set<PeerId>
}

/**
 * Where orders wait for their accepts. Each was signed by m operators or a quorum of witnesses, so nobody with less has
 * a place at all. A new order always gets one: beyond `LIMITS.orders` the oldest goes of those who hold the most places,
 * so whoever gives many pushes out its own. What this peer's owner brought stays, whatever others send or replay, and
 * is said again until it is decided; beyond `LIMITS.ownOrders` the oldest of them counts as anybody's.
 *
 * An order with all its accepts needs no place, since a witness stops for it at once. So one is carried out for as long
 * as a peer holds it that was brought it, however full others' places are.
 */
export class OrderPlaces {
  readonly #roster: Roster
  /** By age. */
  readonly #pending = new Map<Digest, Pending>()
  /** Those that this peer's owner brought, by age. */
  readonly #own = new Set<Digest>()

  constructor(roster: Roster) {
    this.#roster = roster
  }

  get size(): number {
    return this.#pending.size
  }

  get(order: Digest): Pending | undefined {
    return this.#pending.get(order)
  }

  all(): IterableIterator<Pending> {
    return this.#pending.values()
  }

  add(digest: Digest, order: SignedOrder): Pending {
    const pending = { order, accepts: new Map(), levelling: new Set<PeerId>() }
    this.#pending.set(digest, pending)
    return pending
  }

  /** The owner brings it; the order that no longer counts as the owner's for it, if any. */
  own(digest: Digest): Digest | undefined {
    this.#own.delete(digest)
    this.#own.add(digest)
    const [oldest] = this.#own
    if (this.#own.size <= LIMITS.ownOrders || oldest === undefined) return undefined
    this.#own.delete(oldest)
    return oldest
  }

  /** Makes room until as many wait as may. */
  trim(): void {
    for (let name = this.#victim(); name !== undefined; name = this.#victim()) this.#pending.delete(name)
  }

  clear(): void {
    this.#pending.clear()
    this.#own.clear()
  }

  #victim(): Digest | undefined {
    const others = [...this.#pending].filter(([digest]) => !this.#own.has(digest))
    if (others.length <= LIMITS.orders) return undefined
    const held = new Map<string, Digest[]>()
    for (const [digest, { order }] of others) {
      const givers = giversOf(order, this.#roster.epoch)
      held.set(givers, [...(held.get(givers) ?? []), digest])
    }
    const most = Math.max(...[...held.values()].map(({ length }) => length))
    return others.find(([, { order }]) => held.get(giversOf(order, this.#roster.epoch))?.length === most)?.[0]
  }
}
