import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../protocol/ids.ts'
import { LEARNT_PORT_MIN, UNPROVEN_DIAL_MS, UNPROVEN_DIALS } from './limits.ts'
import { type Reach, reachOf } from './local-networks.ts'
import { hostOf, peerOf } from './multiaddr-parts.ts'

interface DialPolicyOptions {
  /** Named by the owner, or proved: Noise showed the right peer there. */
  readonly isTrusted: (address: Multiaddr) => boolean
  /** This peer listens on loopback only, as do the peers it is meant for. */
  readonly isLoopbackOnly: boolean
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** For tests: what an IP address is to this machine. */
  readonly reach?: (host: string) => Reach | undefined
}

interface Allowance {
  dials: number
  sinceMs: number
}

/**
 * Where this peer lets others send it. A member's word makes us open a connection, so its word must not reach
 * what only this machine can: its own loopback, its networks' services, a cloud's metadata. What the owner
 * named and what has worked is dialled wherever it is; anything else only by IP address, on an unprivileged
 * port, in public or in a network this machine is part of, and only so often for one peer.
 */
export class DialPolicy {
  readonly #options: DialPolicyOptions
  /** Bounded by the members, as nobody else is dialled. */
  readonly #allowances = new Map<PeerId, Allowance>()

  constructor(options: DialPolicyOptions) {
    this.#options = options
  }

  /** Whether such an address is worth knowing. */
  mayLearn(address: Multiaddr): boolean {
    return this.#options.isTrusted(address) || this.#isHarmless(address)
  }

  /** Asked once before a dial, as it counts it. */
  mayDial(address: Multiaddr): boolean {
    if (this.#options.isTrusted(address)) return true
    const peer = peerOf(address)
    return peer !== undefined && this.#isHarmless(address) && this.#spend(peer)
  }

  /** Through a relay only that relay is dialled, for which the same holds, and which must be a member too. */
  #isHarmless(address: Multiaddr): boolean {
    const isRelayed = address.getComponents().some(({ name }) => name === 'p2p-circuit')
    if (!isRelayed) return this.#isHarmlessItself(address)
    const relay = address.decapsulate('/p2p-circuit')
    return this.#options.isTrusted(relay) || (peerOf(relay) !== undefined && this.#isHarmlessItself(relay))
  }

  #isHarmlessItself(address: Multiaddr): boolean {
    const [ip, tcp, ...rest] = address.getComponents()
    if ((ip?.name !== 'ip4' && ip?.name !== 'ip6') || tcp?.name !== 'tcp') return false
    const isPlain = rest.every(({ name }) => name === 'ws' || name === 'p2p')
    if (!isPlain || !(Number(tcp.value) >= LEARNT_PORT_MIN)) return false
    const { reach = reachOf, isLoopbackOnly } = this.#options
    const found = reach(hostOf(address))
    return found === 'public' || found === 'same-network' || (found === 'loopback' && isLoopbackOnly)
  }

  #spend(peer: PeerId): boolean {
    const nowMs = this.#options.now()
    const { dials, sinceMs } = this.#allowances.get(peer) ?? { dials: UNPROVEN_DIALS, sinceMs: nowMs }
    const earned = Math.floor((nowMs - sinceMs) / UNPROVEN_DIAL_MS)
    const left = Math.min(dials + earned, UNPROVEN_DIALS)
    if (left === 0) return false
    this.#allowances.set(peer, { dials: left - 1, sinceMs: sinceMs + earned * UNPROVEN_DIAL_MS })
    return true
  }
}
