import type { Agreement } from '../agreement/agreement.ts'
import { type Digest, epochInstance, type InstanceId, type PeerId } from '../ids.ts'
import type { Decision } from '../agreement/messages.ts'
import type { Message } from '../intake/message.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import type { FactServer, RecordServer } from '../sync/serve.ts'
import { CatchingUp } from './catching-up.ts'
import { type ChangeRules, createChangeRules } from './change-rules.ts'
import type { ChangeView } from './change-view.ts'
import { Entering, type EnteringParts } from './entering.ts'
import { Gather } from './gather.ts'
import { Handovers } from './handovers.ts'
import type { Handover } from './messages.ts'
import type { AgreeFault } from './order.ts'
import { Orders, type OrdersParts } from './orders.ts'
import type { Cut } from './pieces.ts'
import { Sources } from './sources.ts'
import type { SignedOrder } from './value.ts'

const REPEAT = 'epoch/repeat'
const COLLECT = 'epoch/collect'
/** Of each peer that gave nothing for a while. */
const RESUME = 'epoch/resume/'

type ChangeKind =
  | 'epoch-order'
  | 'epoch-accept'
  | 'epoch-collect'
  | 'epoch-report'
  | 'handover-fetch'
  | 'handover'
export type ChangeMessage = Extract<Message, { kind: ChangeKind }>

export interface ChangeParts
  extends Pick<OrdersParts, 'signer' | 'duty' | 'rules' | 'acceptsWitness'>,
    Omit<EnteringParts, 'self' | 'handovers' | 'ledger' | 'agreement' | 'serve' | 'forget'> {
  readonly ledger: () => Pick<Ledger, 'bound' | 'isVotable' | 'beginEpoch'>
  readonly agreement: () => Pick<Agreement, 'prepared' | 'promised' | 'beginEpoch' | 'stir'>
  readonly carried: (instance: InstanceId) => Digest | undefined
  readonly isDecided: (instance: InstanceId) => boolean
  readonly serve: () => FactServer & RecordServer
  /** The handover that a decision waited for is here. */
  readonly arrived: (out: Outbox, list: Digest) => void
}

/**
 * A change of epoch up to its decision (5.6): orders and accepts, the stop, and the handover; `entering` does what
 * follows. What a crash leaves: no stop and no answer that showed one, or the stop; a promise or a prepare with the
 * pieces of the handover that it is about; no new epoch, or all of it, since everything that follows from its decision
 * is one batch.
 */
export class Change {
  readonly orders: Orders
  readonly rules: ChangeRules
  readonly entering: Entering
  readonly sources: Sources
  readonly #parts: ChangeParts
  readonly #handovers: Handovers
  readonly #gather: Gather
  readonly #catchingUp: CatchingUp
  #isArmed = false

