import type { InstanceRules, Judgement } from '../agreement/instance-rules.ts'
import { type Digest, parseEpochInstance, type PeerId } from '../ids.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { Gather } from './gather.ts'
import { covers, type HandoverLookups, mayList } from './handover.ts'
import type { Lists } from './lists.ts'
import type { Handover } from './messages.ts'
import { isAccepted, orderFault, strangersIn } from './order.ts'
import type { Orders } from './orders.ts'
import { type Cut, cutHandover, fitsList } from './pieces.ts'
import type { Shelf } from './shelf.ts'
import type { EpochValue } from './value.ts'

export interface ChangeRulesParts {
  readonly self: PeerId
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly orders: Orders
  readonly gather: Gather
  /** Lists that values name, one of each peer that showed a value lately. */
  readonly lists: Lists
  readonly shelf: Shelf
  readonly lookups: HandoverLookups
  readonly root: () => Digest
  readonly compare: (out: Outbox, peer: PeerId) => void
  /** What this witness is bound to, and what it prepared. */
  readonly own: () => Handover
  /** The same in pieces, for whoever proposes. */
  readonly ownCut: (out: Outbox) => Cut
  /** Tells a proposer what it left out. */
  readonly report: (out: Outbox, to: PeerId) => void
  /** No fact is taken from anybody until the next comparison. */
  readonly freeze: () => void
}

/** The slot of what this witness holds itself: most of what a value lists is here before it is asked for. */
const OWN = 'own'

/** Whose facts this witness fetches to judge its value. */
interface Levelling {
  readonly from: PeerId
  readonly root: Digest
  readonly sinceMs: number
  hasEnded: boolean
}

export interface ChangeRules extends InstanceRules {
  onPulled(peer: PeerId): void
  /** The state at which a waiting proposal can be judged. */
  readonly awaited: Digest | undefined
  clear(): void
}

/**
 * What the instances `epoch/<n + 1>` bring to the agreement of epoch n (5.6).
 *
 * **Why nothing that epoch n certified or decided is lost.** A value is prepared afresh by a quorum of witnesses that
 * have stopped, each with its own state at the value's root and with all that it is bound to listed. Take any
 * certificate of epoch n, known to anybody or not: q witnesses voted for its entry, so a correct one, w, both voted and
 * prepared. It didn't vote after it had stopped, so when it prepared either its lock was still there, and the entry is
 * listed; or the place was settled in its state, which is the root. Likewise a value that was decided: w committed it
 * before it stopped, so it held a prepared certificate of that round or a later one, which is for the same value (5.2);
 * or the instance was decided in its state. So each certificate and decision of epoch n is within the root or listed,
 * and whatever isn't can be refused for ever.
 *
 * **Why there are no two for one place.** Epoch n + 1 votes only from the root on (`Closing.isLevel`), so for no place
 * that is settled there. At a place with one listed entry each of its witnesses votes for that one alone, and at one
 * with several for that alone of which it has seen a closed certificate first: in either case for what its lock then
 * holds. In an instance with a listed value it prepares that value alone. What isn't listed has no certificate and
 * no decision, and is free. Listed once, an entry or a value is listed by every later handover until it is settled,
 * since each witness of the next epoch holds it and covers it.
 *
 * **Why the value itself is one.** `epoch/<n + 1>` is an agreement of epoch n like any other: one value at most, its
 * decision signed by a quorum of epoch n and of no other one.
 *
 * **Why what is decided can be had.** A witness that prepares a fresh value has all pieces of its handover, and writes them
 * in the batch of its prepare. A value that is carried to a later round was prepared fresh by a quorum in an earlier
 * one, and none of them deletes its pieces before an epoch is decided.
 *
 * **Why it ends.** The validity of an order depends on the epoch alone, so whoever gets it stops for it. Stopped
 * witnesses take facts only from the proposer whose value they judge, or, as proposers, from those whose reports they
 * use; a refusal brings a report. So honest witnesses' states only grow towards each other, and once an honest
 * proposer has the reports of all honest witnesses its value passes.
 */
