import type { Signer } from '../crypto/signer.ts'
import { decodeEnvelope, decodeKind, plainFrame } from '../encoding/envelope.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { type BodyOf, isKind, type KindName, KINDS } from '../encoding/kinds.ts'
import type { BlobRef, JobId, PeerId } from '../ids.ts'
import type { Roster } from '../swarm/roster.ts'
import { HOT_PREFIXES, keys } from '../records/keys.ts'
import type { Command, CommandResult } from './command.ts'
import type { Effect, RunOrder } from './effect.ts'
import type { EpochCommand, EpochResult } from './epoch-command.ts'
import type { Capabilities, Event } from './event.ts'
import type { Peer } from './options.ts'
import { createPeer } from './peer.ts'
import {
  agreed,
  apply,
  beginAnew,
  messageOf,
  nodeOf,
  type Queued,
  START,
  type TestNode,
} from './testing-node.ts'

/*
 * Whole minds on a network that loses nothing, for tests of what one of them is sent. Signatures of what honest
 * minds say to each other aren't checked; whoever forges one asks intake itself.
 */

/** What a peer was sent, as far as its kind is of interest. */
export interface Sent<K extends KindName> {
  readonly from: PeerId
  readonly body: BodyOf<K>
}

export class TestMinds {
  readonly roster: Roster
  readonly #nodes: TestNode[] = []
  readonly #queue: Queued[] = []
  readonly #results: (CommandResult | EpochResult)[] = []
  #commandCount = 0
  /** What a frame's way is cut by; by default nothing. */
  isCut: (from: PeerId, to: PeerId, kind: string) => boolean = () => false
  /** Whether a peer that asks for a body is given it; by default all are everywhere. */
  isServed: (peer: PeerId, blob: BlobRef) => boolean = () => true
  /** Whether a peer's host agrees to witness, asked when the peer starts. */
  acceptsWitness: (peer: PeerId) => boolean = () => true
  /** Bytes that wait for one peer from another on one channel; beyond, a frame is lost. By default there is no end. */
  laneBytesMax = Number.POSITIVE_INFINITY
  readonly #lanes = new Map<string, number>()
  /** Takes a peer down after an event of its that wrote such a record; what it sent with it is lost. */
  crashesAt: ((peer: PeerId, key: string) => boolean) | undefined
  /** The same, but the records of that event are lost, too. */
  forgetsAt: ((peer: PeerId, key: string) => boolean) | undefined
  /** Frames to each peer since it was last asked for them. */
  readonly #heard = new Map<PeerId, { readonly from: PeerId; readonly frame: Uint8Array }[]>()
  /** Answers that a peer had judged, by peer. */
  readonly judged: { readonly peer: PeerId; readonly voters: readonly string[] }[] = []
  /** Runs that peers were asked for. */
  readonly runs: { readonly peer: PeerId; readonly order: RunOrder }[] = []
  /** Who has said that the end of its answer may be shown. */
  readonly released: PeerId[] = []
  /** Bodies that peers were told to bring, and from whom. */
  readonly fetched: { readonly peer: PeerId; readonly token: string; readonly from: readonly PeerId[] }[] = []
  /** Runs that peers were told to end. */
  readonly stopped: { readonly peer: PeerId; readonly job: JobId; readonly atMs: number }[] = []
  now = 1_000

