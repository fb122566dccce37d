import { setTimeout as pause } from 'node:timers/promises'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import { DIAL_MS, REDIAL_HEAD_START_MS, REDIAL_MS, REDIAL_MS_MAX } from './limits.ts'

interface RedialOptions {
  readonly node: Libp2p
  readonly self: PeerId
  readonly bootstrap: readonly string[]
  readonly meter: Meter
}

/** Keeps the bootstrap peers connected: dials each until it is there, and again whenever it has gone. */
export class Redial {
  readonly #options: RedialOptions
  readonly #targets: ReadonlyMap<PeerId, Multiaddr[]>
  readonly #dialling = new Map<PeerId, Promise<void>>()
  readonly #stopping = new AbortController()

  /** Throws when an address is malformed or doesn't end in the id of an Ed25519 key. */
  constructor(options: RedialOptions) {
    this.#options = options
    this.#targets = groupByPeer(options.bootstrap, options.self)
  }

  start(): void {
    for (const peer of this.#targets.keys()) this.disconnected(peer)
  }

  disconnected(peer: PeerId): void {
    const addresses = this.#targets.get(peer)
    if (addresses === undefined || this.#dialling.has(peer) || this.#stopping.signal.aborted) return
    const dialling = this.#dialUntilConnected(peer, addresses).finally(() => this.#dialling.delete(peer))
    this.#dialling.set(peer, dialling)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#dialling.values())
  }

  async #dialUntilConnected(peer: PeerId, addresses: Multiaddr[]): Promise<void> {
    const { node, self, meter } = this.#options
    const remote = peerIdFromString(peer)
    let waitMs = self < peer ? 0 : REDIAL_HEAD_START_MS
    let backoffMs = REDIAL_MS
    for (;;) {
      await this.#wait(waitMs)
      if (this.#stopping.signal.aborted || node.getConnections(remote).length > 0) return
      try {
        await node.dial(addresses, { signal: AbortSignal.timeout(DIAL_MS) })
      } catch {
        meter.count('dialsFailed')
      }
      // Half to all of it: peers that lost each other at one moment don't meet again in step.
      waitMs = backoffMs * (0.5 + Math.random() / 2)
      backoffMs = Math.min(2 * backoffMs, REDIAL_MS_MAX)
    }
  }

  async #wait(forMs: number): Promise<void> {
    // It rejects only when the network stops.
    await pause(forMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }
}

function groupByPeer(addresses: readonly string[], self: PeerId): Map<PeerId, Multiaddr[]> {
  const targets = new Map<PeerId, Multiaddr[]>()
  for (const text of addresses) {
    const address = multiaddr(text)
    const id = address.getComponents().findLast(({ name }) => name === 'p2p')?.value
    if (id === undefined || !isPeerId(id)) throw new Error(`A bootstrap address needs /p2p/<id>: ${text}`)
    if (id !== self) targets.set(id, [...(targets.get(id) ?? []), address])
  }
  return targets
}
