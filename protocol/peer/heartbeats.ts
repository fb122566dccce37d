import { hash } from '../crypto/digest.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { BUSY_MAX, HEARTBEAT, type Heartbeat } from '../jobs/messages.ts'
import type { Market } from '../jobs/offering.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Signer } from '../crypto/signer.ts'
import type { Roster } from '../swarm/roster.ts'
import { voterOf } from '../swarm/voter.ts'
import type { Capabilities } from './event.ts'
import type { Outbox } from './outbox.ts'
import type { NodeView } from './view.ts'

const TIMER = 'heartbeat'
/** Within this time after a connection gossip reaches the new peer; a mesh forms within a few gossip heartbeats. */
const MESH_FORMED_MS = 500
/** Late after three intervals, offline after six (8). */
const LATE_INTERVALS = 3
const OFFLINE_INTERVALS = 6

interface Known {
  readonly beat: Heartbeat
  readonly seenMs: number
}

interface HeartbeatOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly rules: Digest
  readonly root: () => Digest
  /** Whether this peer may have forgotten votes. */
  readonly isLost: () => boolean
  readonly capabilities: () => Capabilities
  /** Runs that this peer's node has been elected for and isn't done with. */
  readonly busy: () => number
}

/** Tells the swarm what this peer's node offers, and remembers the newest such word of every member. Hints only. */
export class Heartbeats {
  readonly #options: HeartbeatOptions
  readonly #known = new Map<PeerId, Known>()
  #boot = 0
  #seq = 0
  #about: { readonly addresses: readonly string[]; readonly version: string } = { addresses: [], version: '' }

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(
    out: Outbox,
    boot: number,
    about: { readonly addresses: readonly string[]; readonly version: string },
  ): void {
    this.#boot = boot
    this.#about = about
    this.beat(out)
  }

  /** Whoever lost this peer at its old addresses hears of the new ones from those who are still connected. */
  moved(out: Outbox, addresses: readonly string[]): void {
    this.#about = { ...this.#about, addresses }
    this.beat(out)
  }