  constructor(parts: ChangeParts) {
    this.#parts = parts
    const { signer, roster, duty } = parts
    const self = signer.id
    const root = () => parts.digest.root()
    this.sources = new Sources({ ...parts, isStopped: () => this.orders.stop !== undefined })
    this.#catchingUp = new CatchingUp({ ...parts, sources: this.sources })
    const compare = (out: Outbox, peer: PeerId) => this.sources.compare(out, peer)
    const lookups = {
      isVotable: (entry: Parameters<Ledger['isVotable']>[0]) => parts.ledger().isVotable(entry),
      isDecided: parts.isDecided,
      carried: parts.carried,
    }
    const stirred = (out: Outbox, instance: InstanceId) => parts.agreement().stir(out, instance)
    const isLevel = () => parts.closing.isLevel
    this.orders = new Orders({ ...parts, root, isLevel, compare, stirred })
    this.#gather = new Gather({ self, roster, root, compare, lookups })
    this.#handovers = new Handovers({ roster, root, serve: parts.serve })
    const handovers = this.#handovers
    this.entering = new Entering({ ...parts, self, handovers, forget: (out) => this.#forget(out) })
    this.rules = createChangeRules({
      self,
      roster,
      duty,
      orders: this.orders,
      gather: this.#gather,
      lists: handovers.lists,
      shelf: handovers.shelf,
      lookups,
      root,
      compare,
      own: () => this.#own(),
      ownCut: (out) => this.#ownCut(out),
      report: (out, to) => this.#report(out, to),
      freeze: () => this.sources.freeze(),
    })
  }

  restore(record: StoredRecord): void {
    void (this.orders.restore(record) || this.#handovers.restore(record))
  }

  start(out: Outbox): void {
    this.entering.setLeaf()
    this.#stir(out)
    this.#arm(out)
  }

  /** Votes wait while an order is carried out, and until this peer has all that the closed epoch ends with. */
  get isStopped(): boolean {
    return this.orders.stop !== undefined || !this.#parts.closing.isLevel
  }

  /** This peer's owner brings an order, valid and signed; the order that is given up for it, if any. */
  order(out: Outbox, order: SignedOrder): Digest | undefined {
    const replaced = this.orders.bring(out, order)
    this.#arm(out)
    return replaced
  }

  /** The host agrees that this peer witnesses; why it can't, if it can't. */
  agree(out: Outbox, number: number): AgreeFault | undefined {
    return this.orders.agree(out, number)
  }

  /** A decision on an epoch is here; while its handover is on its way, that is looked after. */
  begin(out: Outbox, decision: Decision, from: PeerId): ApplyResult {
    const result = this.entering.begin(out, decision, from)
    if (result.status === 'missing') this.#arm(out)
    return result
  }

  onMessage(out: Outbox, message: ChangeMessage): void {
    const { from } = message
    switch (message.kind) {
      case 'epoch-order':
        this.#onOrder(out, message)
        break
      case 'epoch-accept':
        this.orders.onAccept(out, message)
        break
      case 'epoch-collect':
        // Only a witness proposes.
        if (this.#isOfChange(message)) this.#report(out, from)
        return
      case 'epoch-report':
        if (!this.#isOfChange(message)) return
        this.#gather.onReport(out, message)
        this.#stir(out)
        break
      case 'handover-fetch':
        return this.#handovers.onFetch(out, from, message.body.piece)
      case 'handover':
        if (this.#gather.onPiece(out, message.body)) this.#stir(out)
        if (this.#handovers.onPiece(out, message.body)) this.#arrived(out)
        return
    }
    this.#arm(out)
  }

  /** For `loaded` with the purpose `handover`. */
  onLoaded(out: Outbox, piece: Digest, value: Uint8Array | undefined): void {
    if (this.#handovers.onLoaded(out, piece, value)) this.#arrived(out)
  }

  /** For `loaded` with the purpose `handover-serve`. */
  onServed(out: Outbox, to: PeerId, value: Uint8Array | undefined): void {
    this.#handovers.onServed(out, to, value)
  }

  /** What a peer had and this one lacked is here. */
  onPulled(out: Outbox, peer: PeerId): void {
    this.#catchingUp.onPulled(out, peer)
    this.orders.onPulled(out, peer)
    this.#gather.onPulled(out, peer)
    this.rules.onPulled(peer)
    this.#stir(out)
  }

  /** A peer gives nothing for this time. */
  onBusy(out: Outbox, from: PeerId, afterMs: number): void {
    if (this.#handovers.lists.isAsking(from) || this.#gather.lists.isAsking(from))
      out.timer(`${RESUME}${from}`, afterMs)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id === REPEAT) this.#repeat(out)
    else if (id === COLLECT) this.#collect(out)
    else if (id.startsWith(RESUME)) this.#resume(out, id.slice(RESUME.length) as PeerId)
    else return this.#catchingUp.onTimer(out, id)
    return true
  }

  /** After each event: the state may have come to where something waits for it. */
  tend(out: Outbox): void {
    const { awaited } = this.rules
    if (awaited !== undefined && this.#parts.digest.root() === awaited) this.#stir(out)
    // What came after the closed epoch was turned down until now.
    if (this.entering.tend(out)) this.#catchingUp.compareAgain(out)
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

  #isOfChange({ from, body }: Extract<ChangeMessage, { kind: 'epoch-collect' | 'epoch-report' }>): boolean {
    return this.#parts.roster.isWitness(from) && this.orders.stop?.order.body.number === body.number
  }

  #onOrder(out: Outbox, { from, body }: Extract<ChangeMessage, { kind: 'epoch-order' }>): void {
    const { order, accepts, root } = body
    const { number } = order.body
    // It was asked for an epoch that has begun: it hasn't heard.
    if (number <= this.#parts.roster.epoch.number) return this.entering.serveEpochs(out, number - 1, from)
    this.orders.take(out, { order, accepts }, from, root)
  }

  #own(): Handover {
    return { locks: this.#parts.ledger().bound(), prepared: this.#parts.agreement().prepared() }
  }

  #ownCut(out: Outbox): Cut {
    return this.#handovers.cutOwn(out, () => this.#own())
  }

  #report(out: Outbox, to: PeerId): void {
    const { stop } = this.orders
    if (stop === undefined || !this.#parts.duty.active || to === this.#parts.signer.id) return
    const { number } = stop.order.body
    out.send(to, 'epoch-report', { number, root: this.#parts.digest.root(), list: this.#ownCut(out).name })
  }

  #arrived(out: Outbox): void {
    this.#stir(out)
    const { arrived } = this.#handovers
    if (arrived !== undefined) this.#parts.arrived(out, arrived)
  }

  #repeat(out: Outbox): void {
    this.#isArmed = false
    this.orders.repeat(out)
    this.#handovers.lists.repeat(out)
    this.#gather.lists.repeat(out)
    this.#arm(out)
    // A witness's own turn may have begun to collect, and every report of it may be lost: each repetition asks again.
    this.#collect(out)
  }

  #collect(out: Outbox): void {
    if (this.orders.stop === undefined) return
    if (this.#gather.isCollecting) this.#gather.collect(out, this.#ownCut(out))
    this.#stir(out)
  }

  #resume(out: Outbox, peer: PeerId): void {
    this.#handovers.lists.resume(out, peer)
    this.#gather.lists.resume(out, peer)
  }

  #stir(out: Outbox): void {
    const { stop } = this.orders
    if (stop === undefined) return
    this.#parts.agreement().stir(out, epochInstance(stop.order.body.number))
    if (this.#gather.isCollecting) out.timer(COLLECT, TIMES.deltaMs)
    this.#arm(out)
  }

  #arm(out: Outbox): void {
    const isFetching = this.#handovers.lists.isBusy || this.#gather.lists.isBusy
    if (this.#isArmed || !(this.orders.isBusy || isFetching)) return
    // Once set it fires: others' repetitions would else put it off for ever.
    this.#isArmed = true
    out.timer(REPEAT, TIMES.retryMsMax)
  }

  #forget(out: Outbox): void {
    this.orders.clear(out)
    this.#gather.clear()
    this.rules.clear()
    this.sources.freeze()
    out.cancelTimer(COLLECT)
  }
}