  constructor(roster: Roster, signers: readonly Signer[]) {
    this.roster = roster
    for (const signer of signers) this.#nodes.push(nodeOf(signer, this.#create(signer)))
    for (const node of this.#nodes) this.#queue.push({ to: node, event: START })
    for (const node of this.#nodes) this.#connect(node)
    this.settle()
  }

  /** One more peer, which everybody is connected to at once. */
  add(signer: Signer): void {
    const node = nodeOf(signer, this.#create(signer))
    this.#nodes.push(node)
    this.#begin(node)
  }

  /** A peer is down, or, with its store, up again. */
  stop(peer: PeerId): void {
    const node = this.#nodeOf(peer)
    node.isGone = true
    node.timers.clear()
  }

  restart(peer: PeerId): void {
    const node = this.#nodeOf(peer)
    node.timers.clear()
    node.isGone = false
    const astray = node.store.get(keys.astray)
    if (astray !== undefined) beginAnew(node.store, astray)
    node.mind = this.#create(node.signer)
    for (const [key, value] of node.store)
      if (HOT_PREFIXES.some((prefix) => key.startsWith(prefix))) node.mind.restore({ key, value })
    this.#begin(node)
  }

  /** What somebody else than the peer's mind writes into its store. */
  write(peer: PeerId, key: string, value: Uint8Array): void {
    this.#nodeOf(peer).store.set(key, value)
  }

  storeOf(peer: PeerId): ReadonlyMap<string, Uint8Array> {
    return this.#nodeOf(peer).store
  }

  #create(signer: Signer): Peer {
    const { charter } = this.roster
    return createPeer({
      signer,
      charter,
      rules: charter.rules,
      acceptsWitness: this.acceptsWitness(signer.id),
    })
  }

  #begin(node: TestNode): void {
    this.#queue.push({ to: node, event: START })
    this.#connect(node)
    for (const other of this.#nodes)
      if (other !== node) this.#queue.push({ to: other, event: { type: 'connected', peer: node.signer.id } })
    this.settle()
  }

  #connect(node: TestNode): void {
    for (const { signer } of this.#nodes)
      if (signer !== node.signer)
        this.#queue.push({ to: node, event: { type: 'connected', peer: signer.id } })
  }

  mindOf(peer: PeerId): Peer {
    return this.#nodeOf(peer).mind
  }

  /** What a peer's store holds under a key. */
  stored(peer: PeerId, key: string): Uint8Array | undefined {
    return this.#nodeOf(peer).store.get(key)
  }

  get minds(): readonly Peer[] {
    return this.#nodes.map(({ mind }) => mind)
  }

  /** Gives a peer's command, lets everything follow, and returns the answer. */
  command(peer: PeerId, command: Command): CommandResult | EpochResult | undefined {
    this.#results.length = 0
    this.#commandCount += 1
    const entropy = new Uint8Array(32).fill(this.#commandCount)
    const event = { type: 'command', id: this.#commandCount, command, entropy } as const
    this.#queue.push({ to: this.#nodeOf(peer), event })
    this.settle()
    return this.#results[0]
  }

  /** Says what a peer's own node offers, and lets everything follow. */
  offer(peer: PeerId, capabilities: Capabilities): void {
    this.#queue.push({ to: this.#nodeOf(peer), event: { type: 'capabilities', capabilities } })
    this.settle()
  }

  /** A run that a peer was asked for comes to its end. */
  finish({ peer, order }: (typeof this.runs)[number], answer: BlobRef): void {
    const outcome = { ok: true as const, answer, tokens: 1, durationMs: 1 }
    const event = { ...order, type: 'finished' as const, outcome, entropy: new Uint8Array(32) }
    this.#queue.push({ to: this.#nodeOf(peer), event })
    this.settle()
  }

  /** Gives a command about epochs, and returns the answers that came until nothing but timers was left. */
  changeEpoch(peer: PeerId, command: EpochCommand): readonly unknown[] {
    this.#results.length = 0
    this.#commandCount += 1
    const event = { type: 'epoch-command', id: this.#commandCount, command } as const
    this.#queue.push({ to: this.#nodeOf(peer), event })
    this.settle()
    return [...this.#results]
  }

  /** Answers to commands since the last one was given. */
  get answers(): readonly unknown[] {
    return this.#results
  }

  /** Says something unsigned to a peer, and lets everything follow. */
  say<K extends KindName>(from: PeerId, to: PeerId, kind: K, body: BodyOf<K>): void {
    this.bring(from, to, plainFrame(this.roster.swarm, from, kind, body))
    this.settle()
  }

  /** Hands a peer an event that no other peer caused. */
  tell(to: PeerId, event: Event): void {
    this.#queue.push({ to: this.#nodeOf(to), event })
    this.settle()
  }

  /** Hands a peer a frame as its connection to `from` would. */
  bring(from: PeerId, to: PeerId, frame: Uint8Array): void {
    this.#queue.push({ to: this.#nodeOf(to), from, frame, lane: '' })
  }

  /** What was sent to a peer of a kind since it was last asked, cut off or not. */
  heard<K extends KindName>(peer: PeerId, kind: K): readonly Sent<K>[] {
    const frames = this.#heard.get(peer) ?? []
    this.#heard.delete(peer)
    return frames.flatMap(({ from, frame }) => {
      const envelope = decodeEnvelope(frame)
      return envelope.kind === kind ? [{ from, body: decodeKind(kind, envelope.body, TRUSTED) }] : []
    })
  }

  /** The kinds of all that one peer was sent by another since it was last asked for anything. */
  kindsHeard(peer: PeerId, by: PeerId): readonly string[] {
    const frames = this.#heard.get(peer) ?? []
    this.#heard.delete(peer)
    return frames.flatMap(({ from, frame }) => (from === by ? [decodeEnvelope(frame).kind] : []))
  }

  /** Handles events until none is left but timers. */
  settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if ('lane' in next) this.#lanes.set(next.lane, (this.#lanes.get(next.lane) ?? 0) - next.frame.length)
      if (next.to.isGone) continue
      const event = 'event' in next ? next.event : messageOf(next)
      if (event !== undefined) this.#carry(next.to, next.to.mind.handle(event, this.now))
    }
  }

  /** Lets time pass, firing timers in order. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = this.#nodes.flatMap((node) => [...node.timers].map(([id, at]) => ({ node, id, at })))
      const [first] = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (first === undefined) break
      this.now = Math.max(this.now, first.at)
      first.node.timers.delete(first.id)
      this.#queue.push({ to: first.node, event: { type: 'timer', id: first.id } })
      this.settle()
    }
    this.now = end
  }

  #nodeOf(peer: PeerId): TestNode {
    const node = this.#nodes.find(({ signer }) => signer.id === peer)
    if (node === undefined) throw new RangeError(`no mind of ${peer}`)
    return node
  }

  #carry(node: TestNode, effects: readonly Effect[]): void {
    const { store, timers, signer } = node
    if (this.#crashes(node, effects)) return
    for (const effect of effects) {
      if (effect.type === 'persist') {
        apply(store, effect.writes)
      } else if (effect.type === 'send') this.#send(signer.id, effect.to, effect.frame)
      else if (effect.type === 'publish') {
        for (const { signer: other } of this.#nodes)
          if (other !== signer) this.#send(signer.id, other.id, effect.frame)
      } else if (effect.type === 'to-self') {
        this.#queue.push({ to: node, event: { type: 'message', message: effect.message } })
      } else if (effect.type === 'load') {
        const values = effect.keys.map((key) => store.get(key))
        this.#queue.push({ to: node, event: { type: 'loaded', values, purpose: effect.purpose } })
      } else if (effect.type === 'timer') timers.set(effect.id, this.now + effect.delayMs)
      else if (effect.type === 'cancel-timer') timers.delete(effect.id)
      else if (effect.type === 'run') this.runs.push({ peer: signer.id, order: effect.order })
      else if (effect.type === 'release') this.released.push(signer.id)
      else if (effect.type === 'stop-run')
        this.stopped.push({ peer: signer.id, job: effect.job, atMs: this.now })
      else if (effect.type === 'fetch') {
        this.fetched.push({ peer: signer.id, token: effect.token, from: effect.from })
        const ok = this.isServed(signer.id, effect.blob)
        this.#queue.push({ to: node, event: { ...effect, type: 'fetched', ok } })
      } else if (effect.type === 'compute') this.#compute(node, effect)
      else if (effect.type === 'respond' || effect.type === 'epoch-result') this.#results.push(effect.result)
    }
  }

  /** Bodies are wherever somebody asks for them, and all answers are the same. */
  #compute(node: TestNode, { token, answers }: Extract<Effect, { type: 'compute' }>): void {
    this.judged.push({ peer: node.signer.id, voters: answers.map(({ voter }) => voter) })
    this.#queue.push({ to: node, event: { type: 'computed', token, verdict: agreed(answers) } })
  }

  /** Its records are durable, nothing else of the event ever leaves it. */
  #crashes(node: TestNode, effects: readonly Effect[]): boolean {
    const { crashesAt, forgetsAt } = this
    const writes = effects.flatMap((effect) => (effect.type === 'persist' ? effect.writes : []))
    if (forgetsAt !== undefined && writes.some(({ key }) => forgetsAt(node.signer.id, key))) {
      this.forgetsAt = undefined
      this.stop(node.signer.id)
      return true
    }
    if (crashesAt === undefined || !writes.some(({ key }) => crashesAt(node.signer.id, key))) return false
    this.crashesAt = undefined
    apply(node.store, writes)
    this.stop(node.signer.id)
    return true
  }

  #send(from: PeerId, to: PeerId, frame: Uint8Array): void {
    const node = this.#nodes.find(({ signer }) => signer.id === to)
    if (node === undefined) return
    this.#heard.set(to, [...(this.#heard.get(to) ?? []).slice(-200), { from, frame }])
    const { kind } = decodeEnvelope(frame)
    if (!isKind(kind) || this.isCut(from, to, kind)) return
    const lane = `${from} ${to} ${KINDS[kind].via}`
    const bytes = (this.#lanes.get(lane) ?? 0) + frame.length
    if (bytes > this.laneBytesMax) return
    this.#lanes.set(lane, bytes)
    this.#queue.push({ to: node, from, frame, lane })
  }
}
