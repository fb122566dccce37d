import { decodeEnvelope } from '../protocol/encoding/envelope.ts'
import type { Channel, Topic } from '../protocol/encoding/kinds.ts'
import type { PeerId } from '../protocol/ids.ts'
import type { Source } from '../protocol/intake/message.ts'
import type { LinkFaults } from './faults.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** The host's side of the network. It is only called from the scheduler, never within `send` or `publish`. */
export interface Endpoint {
  /** `roundTripMs` is what a ping would measure, jitter aside. */
  connected(peer: PeerId, roundTripMs: number): void
  disconnected(peer: PeerId): void
  receive(frame: Uint8Array, source: Source): void
}

export interface Network {
  attach(peer: PeerId, endpoint: Endpoint): void
  /** Opens the link between two attached peers; both hear of it after the link's latency. */
  connect(left: PeerId, right: PeerId): void
  /** Closes it: frames in flight are lost to whoever has heard of that already. */
  disconnect(left: PeerId, right: PeerId): void
  /** A peer's process has ended: it hears nothing more, the others hear of it after the latency. */
  leave(peer: PeerId): void
  send(from: PeerId, to: PeerId, channel: Channel, frame: Uint8Array): void
  /** Floods to all that are connected to `from`, every copy with its own faults. */
  publish(from: PeerId, topic: Topic, frame: Uint8Array): void
  /** A request that isn't a frame (a blob's): `arrived` after the latency, or `lost` at once. */
  carry(from: PeerId, to: PeerId, arrived: () => void, lost: () => void): void
  /** Takes effect on what is sent from now on. */
  setFaults(faults: LinkFaults): void
  /** What one peer sends another vanishes where this holds, although both believe to be connected. */
  setBlocked(isBlocked: IsBlocked): void
}

export type IsBlocked = (from: PeerId, to: PeerId) => boolean

export interface NetworkOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly faults: LinkFaults
}

/** One pair of peers. Each side knows the generation of the connection that it believes to be open. */
interface Link {
  readonly baseDraw: number
  generation: number
  open: boolean
  readonly known: Map<PeerId, number>
}

// Base latencies are drawn once as a share of the range, so that other faults stretch the same map.
const BASE_SHARES = 1_024

export function createNetwork({ scheduler, random, faults: initial }: NetworkOptions): Network {
  const endpoints = new Map<PeerId, Endpoint>()
  const links = new Map<string, Link>()
  const streamsFreeAt = new Map<string, number>()
  let faults = initial
  let isBlocked: IsBlocked = () => false

  const linkOf = (left: PeerId, right: PeerId): Link => {
    const name = left < right ? `${left} ${right}` : `${right} ${left}`
    const found = links.get(name)
    if (found !== undefined) return found
    const made = {
      baseDraw: random.fork(name).below(BASE_SHARES),
      generation: 0,
      open: false,
      known: new Map(),
    }
    links.set(name, made)
    return made
  }

  const baseOf = ({ baseDraw }: Link): number => {
    const { min, max } = faults.baseMs
    return min + Math.floor(((max - min) * baseDraw) / (BASE_SHARES - 1))
  }
  const latency = (link: Link): number => baseOf(link) + random.below(faults.jitterMs + 1)

  /** Tells one side that a connection opened or closed; a side hears of closing only what it knew to be open. */
  const tell = (link: Link, to: PeerId, about: PeerId, generation: number | undefined): void => {
    if (link.known.has(to)) {
      link.known.delete(to)
      endpoints.get(to)?.disconnected(about)
    }
    if (generation === undefined) return
    link.known.set(to, generation)
    endpoints.get(to)?.connected(about, 2 * baseOf(link))
  }

  const disconnect = (left: PeerId, right: PeerId): void => {
    const link = linkOf(left, right)
    const { generation } = link
    link.open = false
    for (const [to, about] of [[left, right] as const, [right, left] as const]) {
      scheduler.after(latency(link), () => {
        if (link.known.get(to) === generation) tell(link, to, about, undefined)
      })
    }
  }

  const carryFrame = (link: Link, stream: string, deliver: () => void): void => {
    if (random.chance(faults.reorderPpm)) {
      scheduler.after(latency(link) + random.below(faults.reorderMs + 1), deliver)
      return
    }
    const at = Math.max(scheduler.now + latency(link), streamsFreeAt.get(stream) ?? 0)
    streamsFreeAt.set(stream, at)
    scheduler.after(at - scheduler.now, deliver)
  }

  const isTargeted = (frame: Uint8Array): boolean =>
    faults.lostKinds.length > 0 &&
    faults.lostKinds.some((kind) => kind === decodeEnvelope(frame).kind) &&
    random.chance(faults.lostKindsPpm)

  const transmit = (from: PeerId, to: PeerId, via: Channel | Topic, frame: Uint8Array): void => {
    const link = linkOf(from, to)
    const generation = link.known.get(from)
    if (generation === undefined || isBlocked(from, to) || isTargeted(frame)) return
    const deliver = () => {
      if (link.known.get(to) === generation) endpoints.get(to)?.receive(frame, { from, via })
    }
    const stream = `${from} ${to} ${via}`
    if (!random.chance(faults.lossPpm)) carryFrame(link, stream, deliver)
    if (random.chance(faults.duplicatePpm)) carryFrame(link, stream, deliver)
  }

  return {
    attach: (peer, endpoint) => {
      endpoints.set(peer, endpoint)
    },
    connect(left, right) {
      const link = linkOf(left, right)
      if (link.open) return
      link.open = true
      link.generation += 1
      const { generation } = link
      scheduler.after(latency(link), () => {
        if (!link.open || link.generation !== generation) return
        tell(link, left, right, generation)
        tell(link, right, left, generation)
      })
    },
    disconnect,
    leave(peer) {
      for (const other of endpoints.keys()) {
        if (other === peer) continue
        linkOf(peer, other).known.delete(peer)
        disconnect(peer, other)
      }
    },
    send: transmit,
    publish(from, topic, frame) {
      for (const to of endpoints.keys()) if (to !== from) transmit(from, to, topic, frame)
    },
    carry(from, to, arrived, lost) {
      const link = linkOf(from, to)
      if (!link.known.has(from) || isBlocked(from, to) || random.chance(faults.lossPpm)) lost()
      else scheduler.after(latency(link), arrived)
    },
    setFaults: (next) => {
      faults = next
    },
    setBlocked: (next) => {
      isBlocked = next
    },
  }
}
