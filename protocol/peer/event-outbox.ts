import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import { type BodyOf, type KindName, KINDS, type Topic, type Channel } from '../encoding/kinds.ts'
import type { Signed } from '../encoding/signed.ts'
import type { PeerId, SwarmId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import { ownMessage } from '../crypto/verified.ts'
import type { Write } from '../records/record.ts'
import type { Effect, LoadPurpose } from './effect.ts'
import type { GossipKindName, Outbox, PlainKindName, SignedKindName, Unstamped } from './outbox.ts'

type Stamped = Extract<Effect, { readonly after: number }>
type Untimed = Stamped extends infer E ? (E extends Stamped ? Omit<E, 'after'> : never) : never

const NO_SIGNATURE = new Uint8Array(0)

/**
 * The outbox of one handled event. All its records form one batch at one log position, so they become durable
 * together; its effects wait for that position, or, where nothing was written, for the last one before.
 */
export class EventOutbox implements Outbox {
  readonly now: number
  readonly #swarm: SwarmId
  readonly #self: PeerId
  readonly #writes = new Map<string, Uint8Array | null>()
  readonly #stamped: Untimed[] = []
  readonly #timers = new Map<string, Effect>()
  readonly #notified = new Set<string | null>()
  /** Frames of this event by the body they carry: one message to n peers is encoded once. */
  readonly #frames = new Map<object, { readonly kind: KindName; readonly frame: Uint8Array }>()
  readonly #toSelf: Message[] = []
  /** Facts that others are asked for: intake lets their answers in. */
  readonly fetches: { readonly to: PeerId; readonly fetch: BodyOf<'sync-fetch'> }[] = []
  /** Who was asked for pieces of handovers, once for each. */
  readonly pieces: PeerId[] = []

  constructor(self: PeerId, swarm: SwarmId, now: number) {
    this.#self = self
    this.#swarm = swarm
    this.now = now
  }

  write(key: string, value: Uint8Array | null): void {
    this.#writes.set(key, value)
  }

  send<K extends PlainKindName>(to: PeerId, kind: K, body: BodyOf<K>): void {
    if (kind === 'handover-fetch') this.pieces.push(to)
    if (kind === 'sync-fetch') this.fetches.push({ to, fetch: body as BodyOf<'sync-fetch'> })
    if (to === this.#self) {
      const message = { kind, from: to, signer: to, body, bytes: NO_SIGNATURE, sig: NO_SIGNATURE }
      this.#toSelf.push(message as unknown as Message)
      return
    }
    this.#frame(to, kind, body, () => plainFrame(this.#swarm, this.#self, kind, body))
  }

  sendSigned<K extends SignedKindName>(to: PeerId, kind: K, signed: Signed<BodyOf<K>>): void {
    if (to === this.#self) {
      this.#toSelf.push({ kind, from: to, ...signed } as unknown as Message)
      return
    }
    this.#frame(to, kind, signed, () => signedFrame(this.#swarm, kind, signed))
  }

  publish<K extends GossipKindName>(kind: K, signed: Signed<BodyOf<K>>): void {
    const topic = KINDS[kind].via as Topic
    this.#stamped.push({ type: 'publish', topic, frame: signedFrame(this.#swarm, kind, signed) })
  }

  timer(id: string, delayMs: number): void {
    this.#timers.set(id, { type: 'timer', id, delayMs: Math.max(0, Math.ceil(delayMs)) })
  }

  cancelTimer(id: string): void {
    this.#timers.set(id, { type: 'cancel-timer', id })
  }

  load(keys: readonly string[], purpose: LoadPurpose): void {
    this.#stamped.push({ type: 'load', keys, purpose })
  }

  notify(job: string | null): void {
    this.#notified.add(job)
  }

  emit(effect: Exclude<Unstamped, { readonly type: 'persist' | 'to-self' }>): void {
    if (effect.type === 'timer') this.timer(effect.id, effect.delayMs)
    else if (effect.type === 'cancel-timer') this.cancelTimer(effect.id)
    else this.#stamped.push(effect)
  }

  /** The event's effects, `persist` first. `position` is the log's last one before this event. */
  seal(position: number): { readonly effects: readonly Effect[]; readonly position: number } {
    const writes: readonly Write[] = [...this.#writes].map(([key, value]) => ({ key, value }))
    const after = writes.length === 0 ? position : position + 1
    const effects: Effect[] = writes.length === 0 ? [] : [{ type: 'persist', position: after, writes }]
    effects.push(...this.#timers.values())
    for (const effect of this.#stamped) effects.push({ ...effect, after })
    for (const job of this.#notified) effects.push({ type: 'notify', job, after })
    for (const message of this.#toSelf) effects.push({ type: 'to-self', message: ownMessage(message) })
    return { effects, position: after }
  }

  #frame(to: PeerId, kind: KindName, body: object, encode: () => Uint8Array): void {
    const known = this.#frames.get(body)
    const frame = known?.kind === kind ? known.frame : encode()
    this.#frames.set(body, { kind, frame })
    this.#stamped.push({ type: 'send', to, channel: KINDS[kind].via as Channel, frame })
  }
}
