import type { Agreement } from '../agreement/agreement.ts'
import { type Decision, decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import { encodeBody } from '../encoding/body.ts'
import { type Digest, type InstanceId, parseEpochInstance, type PeerId } from '../ids.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { LiveRoster } from '../swarm/live-roster.ts'
import type { Closing } from '../sync/closing/closing.ts'
import { EPOCH_KEY, epochLeaf } from '../sync/leaves.ts'
import type { FactServer } from '../sync/serve.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import { type HandedOver, handoverOf } from './begin.ts'
import type { Handovers } from './handovers.ts'
import { orderFault } from './order.ts'
import { epochId, type EpochValue, orderDigestOf } from './value.ts'

/** Epochs that a peer which is behind is told of at once; it asks for more when it has begun them. */
const SERVED_EPOCHS = 4

export interface EnteringParts {
  readonly self: PeerId
  readonly roster: LiveRoster
  readonly digest: StateDigest
  readonly closing: Closing
  readonly handovers: Handovers
  readonly ledger: () => Pick<Ledger, 'beginEpoch'>
  readonly agreement: () => Pick<Agreement, 'beginEpoch'>
  readonly compare: (out: Outbox, peer: PeerId) => void
  readonly serve: () => FactServer
  /** The order and all that was collected for it are done with. */
  readonly forget: (out: Outbox) => void
  /** An epoch has begun here, or this peer has caught up with its beginning: duties may be others now. */
  readonly begun: (out: Outbox) => void
  /** An epoch was decided, and by which order. */
  readonly decided: (out: Outbox, order: Digest) => void
}

/** How an epoch that was decided begins at any peer, and how others hear of it. */
export class Entering {
  readonly #parts: EnteringParts

  constructor(parts: EnteringParts) {
    this.#parts = parts
  }

  /**
   * Begins the next epoch, whoever brings the decision; all records of it are in this event's batch. Only a quorum of
   * the epoch before can have decided: an older one's witnesses may have left since.
   */
  begin(out: Outbox, decision: Decision, from: PeerId): ApplyResult {
    const { roster, handovers, self } = this.#parts
    const number = parseEpochInstance(decision.instance)
    const { value } = decision
    if (number === undefined || value.type !== 'epoch') return { status: 'contradiction' }
    const known = roster.epochOf(number)
    if (known !== undefined)
      return { status: known.decision === valueDigestOf(value) ? 'known' : 'contradiction' }
    if (!roster.mayBegin(number, valueDigestOf(value))) return { status: 'contradiction' }
    const closed = roster.epoch.number
    if (number > closed + 1) return { status: 'missing', ids: [epochId(number - 1)] }
    if (decision.quorum.epoch !== closed || orderFault(value.order, roster) !== undefined)
      return { status: 'contradiction' }
    const holders = [from, ...roster.epoch.witnesses].filter((peer) => peer !== self)
    const handover = handovers.decided(out, value.handover, holders)
    if (handover === 'wait') return { status: 'missing', ids: [value.handover] }
    if (handover === 'broken') return { status: 'contradiction' }
    handovers.settle(out)
    out.write(keys.epochDecision(number), encodeBody(decisionCodec, decision))
    this.#enter(out, value, handoverOf(handover), from)
    return { status: 'applied' }
  }

  #enter(out: Outbox, value: EpochValue, handover: HandedOver, from: PeerId): void {
    const { roster, closing, self } = this.#parts
    const { number: closed, witnesses } = roster.epoch
    roster.enter(out, value.order.body.governance, valueDigestOf(value))
    this.#parts.forget(out)
    closing.close(out, { number: closed, root: value.root, listed: handover.listed })
    this.#parts.agreement().beginEpoch(out, handover.prepared)
    this.#parts.ledger().beginEpoch(out, { locks: handover.locks, closed })
    this.setLeaf()
    // One that decided a carried value itself knows no better than that its witnesses stood at the root.
    const ahead = from === self ? witnesses.filter((peer) => peer !== self) : [from]
    for (const peer of closing.isLevel ? [] : ahead) {
      closing.heard(out, peer)
      this.#parts.compare(out, peer)
    }
    this.#parts.begun(out)
    this.#parts.decided(out, orderDigestOf(value.order))
  }

  /** Everybody is told: nobody votes or is believed under the old epoch any more. */
  audience(instance: InstanceId): readonly PeerId[] {
    if (parseEpochInstance(instance) === undefined) return []
    const { roster, self } = this.#parts
    return [...roster.members()].flatMap(({ peer }) => (peer === self ? [] : [peer]))
  }

  serve(out: Outbox, instance: InstanceId, to: PeerId): boolean {
    const number = parseEpochInstance(instance)
    if (number === undefined || number > this.#parts.roster.epoch.number) return false
    this.serveEpochs(out, number - 1, to)
    return true
  }

  serveEpochs(out: Outbox, behind: number, to: PeerId): void {
    const { roster, self } = this.#parts
    const newest = Math.min(roster.epoch.number, behind + SERVED_EPOCHS)
    if (to === self || behind < 0) return
    const numbers = Array.from({ length: Math.max(0, newest - behind) }, (_, at) => behind + 1 + at)
    this.#parts.serve().facts(out, to, numbers.map(keys.epochDecision))
  }

  /** After each event: whether a peer that was behind has come to where the closed epoch ended by it. */
  tend(out: Outbox): boolean {
    const { closing } = this.#parts
    if (closing.isLevel || !closing.advance(out)) return false
    this.setLeaf()
    this.#parts.begun(out)
    return true
  }

  /** A peer that isn't level yet stands at the end of the closed epoch, and says so. */
  setLeaf(): void {
    const { digest, closing, roster } = this.#parts
    const number = closing.isLevel ? roster.epoch.number : roster.epoch.number - 1
    digest.set(EPOCH_KEY, epochLeaf(number))
  }
}
