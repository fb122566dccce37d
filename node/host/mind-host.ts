import { randomBytes } from 'node:crypto'
import type { PeerId } from '../../protocol/ids.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { EpochCommand, EpochResult } from '../../protocol/peer/epoch-command.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Event } from '../../protocol/peer/event.ts'
import type { Peer, VerifiedMessage } from '../../protocol/peer/options.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { CommandAnswer, Unanswered } from '../api/backend.ts'
import { Answers } from './answers.ts'
import { Durations } from './durations.ts'
import { Fetches } from './fetches.ts'
import { Intake, type IntakeVerdict, type Ruling } from './intake.ts'
import type { HostPorts, Wire } from './ports.ts'
import { Runs } from './runs.ts'
import { textOf } from './text.ts'
import { TokenStreams } from './token-streams.ts'
import { Timers } from './timers.ts'

/** Frames that another way than the network brought and that wait for the disk: 16 MiB of the largest. */
const EASING_MAX = 256

type HeldEffect = Extract<Effect, { readonly after: number }>
type Listener = (job: string | null) => void

/**
 * A mind's body within the process: hands it one event after another and carries out what it asks for. Records
 * go to the log at once; whatever leaves the machine waits until the log has synced what it relies on. Nothing
 * reaches the mind before `start`: frames and connections that come earlier wait for it.
 */
export class MindHost {
  readonly durations = new Durations()
  readonly intake: Intake
  /** Answers that are being made here, for whoever may read along. */
  readonly tokens = new TokenStreams()
  readonly #peer: Peer
  readonly #ports: HostPorts
  readonly #timers: Timers
  readonly #runs: Runs
  readonly #fetches: Fetches
  readonly #started = Promise.withResolvers<Wire>()
  readonly #queue: Event[] = []
  readonly #commands = new Answers<CommandResult>()
  readonly #changes = new Answers<EpochResult>()
  readonly #listeners = new Set<Listener>()
  #loads: Promise<void> = Promise.resolve()
  #wire: Wire | undefined
  #easing = 0
  #handling = false
  #closed = false

