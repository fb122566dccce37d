import { createServer } from 'node:net'
import { type DCUtRServiceComponents as Components, dcutr } from '@libp2p/dcutr'
import type { Connection, DialTransportOptions, Transport } from '@libp2p/interface'
import { type TCPComponents, type TCPOptions, tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_PEER_MAX, PUNCH_MS, PUNCHES } from './limits.ts'
import { withPeer } from './multiaddr-parts.ts'

/** Another connection between the same two places has the port, or somebody listens on it. */
const TAKEN: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL'])

interface PunchDialOptions extends DialTransportOptions {
  readonly localPort: number
  /** Of the handshake: which end speaks first. */
  readonly initiator?: boolean
}

interface HolePunchOptions {
  /** Whether this peer has others relay for it: only then does it need one port for all it dials. */
  readonly isHidden: boolean
}

/**
 * Turns relayed connections into direct ones (DCUtR). A router lets in what answers a connection that went out, so
 * both ends dial each other at one moment, and each must know from which port of its router the other's packets
 * come. That is the port which the router gave to this peer's connection to the relay, as long as both leave from
 * one port of this machine: so a hidden peer dials everybody from one, and asks each member it dials what it saw.
 * It is not the port it listens on, as Node can't connect from that.
 *
 * A router that gives every connection another port can't be passed so; the relayed connection stays then.
 */
export class HolePunch {
  readonly #options: HolePunchOptions
  readonly #dialled = new WeakSet<Connection>()
  /** Where members saw this peer come from, for each connection that left from the one port. */
  readonly #observed = new Map<Connection, Multiaddr>()
  /** Addresses that are being dialled at the same moment as the peer there dials this one. */
  readonly #answering = new Set<string>()
  #port: Promise<number> | undefined

  constructor(options: HolePunchOptions) {
    this.#options = options
  }

  /** The member at the other end says from where it sees the connection come. */
  observed(connection: Connection, address: Multiaddr): void {
    if (!this.#dialled.has(connection) || connection.status !== 'open') return
    const isFirst = !this.#observed.has(connection)
    this.#observed.set(connection, address)
    // It may say so as often as it likes.
    if (isFirst) connection.addEventListener('close', () => this.#observed.delete(connection))
  }

  /** Whether a connection from there is this peer's own doing, though it counts as dialled by the other. */
  isPunching(address: Multiaddr): boolean {
    return this.#answering.has(String(address))
  }

  /** TCP that dials from one port where it can, and from any where it can't. */
  transport(init: TCPOptions): (components: TCPComponents) => Transport {
    if (!this.#options.isHidden) return tcp(init)
    return (components) => {
      const transport = tcp(init)(components)
      const dial = transport.dial.bind(transport)
      transport.dial = async (address, options) => {
        try {
          const connection = await dial(address, await this.#fromOnePort(address, options))
          this.#dialled.add(connection)
          return connection
        } catch (error) {
          if (!isTaken(error)) throw error
          return dial(address, options)
        }
      }
      return transport
    }
  }

  /** The protocol itself: whoever was reached through a relay first dials the other end, then both dial. */
  service(components: Components): unknown {
    const { peerStore, registrar, transportManager, logger } = components
    // What members saw is nowhere to listen, so only the other end of a relayed connection is told of it.
    const addressManager = within(components.addressManager, {
      getAddresses: () => this.#toTell(components.addressManager.getAddresses()),
    })
    return dcutr({ timeout: PUNCH_MS, retries: PUNCHES })({
      peerStore,
      connectionManager: this.#remembering(components.connectionManager),
      registrar,
      transportManager,
      logger,
      addressManager,
    })
  }

  /**
   * With both ends dialling, one must act as if it had been dialled. The protocol says which, and libp2p's queue of
   * dials loses that on its way to the transport (3.3), so it is kept here. The queue also lets a dial join one that
   * goes through the relay, which would end the old relayed connection for a new one.
   */
  #remembering(manager: Components['connectionManager']): Components['connectionManager'] {
    const openConnection: typeof manager.openConnection = async (target, options) => {
      const addresses = options?.initiator === false && Array.isArray(target) ? target.map(String) : []
      for (const each of addresses) this.#answering.add(each)
      try {
        const connection = await manager.openConnection(target, options)
        if (!connection.direct) throw new Error('Only a connection through a relay was opened.')
        return connection
      } finally {
        for (const each of addresses) this.#answering.delete(each)
      }
    }
    return within(manager, { openConnection })
  }

  /** What members saw, then what this peer announces. */
  #toTell(own: readonly Multiaddr[]): Multiaddr[] {
    const self = own[0]?.getComponents().at(-1)?.value
    const seen = self === undefined ? [] : [...this.#observed.values()].map((each) => withPeer(each, self))
    const all = new Map([...seen, ...own].map((each) => [String(each), each]))
    return [...all.values()].slice(0, ADDRESSES_PER_PEER_MAX)
  }

  /** Undefined while the system gives none; the next dial asks again. */
  async #ownPort(): Promise<number | undefined> {
    this.#port ??= freePort()
    try {
      return await this.#port
    } catch {
      this.#port = undefined
      return undefined
    }
  }

  async #fromOnePort(
    address: Multiaddr,
    options: DialTransportOptions,
  ): Promise<DialTransportOptions | PunchDialOptions> {
    const localPort = await this.#ownPort()
    if (localPort === undefined) return options
    if (!this.#answering.has(String(address))) return { ...options, localPort }
    return { ...options, localPort, initiator: false, upgrader: asDialled(options.upgrader) }
  }
}

/** The streams' numbers go by the socket's direction, which libp2p leaves as it was (3.3). */
function asDialled(upgrader: DialTransportOptions['upgrader']): DialTransportOptions['upgrader'] {
  const upgradeOutbound: typeof upgrader.upgradeOutbound = (socket, options) => {
    socket.direction = 'inbound'
    return upgrader.upgradeOutbound(socket, options)
  }
  return within(upgrader, { upgradeOutbound })
}

/** A part of libp2p with some methods replaced for one user of it. */
function within<T extends object>(part: T, replaced: Partial<T>): T {
  return Object.assign(Object.create(part) as T, replaced)
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && TAKEN.has(String(error.code))
}

/** A port nobody listens on now. */
function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.once('error', reject)
  server.listen({ port: 0, exclusive: true }, () => {
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    server.close(() => resolve(port))
  })
  return promise
}