  /** Sends a heartbeat now and arms the next one. */
  beat(out: Outbox): void {
    const { signer, roster } = this.#options
    const beat = sign(signer, roster.swarm, HEARTBEAT, this.#own(out.now))
    this.#known.set(signer.id, { beat: beat.body, seenMs: out.now })
    out.publish('heartbeat', beat)
    out.timer(TIMER, this.#jitteredMs())
    out.notify(null)
  }

  /**
   * A newcomer shouldn't have to wait for the next interval to learn what is offered here. The second heartbeat
   * is for a gossip mesh that formed only after the connection did, and lost the first.
   */
  onConnected(out: Outbox): void {
    this.beat(out)
    out.timer(TIMER, MESH_FORMED_MS)
  }

  onMessage(out: Outbox, { signer, body }: MessageOf<'heartbeat'>): void {
    const isFirst = !this.#known.has(signer)
    if (isFirst && this.#known.size >= LIMITS.heartbeats) this.#forgetStrangers()
    if (!this.isNews(signer, body)) return
    this.#known.set(signer, { beat: body, seenMs: out.now })
    out.notify(null)
  }

  /** Whether it is the newest of its member, and there is room for it. */
  isNews(peer: PeerId, beat: Heartbeat): boolean {
    const before = this.#known.get(peer)?.beat
    return before === undefined ? this.#known.size < LIMITS.heartbeats : isNewer(beat, before)
  }

  /** Members that were revoked since they were heard of. */
  #forgetStrangers(): void {
    for (const peer of this.#known.keys())
      if (this.#options.roster.member(peer) === undefined) this.#known.delete(peer)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== TIMER) return false
    this.beat(out)
    return true
  }

  nodes(now: number): readonly NodeView[] {
    return [...this.#options.roster.members()].map(({ peer, operator }) => {
      const known = this.#known.get(peer)
      const base = { peer, operator, witness: this.#options.roster.isWitness(peer) }
      if (known === undefined)
        return { ...base, status: 'offline', lastSeenMs: undefined, heartbeat: undefined }
      return {
        ...base,
        status: this.#statusOf(now - known.seenMs),
        lastSeenMs: known.seenMs,
        heartbeat: known.beat,
      }
    })
  }

  /** Who offers what, among the members heard of lately. */
  market(now: number): Market {
    const { roster } = this.#options
    const nodes = this.nodes(now).filter(
      ({ status, peer }) => status !== 'offline' && !roster.isRevoked(peer),
    )
    const { diversity } = roster.charter
    const offers = nodes.flatMap(({ peer, operator, heartbeat }) =>
      (heartbeat?.nodes ?? []).flatMap(({ models }) =>
        models.map(({ name, price }) => ({ voter: voterOf(diversity, peer, operator), name, price })),
      ),
    )
    return {
      models: new Set(offers.map(({ name }) => name)),
      votersOffering: (model, maxPrice) => {
        const fitting = offers.filter(
          ({ name, price }) =>
            (model === null || name === model) && (maxPrice === undefined || price <= maxPrice),
        )
        return new Set(fitting.map(({ voter }) => voter)).size
      },
      freeNodes: () => nodes.filter(({ heartbeat }) => hasFreeSlot(heartbeat?.nodes ?? [])).length,
    }
  }

  #statusOf(silentMs: number): NodeView['status'] {
    if (silentMs > OFFLINE_INTERVALS * this.#intervalMs()) return 'offline'
    return silentMs > LATE_INTERVALS * this.#intervalMs() ? 'late' : 'online'
  }

  #intervalMs(): number {
    return heartbeatIntervalMs(this.#options.roster)
  }

  /** Up to a tenth earlier, drawn from the heartbeat itself, so that members don't beat in step. */
  #jitteredMs(): number {
    const seed = hash(
      'jitter',
      Uint8Array.of(
        this.#seq & 0xff,
        ...this.#options.signer.id
          .slice(-8)
          .split('')
          .map((c) => c.charCodeAt(0)),
      ),
    )
    const share = Number.parseInt(seed.slice(0, 4), 16)
    return this.#intervalMs() - Math.floor((this.#intervalMs() * share) / 0xffff / 10)
  }

  #own(sentMs: number): Heartbeat {
    const { offers, vramTotalMb, slots } = this.#options.capabilities()
    this.#seq += 1
    const [first] = offers
    const models = offers.slice(0, LIMITS.models).map(({ model, modelDigest, cached, price }) => ({
      name: model,
      digest: modelDigest,
      warm: cached,
      price,
    }))
    const node = {
      models,
      vramFreeMb: first?.vramFreeMb ?? 0,
      vramTotalMb,
      loadMilli: first?.loadMilli ?? 0,
      slots,
      busy: Math.min(this.#options.busy(), BUSY_MAX),
      modes: first?.modes ?? [],
      region: first?.region ?? '',
    }
    return {
      boot: this.#boot,
      seq: this.#seq,
      sentMs,
      nodes: offers.length === 0 ? [] : [node],
      addresses: this.#about.addresses.slice(0, LIMITS.addresses),
      root: this.#options.root(),
      version: this.#about.version,
      rules: this.#options.rules,
      lost: this.#options.isLost(),
    }
  }
}

/** clamp(5 s, N x 1 s, 60 s): the swarm's heartbeats together stay at about one a second. */
export function heartbeatIntervalMs(roster: Roster): number {
  const members = [...roster.members()].length
  return Math.min(Math.max(members * 1_000, TIMES.heartbeatMsMin), TIMES.heartbeatMsMax)
}

function hasFreeSlot(nodes: Heartbeat['nodes']): boolean {
  return nodes.some(({ slots, busy }) => slots > busy)
}

function isNewer(beat: Heartbeat, before: Heartbeat): boolean {
  return beat.boot > before.boot || (beat.boot === before.boot && beat.seq > before.seq)
}