  constructor(peer: Peer, ports: HostPorts) {
    this.#peer = peer
    this.#ports = ports
    const handle = (event: Event): void => this.#handle(event)
    const onFailure = (error: unknown): void => this.#fail(error)
    const { bodies, engine } = ports
    this.#timers = new Timers((id) => handle({ type: 'timer', id }))
    this.#runs = new Runs({ bodies, engine, tokens: this.tokens, handle, onFailure })
    this.#fetches = new Fetches({
      self: peer.view.self,
      bodies,
      holds: async (digest, job) => {
        const [held] = await ports.records.getMany([keys.body(digest, job)])
        return held !== undefined
      },
      wire: () => this.#requireWire(),
      done: ({ token, blob }, ok) => handle({ type: 'fetched', token, blob, ok }),
      onFailure,
      now: ports.now,
    })
    this.intake = new Intake(peer, ports.verifier, (message) => handle({ type: 'message', message }))
  }

  /** The first event, after every hot record was restored; lets in what waited. */
  start(wire: Wire, start: Omit<Extract<Event, { type: 'start' }>, 'type'>): void {
    this.#wire = wire
    this.#handle({ type: 'start', ...start })
    this.#started.resolve(wire)
  }

  /** A frame of a stream; the next one of that stream may come once this has resolved. */
  async admit(frame: Uint8Array, source: Source): Promise<void> {
    if (this.#wire === undefined) await this.#started.promise
    const eased = this.#ports.log.eased()
    if (eased !== undefined) await eased
    if (!this.#closed) await this.intake.admit(frame, source)
  }

  /** A gossiped frame. */
  async receive(frame: Uint8Array, source: Source): Promise<IntakeVerdict> {
    await this.#started.promise
    return this.#closed ? 'ignore' : this.intake.receive(frame, source)
  }

  /**
   * A frame that another way than the network brought, e.g. HTTP; `chargedTo` pays for it. It waits for a slow disk
   * like a frame of a stream, and is accepted only if it says something that isn't known here.
   */
  async judge(frame: Uint8Array, source: Source, chargedTo: string): Promise<Ruling> {
    await this.#started.promise
    const isEased = await this.#ease()
    if (!isEased || this.#closed) return { verdict: 'ignore', code: 'busy' }
    const isNews = (message: VerifiedMessage): boolean => this.#peer.view.isNews(message)
    return this.intake.judge(frame, source, { chargedTo, isNews })
  }

  /** Waits while much waits for the disk; false when too many do so already. */
  async #ease(): Promise<boolean> {
    const eased = this.#ports.log.eased()
    if (eased === undefined) return true
    if (this.#easing >= EASING_MAX) return false
    this.#easing += 1
    await eased
    this.#easing -= 1
    return true
  }

  connection(type: 'connected' | 'disconnected', peer: PeerId): void {
    void this.#started.promise.then(() => this.#handle({ type, peer }))
  }

  /** A round trip to a connected peer, in whole milliseconds. */
  latency(peer: PeerId, ms: number): void {
    this.#handle({ type: 'latency', peer, ms })
  }

  /** This peer can be dialled elsewhere than before. */
  moved(addresses: readonly string[]): void {
    void this.#started.promise.then(() => this.#handle({ type: 'addresses', addresses }))
  }

  capabilities(capabilities: Extract<Event, { type: 'capabilities' }>['capabilities']): void {
    this.#handle({ type: 'capabilities', capabilities })
  }

  command(command: Command): Promise<CommandAnswer> {
    return this.#commands.wait((id) =>
      this.#handle({ type: 'command', id, command, entropy: new Uint8Array(randomBytes(32)) }),
    )
  }

  /** Asks for what concerns the next epoch; an order is answered once that is decided. */
  changeEpoch(command: EpochCommand): Promise<EpochResult | Unanswered> {
    return this.#changes.wait((id) => this.#handle({ type: 'epoch-command', id, command }))
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** No event is handled and nothing leaves any more; what was decided is still written. */
  close(): void {
    this.#closed = true
    this.#timers.cancelAll()
    this.#fetches.stop()
    this.#commands.close()
    this.#changes.close()
  }

  /** An event that an effect causes within the same call waits until the effects before it are taken. */
  #handle(event: Event): void {
    if (this.#closed) return
    this.#queue.push(event)
    if (this.#handling) return
    this.#handling = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
        this.#handleOne(next)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#handling = false
    }
  }

  #handleOne(event: Event): void {
    const startedMs = performance.now()
    const effects = this.#peer.handle(event, this.#ports.now())
    const name = event.type === 'message' ? `message:${event.message.kind}` : event.type
    this.durations.add(name, (performance.now() - startedMs) * 1_000)
    for (const effect of effects) this.#take(effect)
  }

  #take(effect: Effect): void {
    const { log } = this.#ports
    switch (effect.type) {
      case 'persist':
        return log.append(effect.position, effect.writes)
      case 'timer':
        return this.#timers.start(effect.id, effect.delayMs)
      case 'cancel-timer':
        return this.#timers.cancel(effect.id)
      case 'to-self':
        return this.#handle({ type: 'message', message: effect.message })
      case 'respond':
        this.#commands.decide(effect.command, effect.result)
        return this.#hold(effect)
      case 'epoch-result':
        this.#changes.decide(effect.command, effect.result)
        return this.#hold(effect)
      default:
        return this.#hold(effect)
    }
  }

  #hold(effect: HeldEffect): void {
    this.#ports.log.whenSynced(effect.after, () => {
      if (!this.#closed) this.#release(effect)
    })
  }

  #release(effect: HeldEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#requireWire().send(effect.to, effect.channel, effect.frame)
      case 'publish':
        return this.#requireWire().publish(effect.topic, effect.frame)
      case 'epoch-result':
        return this.#changes.respond(effect.command, effect.result)
      case 'respond':
        return this.#commands.respond(effect.command, effect.result)
      case 'run':
        return this.#runs.start(effect.order)
      case 'stop-run':
        return this.#runs.stop(effect.job)
      case 'release':
        return this.tokens.release(effect.job, effect.step)
      case 'compute':
        return void this.#compute(effect)
      case 'fetch':
        return this.#fetches.start(effect)
      case 'load':
        return this.#load(effect)
      case 'roster':
        return this.#requireWire().membershipChanged(effect.key)
      case 'notify':
        return this.#listeners.forEach((listener) => listener(effect.job))
    }
  }

  /** A missing body or a failed worker is told as null; the mind asks again when it ticks. */
  async #compute({ token, answers, comparator }: Extract<HeldEffect, { type: 'compute' }>): Promise<void> {
    const { bodies, judge } = this.#ports
    const read = async ({ answer, ...rest }: (typeof answers)[number]) => {
      const body = await bodies.get(answer.digest)
      if (body === undefined) throw new Error(`the body ${answer.digest} is not held here`)
      return { ...rest, text: textOf(body) }
    }
    const texts = Promise.all(answers.map(read))
    const verdict = await texts.then((all) => judge.judge(all, comparator)).catch(() => null)
    this.#handle({ type: 'computed', token, verdict })
  }

  /** Loads run side by side and are told in their order, so that a chain is served from its beginning. */
  #load(effect: Extract<HeldEffect, { type: 'load' }>): void {
    this.#loads = this.#tell(effect, this.#ports.records.getMany(effect.keys), this.#loads)
  }

  async #tell(
    effect: Extract<HeldEffect, { type: 'load' }>,
    found: Promise<readonly (Uint8Array | undefined)[]>,
    before: Promise<void>,
  ): Promise<void> {
    try {
      const values = await found
      await before
      this.#handle({ ...effect, type: 'loaded', values })
    } catch (error) {
      this.#fail(error)
    }
  }

  #requireWire(): Wire {
    if (this.#wire === undefined) throw new Error('an effect left before the start')
    return this.#wire
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.close()
    this.#ports.onFailure(error)
  }
}