export function createChangeRules(parts: ChangeRulesParts): ChangeRules {
  const { roster, duty, orders, gather, lists, shelf, lookups } = parts
  let levelling: Levelling | undefined
  /** Others whose lists are here, the last one last. */
  let judged: readonly PeerId[] = []
  let built: { readonly value: EpochValue; readonly version: number } | undefined

  const isNext = (instance: string) => parseEpochInstance(instance) === roster.epoch.number + 1

  function build(out: Outbox): EpochValue | undefined {
    const { stop } = orders
    if (stop === undefined || !duty.active) return undefined
    if (!gather.isCollecting) gather.collect(out, parts.ownCut(out))
    if (!gather.isReady(out.now)) return undefined
    const root = parts.root()
    if (built?.value.root === root && built.version === gather.version) return built.value
    const merged = gather.merged(parts.own(), roster.epoch.number)
    const { order, accepts } = stop
    const { number } = order.body
    const cut = cutHandover(merged, number)
    if (!fitsList(cut)) return undefined
    shelf.put(out, 'proposal', cut, number)
    lists.place(parts.self, cut)
    built = { value: { type: 'epoch', order, accepts, root, handover: cut.name }, version: gather.version }
    parts.freeze()
    return built.value
  }

  function level(out: Outbox, root: Digest, from: PeerId): Judgement {
    if (levelling?.from === from && levelling.root === root) {
      // One that is where this witness is, and says otherwise, brings nothing however long it is waited for.
      const isOver = levelling.hasEnded || out.now - levelling.sinceMs >= TIMES.retryMsMax
      return isOver ? refuse(out, from) : { verdict: 'wait' }
    }
    levelling = { from, root, sinceMs: out.now, hasEnded: false }
    parts.compare(out, from)
    return { verdict: 'wait' }
  }

  function refuse(out: Outbox, from: PeerId): Judgement {
    levelling = undefined
    parts.report(out, from)
    return { verdict: 'uncovered' }
  }

  /**
   * One proposal waits at a time, the newest. The lists of the few before are kept besides: else whoever proposes once
   * more between two answers would have this peer fetch an honest one's list from its beginning again and again.
   */
  function makeRoom(from: PeerId): void {
    if (from === parts.self) return
    const all = [...judged.filter((peer) => peer !== from), from]
    judged = all.slice(-LIMITS.judgedLists)
    for (const peer of all.slice(0, -LIMITS.judgedLists)) lists.drop(peer)
  }

  function judge(out: Outbox, value: EpochValue, from: PeerId): Judgement {
    if (orderFault(value.order, roster) !== undefined) return { verdict: 'not_valid' }
    if (!isAccepted(value.order, value.accepts, roster)) return { verdict: 'not_valid' }
    if (!roster.isWitness(from)) return { verdict: 'not_valid' }
    if (value.root !== parts.root()) return level(out, value.root, from)
    levelling = undefined
    parts.freeze()
    // At the root all know the same members.
    if (strangersIn(value.order, roster).length > 0) return { verdict: 'not_valid' }
    lists.place(OWN, parts.ownCut(out))
    makeRoom(from)
    const closing = roster.epoch.number
    const sift = (part: Handover) => (mayList(part, closing, lookups) ? part : undefined)
    const handover = lists.want(out, from, { name: value.handover, holders: [from], sift })
    if (handover === 'wait') return { verdict: 'wait' }
    // A part that is this witness's own, too, or came at another root, was let through by nobody else.
    if (handover === 'broken' || !mayList(handover, closing, lookups)) return { verdict: 'not_valid' }
    if (!covers(handover, parts.own())) return refuse(out, from)
    const cut = lists.cut(from)
    if (cut !== undefined) shelf.put(out, 'prepared', cut, value.order.body.number)
    return { verdict: 'prepare' }
  }

  return {
    naturalProposer: (instance) =>
      isNext(instance) && orders.stop !== undefined ? roster.epoch.witnesses[0] : undefined,
    dueAt: (instance) => (isNext(instance) ? orders.stop?.sinceMs : undefined),
    judge: (out, _instance, value, from) =>
      value.type === 'epoch' ? judge(out, value, from) : { verdict: 'not_valid' },
    build: (out, instance) => (isNext(instance) ? build(out) : undefined),
    learn(out, refusal, from) {
      const { stop } = orders
      // One that hasn't stopped knows of no such instance.
      if (stop === undefined || refusal.code !== 'missing' || !isNext(refusal.instance)) return
      const { order, accepts } = stop
      out.send(from, 'epoch-order', { order, accepts, root: parts.root() })
    },
    onPulled(peer) {
      if (levelling?.from === peer) levelling.hasEnded = true
    },
    get awaited() {
      return levelling?.root
    },
    clear() {
      levelling = undefined
      judged = []
      built = undefined
    },
  }
}
