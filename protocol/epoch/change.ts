import type { Agreement } from '../agreement/agreement.ts'
import { type Decision, decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import type { Signer } from '../crypto/signer.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Digest, epochInstance, type InstanceId, parseEpochInstance, type PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import type { Fact } from '../ledger/fact.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { LiveRoster } from '../swarm/live-roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { Closing } from '../sync/closing/closing.ts'
import { EPOCH_KEY, epochLeaf } from '../sync/leaves.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import { handoverOf } from './begin.ts'
import { type ChangeRules, createChangeRules } from './change-rules.ts'
import type { ChangeView } from './change-view.ts'
import { Chunks } from './chunks.ts'
import { Gather } from './gather.ts'
import { splitHandover } from './handover.ts'
import { type Handover, handoverCodec } from './messages.ts'
import { orderFault } from './order.ts'
import { Orders } from './orders.ts'
import { epochId, orderDigestOf, type SignedOrder } from './value.ts'

const REPEAT = 'epoch/repeat'
const COLLECT = 'epoch/collect'

/** Epochs that a peer which is behind is told of at once; it asks for more when it has begun them. */
const SERVED_EPOCHS = 4

type ChangeKind =
  | 'epoch-order'
  | 'epoch-accept'
  | 'epoch-collect'
  | 'epoch-report'
  | 'handover-fetch'
  | 'handover'
export type ChangeMessage = Extract<Message, { kind: ChangeKind }>

export interface ChangeParts {
  readonly signer: Signer
  readonly roster: LiveRoster
  readonly duty: WitnessDuty
  readonly rules: Digest
  readonly acceptsWitness: boolean
  readonly digest: StateDigest
  readonly closing: Closing
  readonly ledger: () => Pick<Ledger, 'bound' | 'isVotable' | 'beginEpoch'>
  readonly agreement: () => Pick<Agreement, 'prepared' | 'promised' | 'beginEpoch' | 'stir'>
  readonly carried: (instance: InstanceId) => Digest | undefined
  readonly isDecided: (instance: InstanceId) => boolean
  readonly compare: (out: Outbox, peer: PeerId) => void
  /** A part that a decision waited for is here. */
  readonly arrived: (out: Outbox, chunk: Digest) => void
  /** An epoch has begun here, or this peer has caught up with its beginning: duties may be others now. */
  readonly begun: (out: Outbox) => void
  /** An epoch was decided, and by which order. */
  readonly decided: (out: Outbox, order: Digest) => void
}

/**
 * A change of epoch (5.6): orders and accepts, the stop, the handover, and its beginning. What a crash leaves: no stop
 * and no answer that showed one, or the stop; a promise or a prepare with the parts of the handover that it is
 * about; no new epoch, or all of it, since everything that follows from its decision is one batch.
 */
export class Change {
  readonly orders: Orders
  readonly rules: ChangeRules
  readonly #parts: ChangeParts
  readonly #gather: Gather
  readonly #chunks = new Chunks()
  #isArmed = false
  /** Whose facts are taken while this witness has stopped. */
  readonly #sources = new Set<PeerId>()

  constructor(parts: ChangeParts) {
    this.#parts = parts
    const { signer, roster, duty } = parts
    const root = () => parts.digest.root()
    const compare = (out: Outbox, peer: PeerId) => {
      this.#sources.add(peer)
      parts.compare(out, peer)
    }
    const lookups = {
      isVotable: (entry: Parameters<Ledger['isVotable']>[0]) => parts.ledger().isVotable(entry),
      isDecided: parts.isDecided,
      carried: parts.carried,
    }
    const stirred = (out: Outbox, instance: InstanceId) => parts.agreement().stir(out, instance)
    const isLevel = () => parts.closing.isLevel
    this.orders = new Orders({ ...parts, root, isLevel, compare, stirred })
    this.#gather = new Gather({ self: signer.id, roster, root, compare, lookups })
    this.rules = createChangeRules({
      self: signer.id,
      roster,
      duty,
      orders: this.orders,
      gather: this.#gather,
      chunks: this.#chunks,
      lookups,
      root,
      compare,
      own: () => this.#own(),
      report: (out, to) => this.#report(out, to),
      freeze: () => this.#sources.clear(),
    })
  }

  restore(record: StoredRecord): void {
    this.orders.restore(record)
  }

  start(out: Outbox): void {
    this.#setLeaf()
    this.#stir(out)
    this.#arm(out)
  }

  /** Votes wait while an order is carried out, and until this peer has all that the closed epoch ends with. */
  get isStopped(): boolean {
    return this.orders.stop !== undefined || !this.#parts.closing.isLevel
  }

  /** Whether a fact may be taken now; what is behind this peer's state was let through before. */
  admits(fact: Fact, from: PeerId): boolean {
    const { roster, closing } = this.#parts
    const { quorum, instance } =
      fact.type === 'certificate' ? { ...fact.certificate, instance: '' } : fact.decision
    if (parseEpochInstance(instance) !== undefined) return true
    if (this.orders.stop !== undefined && !this.#sources.has(from)) return false
    if (quorum.epoch === roster.epoch.number) return closing.isLevel
    return closing.admits(fact, from) === 'admit'
  }

  /** This peer's owner brings an order, valid and signed. */
  order(out: Outbox, order: SignedOrder): void {
    this.orders.take(out, { order, accepts: [] }, this.#parts.signer.id, null)
    this.#arm(out)
  }

  /** The host agrees that this peer witnesses; false when no order names it for that epoch. */
  agree(out: Outbox, number: number): boolean {
    return this.orders.agree(out, number)
  }

  onMessage(out: Outbox, message: ChangeMessage): void {
    switch (message.kind) {
      case 'epoch-order':
        this.#onOrder(out, message)
        break
      case 'epoch-accept':
        this.orders.onAccept(out, message)
        break
      case 'epoch-collect':
        // Only a witness proposes; a report may be megabytes.
        if (!this.#parts.roster.isWitness(message.from)) return
        if (this.orders.stop?.order.body.number === message.body.number) this.#report(out, message.from)
        return
      case 'epoch-report':
        if (!this.#parts.roster.isWitness(message.from)) return
        if (this.orders.stop?.order.body.number !== message.body.number) return
        this.#gather.onReport(out, message)
        this.#stir(out)
        return
      case 'handover-fetch':
        return out.load([keys.handover(message.body.chunk)], { type: 'handover-serve', to: message.from })
      case 'handover': {
        const chunk = this.#chunks.onPart(out, message.body)
        if (chunk !== undefined) this.#arrived(out, chunk)
        return
      }
    }
    this.#arm(out)
  }

  /** For `loaded` with the purpose `handover`. */
  onLoaded(out: Outbox, chunk: Digest, value: Uint8Array | undefined): void {
    if (this.#chunks.onLoaded(out, chunk, value)) this.#arrived(out, chunk)
  }

  /** For `loaded` with the purpose `handover-serve`: what isn't here isn't answered, and the asker asks another. */
  onServed(out: Outbox, to: PeerId, value: Uint8Array | undefined): void {
    if (value !== undefined) out.send(to, 'handover', decodeRecord(handoverCodec, value, 'handover'))
  }

  /** What a peer had and this one lacked is here. */
  onPulled(out: Outbox, peer: PeerId): void {
    this.orders.onPulled(out, peer)
    this.#gather.onPulled(peer)
    this.rules.onPulled(peer)
    this.#stir(out)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== REPEAT && id !== COLLECT) return false
    if (id === REPEAT) {
      this.#isArmed = false
      this.orders.repeat(out)
      this.#chunks.repeat(out)
      this.#arm(out)
    }
    // A witness's own turn may have begun to collect, and every report of it may be lost: so each repetition asks again.
    const { stop } = this.orders
    if (stop === undefined) return true
    if (this.#gather.isCollecting) this.#gather.collect(out, stop.order.body.number)
    this.#stir(out)
    return true
  }

  /** After each event: the state may have come to where something waits for it. */
  tend(out: Outbox): void {
    const { closing, digest } = this.#parts
    if (this.rules.awaited !== undefined && digest.root() === this.rules.awaited) this.#stir(out)
    if (closing.isLevel || !closing.advance(out)) return
    this.#setLeaf()
    this.#parts.begun(out)
  }

  /**
   * Begins the next epoch, whoever brings the decision; all records of it are in this event's batch. Only a quorum of
   * the epoch before can have decided: an older one's witnesses may have left since.
   */
  begin(out: Outbox, decision: Decision, from: PeerId): ApplyResult {
    const { roster, closing } = this.#parts
    const number = parseEpochInstance(decision.instance)
    const { value } = decision
    if (number === undefined || value.type !== 'epoch') return { status: 'contradiction' }
    const name = valueDigestOf(value)
    const known = roster.epochOf(number)
    if (known !== undefined) return { status: known.decision === name ? 'known' : 'contradiction' }
    const closed = roster.epoch.number
    if (number > closed + 1) return { status: 'missing', ids: [epochId(number - 1)] }
    if (decision.quorum.epoch !== closed || orderFault(value.order, roster) !== undefined)
      return { status: 'contradiction' }
    const holders = [from, ...roster.epoch.witnesses].filter((peer) => peer !== this.#parts.signer.id)
    const parts = this.#chunks.assemble(out, value.handover, holders)
    if (parts === undefined) {
      this.#arm(out)
      return { status: 'missing', ids: value.handover }
    }
    const order = orderDigestOf(value.order)
    const handover = handoverOf(parts, this.#parts.isDecided)
    roster.enter(out, value.order.body.governance, name)
    out.write(keys.epochDecision(number), encodeBody(decisionCodec, decision))
    this.#forget(out)
    closing.close(out, { number: closed, root: value.root, listed: handover.listed })
    this.#parts.agreement().beginEpoch(out, handover.prepared)
    this.#parts.ledger().beginEpoch(out, { locks: handover.locks, closed })
    this.#setLeaf()
    if (!closing.isLevel && from !== this.#parts.signer.id) {
      closing.heard(out, from)
      this.#parts.compare(out, from)
    }
    this.#parts.begun(out)
    this.#parts.decided(out, order)
    return { status: 'applied' }
  }

  /** Everybody is told: nobody votes or is believed under the old epoch any more. */
  audience(instance: InstanceId): readonly PeerId[] {
    if (parseEpochInstance(instance) === undefined) return []
    return [...this.#parts.roster.members()].flatMap(({ peer }) =>
      peer === this.#parts.signer.id ? [] : [peer],
    )
  }

  serve(out: Outbox, instance: InstanceId, to: PeerId): boolean {
    const number = parseEpochInstance(instance)
    if (number === undefined || number > this.#parts.roster.epoch.number) return false
    this.serveEpochs(out, number - 1, to)
    return true
  }

  serveEpochs(out: Outbox, behind: number, to: PeerId): void {
    const { roster, signer } = this.#parts
    const newest = Math.min(roster.epoch.number, behind + SERVED_EPOCHS)
    if (to === signer.id || behind < 0) return
    for (let number = behind + 1; number <= newest; number += 1)
      out.load([keys.epochDecision(number)], { type: 'serve', to })
  }

  view(): ChangeView {
    const { roster, agreement } = this.#parts
    const { stop } = this.orders
    const instance = epochInstance(roster.epoch.number + 1)
    return {
      stoppedMs: stop?.sinceMs,
      order: stop?.order.body ?? this.orders.pending()[0]?.order.body,
      missing: stop === undefined ? (this.orders.pending()[0]?.missing ?? []) : [],
      reported: this.#gather.reported(),
      round: agreement().promised(instance),
      isLevel: this.#parts.closing.isLevel,
      astray: this.#parts.closing.astray,
    }
  }

  #onOrder(out: Outbox, { from, body }: Extract<ChangeMessage, { kind: 'epoch-order' }>): void {
    const { order, accepts, root } = body
    const { number } = order.body
    // It was asked for an epoch that has begun: it hasn't heard.
    if (number <= this.#parts.roster.epoch.number) return this.serveEpochs(out, number - 1, from)
    this.orders.take(out, { order, accepts }, from, root)
  }

  #own(): Handover {
    return { locks: this.#parts.ledger().bound(), prepared: this.#parts.agreement().prepared() }
  }

  #report(out: Outbox, to: PeerId): void {
    const { stop } = this.orders
    if (stop === undefined || !this.#parts.duty.active || to === this.#parts.signer.id) return
    const { number } = stop.order.body
    const root = this.#parts.digest.root()
    const [first = { locks: [], prepared: [] }, ...others] = splitHandover(this.#own())
    const all = [first, ...others]
    all.forEach((listed, part) =>
      out.send(to, 'epoch-report', { number, root, part, parts: all.length, listed }),
    )
  }

  #arrived(out: Outbox, chunk: Digest): void {
    this.#stir(out)
    this.#parts.arrived(out, chunk)
  }

  #stir(out: Outbox): void {
    const { stop } = this.orders
    if (stop === undefined) return
    this.#parts.agreement().stir(out, epochInstance(stop.order.body.number))
    if (this.#gather.isCollecting) out.timer(COLLECT, TIMES.deltaMs)
  }

  #arm(out: Outbox): void {
    if (this.#isArmed || !(this.orders.isBusy || this.#chunks.isBusy)) return
    // Once set it fires: others' repetitions would else put it off for ever.
    this.#isArmed = true
    out.timer(REPEAT, TIMES.retryMsMax)
  }

  /** The order and all that was collected for it are done with. */
  #forget(out: Outbox): void {
    this.orders.clear(out)
    this.#gather.clear()
    this.#chunks.clear()
    this.rules.clear()
    this.#sources.clear()
    out.cancelTimer(COLLECT)
  }

  /** A peer that isn't level yet stands at the end of the closed epoch, and says so. */
  #setLeaf(): void {
    const { digest, closing, roster } = this.#parts
    const number = closing.isLevel ? roster.epoch.number : roster.epoch.number - 1
    digest.set(EPOCH_KEY, epochLeaf(number))
  }
}
