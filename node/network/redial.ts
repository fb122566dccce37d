import { setTimeout as pause } from 'node:timers/promises'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../protocol/ids.ts'
import type { AddressBook } from './address-book.ts'
import type { Meter } from './counters.ts'
import {
  ADDRESS_DIAL_MS,
  CONNECTED_TARGET,
  REDIAL_HEAD_START_MS,
  REDIAL_KNOWN_MS_MAX,
  REDIAL_MS,
  REDIAL_MS_MAX,
} from './limits.ts'

interface RedialOptions {
  readonly node: Libp2p
  readonly self: PeerId
  readonly book: AddressBook
  /** Peers that are dialled whatever else is connected. */
  readonly bootstrap: ReadonlySet<PeerId>
  readonly isMember: (peer: PeerId) => boolean
  readonly meter: Meter
}

/** A peer that is being dialled: `woken` ends the pause before the next try. */
interface Attempt {
  woken: AbortController
  /** New addresses came while the old ones were being tried. */
  isFresh: boolean
  done: Promise<void>
}

/** Keeps members connected: dials each whose addresses are known until it is there, and again when it has gone. */
export class Redial {
  readonly #options: RedialOptions
  /** Bounded by the members. */
  readonly #attempts = new Map<PeerId, Attempt>()
  #isStopping = false

  constructor(options: RedialOptions) {
    this.#options = options
  }

  start(): void {
    for (const peer of this.#options.book.peers()) this.want(peer)
  }

  /** Dials the peer unless it is connected; at once if it has not been tried with its present addresses. */
  want(peer: PeerId): void {
    if (this.#isStopping || !this.#isWanted(peer)) return
    const running = this.#attempts.get(peer)
    if (running !== undefined) {
      running.isFresh = true
      return running.woken.abort()
    }
    const attempt: Attempt = { woken: new AbortController(), isFresh: false, done: Promise.resolve() }
    this.#attempts.set(peer, attempt)
    attempt.done = this.#dialUntilConnected(peer, attempt).finally(() => this.#attempts.delete(peer))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const { woken } of this.#attempts.values()) woken.abort()
    await Promise.all([...this.#attempts.values()].map(({ done }) => done))
  }

  #isWanted(peer: PeerId): boolean {
    const { node, self, book, isMember } = this.#options
    const isConnected = node.getConnections(peerIdFromString(peer)).length > 0
    return peer !== self && !isConnected && isMember(peer) && book.addresses(peer).length > 0
  }

  async #dialUntilConnected(peer: PeerId, attempt: Attempt): Promise<void> {
    const { self, bootstrap } = this.#options
    const backoffMsMax = bootstrap.has(peer) ? REDIAL_MS_MAX : REDIAL_KNOWN_MS_MAX
    let waitMs = self < peer ? 0 : REDIAL_HEAD_START_MS
    let backoffMs = REDIAL_MS
    for (;;) {
      await this.#wait(waitMs, attempt)
      if (this.#isStopping || !this.#isWanted(peer)) return
      if (bootstrap.has(peer) || this.#hasRoom()) await this.#dial(peer)
      if (attempt.isFresh) backoffMs = REDIAL_MS
      attempt.isFresh = false
      // Half to all of it: peers that lost each other at one moment don't meet again in step.
      waitMs = backoffMs * (0.5 + Math.random() / 2)
      backoffMs = Math.min(2 * backoffMs, backoffMsMax)
    }
  }

  #hasRoom(): boolean {
    return this.#options.node.getConnections().length < CONNECTED_TARGET
  }

  async #dial(peer: PeerId): Promise<void> {
    const { node, book, meter } = this.#options
    const addresses = book.addresses(peer).map(({ text }) => multiaddr(text))
    try {
      await node.dial(addresses, { signal: AbortSignal.timeout(ADDRESS_DIAL_MS * addresses.length) })
    } catch (error) {
      meter.count('dialsFailed')
      const isDenied = error instanceof Error && error.name === 'DialDeniedError'
      if (!isDenied && !this.#isStopping) book.failed(peer)
    }
  }

  async #wait(forMs: number, attempt: Attempt): Promise<void> {
    // It rejects only when it is woken.
    await pause(forMs, undefined, { signal: attempt.woken.signal }).catch(() => undefined)
    if (!this.#isStopping) attempt.woken = new AbortController()
  }
}
