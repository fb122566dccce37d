import { createHash } from 'node:crypto'
import { type PeerDiscovery, type PeerInfo, start, type Startable, stop } from '@libp2p/interface'
import { mdns, type MulticastDNSComponents } from '@libp2p/mdns'
import type { SwarmId } from '../../protocol/ids.ts'
import { MDNS_EVERY_MS } from './limits.ts'

/** The longest name RFC 6335 allows a service is 15 characters. */
const TAG_DIGITS = 12

/**
 * The service that this swarm's members look for on their network: tells members of one swarm apart, and tells
 * others no swarm id.
 */
export function serviceTag(swarm: SwarmId): string {
  const digest = createHash('sha256').update(`hyperlooms/1/mdns ${swarm}`).digest('hex')
  return `_hl${digest.slice(0, TAG_DIGITS)}._udp.local`
}

/**
 * Looks for the swarm on the local network. Anybody there can answer in anybody's name, so what is found is a
 * rumour like any other; libp2p doesn't get to see it as discovery, or it would keep all of it.
 */
export class Lan implements Startable {
  readonly #mdns: PeerDiscovery

  constructor(components: MulticastDNSComponents, swarm: SwarmId, found: (info: PeerInfo) => void) {
    this.#mdns = mdns({ serviceTag: serviceTag(swarm), interval: MDNS_EVERY_MS })(components)
    this.#mdns.addEventListener('peer', ({ detail }) => found(detail))
  }

  async start(): Promise<void> {
    await start(this.#mdns)
  }

  async stop(): Promise<void> {
    await stop(this.#mdns)
  }
}
