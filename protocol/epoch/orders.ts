import type { Signer } from '../crypto/signer.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { list, struct, uint } from '../encoding/codec.ts'
import { sign } from '../encoding/signed.ts'
import { type Digest, epochInstance, type InstanceId, type PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import { type AgreeFault, addedBy, fitsOrder, orderFault, strangersIn } from './order.ts'
import { OrderPlaces, type Pending } from './order-places.ts'
import {
  ACCEPT,
  orderDigestOf,
  type SignedAccept,
  signedAccept,
  type SignedOrder,
  signedOrder,
} from './value.ts'

const agreedCodec = struct({ number: uint() })

const stopCodec = struct({
  order: signedOrder,
  accepts: list(signedAccept, { max: LIMITS.witnesses }),
  sinceMs: uint(),
})

/** The order, with everybody's accept, that this witness has stopped for. */
export interface Stop {
  readonly order: SignedOrder
  readonly accepts: readonly SignedAccept[]
  readonly sinceMs: number
}

export interface OrdersParts {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  /** Comparator code that this program brings: without it a witness couldn't judge. */
  readonly rules: Digest
  readonly acceptsWitness: boolean
  readonly root: () => Digest
  /** Whether this peer has all that closed epochs ended with. */
  readonly isLevel: () => boolean
  /** Compares ledgers with a peer and fetches what this one lacks; `onPulled` follows. */
  readonly compare: (out: Outbox, peer: PeerId) => void
  readonly stirred: (out: Outbox, instance: InstanceId) => void
}

/**
 * Orders for the next epoch on their way to the witnesses (5.6). Every witness that hears of one passes it on and asks
 * those whom it adds to accept, so nobody else need stay. With all accepts it *stops*: the record is in the batch of
 * the event that shows it to anybody, and only the decision of the next epoch takes it away. So a witness that has
 * reported what it is bound to, promised or prepared never votes for anything else of the epoch, across any crash.
 *
 * Orders that still lack an accept are in memory alone, and no promise is lost with them: nobody has stopped for one, and
 * every other holder says it again to all witnesses and to those who are missing until an epoch is decided, so a peer that
 * starts again hears of it within seconds. One that nobody else had heard of is gone with the peer: it is shown no more,
 * and whoever waits for it at a command line brings it again, which makes it no other order.
 */
export class Orders {
  readonly #parts: OrdersParts
  readonly #pending: OrderPlaces
  /** The epoch for which this peer's host has agreed by a command; only the next one can be. */
  #agreed: number | undefined
  #stop: Stop | undefined

  constructor(parts: OrdersParts) {
    this.#parts = parts
    this.#pending = new OrderPlaces(parts.roster)
  }

  get stop(): Stop | undefined {
    return this.#stop
  }

  /** The orders that still lack an accept, and whose. */
  pending(): readonly { readonly order: SignedOrder; readonly missing: readonly PeerId[] }[] {
    return [...this.#pending.all()].map((one) => ({ order: one.order, missing: this.#missing(one) }))
  }

  restore({ key, value }: StoredRecord): boolean {
    if (key === keys.epochAgreed) {
      this.#agreed = decodeRecord(agreedCodec, value, key).number
      return true
    }
    if (key !== keys.epochStop) return false
    this.#stop = decodeRecord(stopCodec, value, key)
    return true
  }

  /** This peer's owner brings an order; the order that has to make room for it, if any: nobody need wait for that one. */
  bring(out: Outbox, order: SignedOrder): Digest | undefined {
    const evicted = this.#pending.own(orderDigestOf(order))
    this.take(out, { order, accepts: [] }, this.#parts.signer.id, null)
    return evicted
  }

  /** An order reached this peer; `root` is that of the witness that passed it on. */
  take(
    out: Outbox,
    { order, accepts }: Pick<Stop, 'order' | 'accepts'>,
    from: PeerId,
    root: Digest | null,
  ): void {
    const { roster, signer } = this.#parts
    if (orderFault(order, roster) !== undefined || this.#stop !== undefined) return
    const digest = orderDigestOf(order)
    const before = this.#pending.get(digest)
    const pending = before ?? this.#pending.add(digest, order)
    for (const one of accepts) if (fitsOrder(one, order, roster)) pending.accepts.set(one.signer, one)
    if (from !== signer.id) this.#consider(out, pending, from, root)
    this.#advance(out, pending, from)
    if (this.#stop !== undefined) return
    this.#pending.trim()
    if (before === undefined) this.#pass(out, pending)
  }

  onAccept(out: Outbox, message: MessageOf<'epoch-accept'>): void {
    const { signer, body, bytes, sig, from } = message
    const pending = this.#pending.get(body.order)
    const accept: SignedAccept = { signer, body, bytes, sig }
    if (pending === undefined || !fitsOrder(accept, pending.order, this.#parts.roster)) return
    pending.accepts.set(signer, accept)
    this.#advance(out, pending, from)
  }

  /**
   * The host agrees to witness in an epoch; why it can't, if it can't. It is remembered over a restart, since whoever
   * agreed was told so: the accept follows once this peer is level, with a repetition of the order at the latest.
   */
  agree(out: Outbox, number: number): AgreeFault | undefined {
    const { signer, roster, compare } = this.#parts
    const named = [...this.#pending.all()].filter(
      ({ order }) => order.body.number === number && addedBy(order, roster).includes(signer.id),
    )
    if (named.length === 0) return 'no_order'
    const open = named.filter(({ order }) => this.#unfit(order) === undefined)
    const [first] = named
    if (open.length === 0) return first && this.#unfit(first.order)
    this.#agreed = number
    out.write(keys.epochAgreed, encodeBody(agreedCodec, { number }))
    const [witness] = roster.epoch.witnesses
    for (const pending of open) if (witness !== undefined) pending.levelling.add(witness)
    if (witness !== undefined) compare(out, witness)
    return undefined
  }

  /** Why this peer can witness in no epoch, or not in the one that is ordered. */
  #unfit({ body }: SignedOrder): AgreeFault | undefined {
    const { duty, rules } = this.#parts
    if (duty.isLost) return 'votes_lost'
    return body.governance.rules === rules ? undefined : 'rules_unknown'
  }

  /** This peer has fetched what a witness had and it lacked. */
  onPulled(out: Outbox, peer: PeerId): void {
    for (const pending of this.#pending.all()) {
      // One that isn't level yet is asked again with the order's next repetition.
      if (pending.levelling.delete(peer) && this.#parts.isLevel()) this.#accept(out, pending, peer)
      this.#advance(out, pending, peer)
    }
  }

  /** What may have been lost is said again. */
  repeat(out: Outbox): void {
    if (this.#stop !== undefined) return this.#tell(out, this.#stop)
    for (const pending of this.#pending.all()) this.#pass(out, pending)
  }

  /** Whether there is anything to repeat. */
  get isBusy(): boolean {
    return this.#stop !== undefined || this.#pending.size > 0
  }

  /** The next epoch has begun. */
  clear(out: Outbox): void {
    this.#pending.clear()
    if (this.#agreed !== undefined) out.write(keys.epochAgreed, null)
    this.#agreed = undefined
    if (this.#stop !== undefined) out.write(keys.epochStop, null)
    this.#stop = undefined
  }

  #missing({ order, accepts }: Pending): readonly PeerId[] {
    return addedBy(order, this.#parts.roster).filter((peer) => !accepts.has(peer))
  }

  /** Whether this peer is one that the order adds, may accept, is level, and has caught up with the witness that asks. */
  #consider(out: Outbox, pending: Pending, from: PeerId, root: Digest | null): void {
    const { signer, roster, acceptsWitness, compare } = this.#parts
    if (!addedBy(pending.order, roster).includes(signer.id)) return
    const mine = pending.accepts.get(signer.id)
    // Whoever asks again hasn't heard, and may be the only one that still holds the order.
    if (mine !== undefined) return out.sendSigned(from, 'epoch-accept', mine)
    if (!roster.isWitness(from) || root === null) return
    const isWilling = acceptsWitness || this.#agreed === pending.order.body.number
    if (!isWilling || this.#unfit(pending.order) !== undefined) return
    if (root === this.#parts.root() && this.#parts.isLevel()) return this.#accept(out, pending, from)
    pending.levelling.add(from)
    compare(out, from)
  }

  /** Signed as often as it is asked for: an accept has no slot that two bodies could compete for. */
  #accept(out: Outbox, pending: Pending, from: PeerId): void {
    const { signer, roster } = this.#parts
    const { order } = pending
    const accept = sign(signer, roster.swarm, ACCEPT, {
      number: order.body.number,
      order: orderDigestOf(order),
    })
    pending.accepts.set(signer.id, accept)
    for (const peer of new Set([...roster.epoch.witnesses, from]))
      if (peer !== signer.id) out.sendSigned(peer, 'epoch-accept', accept)
  }

  #advance(out: Outbox, pending: Pending, from: PeerId): void {
    const { roster, duty, signer, compare } = this.#parts
    if (this.#stop !== undefined || !duty.active || duty.stopped) return
    if (this.#missing(pending).length > 0) return
    if (strangersIn(pending.order, roster).length > 0) {
      if (from !== signer.id) compare(out, from)
      return
    }
    const { order } = pending
    const accepts = addedBy(order, roster).flatMap((peer) => pending.accepts.get(peer) ?? [])
    this.#stop = { order, accepts, sinceMs: out.now }
    out.write(keys.epochStop, encodeBody(stopCodec, this.#stop))
    this.#tell(out, this.#stop)
    this.#parts.stirred(out, epochInstance(order.body.number))
  }

  /** To the other witnesses, and to those who haven't accepted yet. */
  #pass(out: Outbox, pending: Pending): void {
    this.#tell(out, { order: pending.order, accepts: [...pending.accepts.values()] }, this.#missing(pending))
  }

  #tell(
    out: Outbox,
    { order, accepts }: Pick<Stop, 'order' | 'accepts'>,
    others: readonly PeerId[] = [],
  ): void {
    const { roster, signer } = this.#parts
    const root = roster.isWitness(signer.id) ? this.#parts.root() : null
    const body = { order, accepts, root }
    for (const peer of new Set([...roster.epoch.witnesses, ...others]))
      if (peer !== signer.id) out.send(peer, 'epoch-order', body)
  }
}
