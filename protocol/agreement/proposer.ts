import type { Signer } from '../crypto/signer.ts'
import { quorumOf } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import type { InstanceId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { FactServer } from '../sync/serve.ts'
import { hasItems, type InstanceRules } from './instance-rules.ts'
import { type Ballot, type Decision, PROPOSAL, valueDigestOf } from './messages.ts'
import { type Attempt, freshAttempt, type Standing } from './attempt.ts'
import { carriedBy, isOutnumbered, shownOf } from './promises.ts'
import { OwnProposals } from './own-proposals.ts'
import { keptMs } from './round.ts'
import { Turns } from './turns.ts'
import type { Value } from './value.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'

interface ProposerOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly rules: InstanceRules
  readonly serve: Pick<FactServer, 'entries'>
  /** While an epoch change is under way nothing but that is brought further. */
  readonly isHalted: (instance: InstanceId) => boolean
  /** A quorum committed: final. */
  readonly decided: (out: Outbox, decision: Decision) => void
}

const RETRY = 'agree/retry/'

/**
 * Drives instances to a decision: as natural proposer in rounds 0 and 1, as a witness in its own later
 * rounds. It writes value and round before the proposal leaves, so that after a crash it can only repeat the
 * same proposal; everything else it holds may be lost, since votes are asked for again.
 */
export class Proposer {
  readonly #options: ProposerOptions
  readonly #attempts = new Map<InstanceId, Attempt>()
  readonly #turns: Turns
  readonly #proposed = new OwnProposals()

  constructor(options: ProposerOptions) {
    this.#options = options
    this.#turns = new Turns({ ...options, self: options.signer.id })
  }

  restore(record: StoredRecord): void {
    this.#proposed.restore(record)
  }

  /**
   * As natural proposer: proposes in round 0, or repeats what it proposed before a restart. In any round whose
   * promises are here: proposes, if only the value was missing. Call it whenever a value may have become possible.
   */
  advance(out: Outbox, instance: InstanceId): void {
    if (this.#options.isHalted(instance)) return
    const attempt = this.#attempts.get(instance)
    if (attempt !== undefined) return this.#complete(out, attempt)
    if (this.#options.rules.naturalProposer(instance) !== this.#options.signer.id) return
    const before = this.#proposed.get(instance)
    // After a restart in a later round its promises are gone: the witnesses' rounds take over.
    if (before !== undefined && before.round > 0) return
    const value = before?.value ?? this.#options.rules.build(out, instance)
    if (value === undefined) return
    this.#propose(out, this.#begin(instance, 0), value)
  }

  /** As witness: its own later rounds come from when the instance is due. */
  arm(out: Outbox, instance: InstanceId, mine: Standing): void {
    this.#turns.arm(out, instance, mine)
  }

  /** A timer of this part fired. */
  onTimer(out: Outbox, id: string, standing: (instance: InstanceId) => Standing): boolean {
    if (id.startsWith(RETRY)) {
      this.#retry(out, id.slice(RETRY.length) as InstanceId)
      return true
    }
    const instance = this.#turns.instanceOf(id)
    if (instance === undefined) return false
    const keptUntilMs = this.#takeTurn(out, instance, standing(instance))
    this.#turns.rearm(out, instance, standing(instance), keptUntilMs)
    return true
  }

  onPromised(out: Outbox, { from, body }: MessageOf<'promised'>): void {
    const { newview, value } = body
    const attempt = this.#attempts.get(newview.body.instance)
    const position = this.#options.roster.witnessPosition(newview.signer)
    if (attempt === undefined || attempt.proposal !== undefined || position < 0 || from !== newview.signer)
      return
    if (newview.body.round !== attempt.round || !this.#isCurrent(newview.body)) return
    const bound = newview.body.prepared?.ballot.value
    if (bound !== undefined && (value === null || valueDigestOf(value) !== bound)) return
    attempt.newviews.set(position, newview)
    if (value !== null && bound !== undefined) attempt.carried.set(position, value)
    this.#complete(out, attempt)
  }

  /** Proposes in a round whose promises are here, as soon as there is a value. */
  #complete(out: Outbox, attempt: Attempt): void {
    if (attempt.round === 0 || attempt.proposal !== undefined) return
    if (attempt.newviews.size < this.#options.roster.epoch.sizes.quorum) return
    const chosen = this.#valueFor(out, attempt)
    if (chosen !== undefined) this.#propose(out, attempt, chosen)
  }

  onPrepare(out: Outbox, { signer, body, sig }: MessageOf<'prepare'>): void {
    const attempt = this.#matching(body)
    const position = this.#options.roster.witnessPosition(signer)
    if (attempt === undefined || attempt.prepared !== undefined || position < 0) return
    attempt.prepares.set(position, sig)
    if (attempt.prepares.size < this.#options.roster.epoch.sizes.quorum) return
    const { number, witnesses } = this.#options.roster.epoch
    const prepared = { ballot: body, quorum: quorumOf(number, witnesses.length, attempt.prepares) }
    attempt.prepared = prepared
    this.#toAll((peer) => out.send(peer, 'prepared', prepared))
  }

  onCommit(out: Outbox, { signer, body, sig }: MessageOf<'commit'>): void {
    const attempt = this.#matching(body)
    const position = this.#options.roster.witnessPosition(signer)
    if (attempt?.proposal === undefined || position < 0) return
    attempt.commits.set(position, sig)
    if (attempt.commits.size < this.#options.roster.epoch.sizes.quorum) return
    const { number, witnesses } = this.#options.roster.epoch
    const { instance, round } = body
    const quorum = quorumOf(number, witnesses.length, attempt.commits)
    this.#options.decided(out, { instance, round, value: attempt.proposal.value, quorum })
  }

  onRefusal(out: Outbox, { from, body }: MessageOf<'refusal'>): void {
    const attempt = this.#attempts.get(body.instance)
    const { roster, rules } = this.#options
    const position = roster.witnessPosition(from)
    if (position < 0) return
    // What a witness misses is worth knowing for the next try, also when this one has ended meanwhile.
    rules.learn(out, body, from)
    if (attempt === undefined || attempt.round !== body.round || !this.#isCurrent(body)) return
    switch (body.code) {
      case 'missing':
        // Facts it lacks are sent, and the retry shows the proposal again; a lost proposal is shown at once.
        if (body.missing.length > 0) return void this.#options.serve.entries(out, from, body.missing)
        if (attempt.shownAgain.has(position)) return undefined
        attempt.shownAgain.add(position)
        return this.#show(out, attempt, from)
      case 'promised':
        attempt.promisedBy.add(position)
        if (!isOutnumbered(attempt.promisedBy, roster)) return undefined
        return this.#stop(out, attempt.instance)
      case 'guard':
      case 'uncovered':
      case 'not_valid':
        // A guard without items is a matter of time: the retry asks again.
        if (body.code === 'guard' && !hasItems(body)) return undefined
        attempt.refusedBy.add(position)
        return this.#repair(out, attempt)
      default:
        return undefined
    }
  }

  /** The instance is decided. */
  forget(out: Outbox, instance: InstanceId): void {
    this.#stop(out, instance)
    this.#turns.forget(out, instance)
    this.#proposed.forget(out, instance)
  }

  /** The epoch is over, and with it all its rounds. */
  reset(out: Outbox): void {
    const known = [...this.#attempts.keys(), ...this.#turns.instances(), ...this.#proposed.instances()]
    for (const instance of new Set(known)) this.forget(out, instance)
  }

  /** Refused by so many that the round can't succeed: it is kept no longer; the natural proposer repairs its value in round 1. */
  #repair(out: Outbox, attempt: Attempt): void {
    if (!isOutnumbered(attempt.refusedBy, this.#options.roster)) return
    attempt.keptUntilMs = 0
    if (attempt.round > 0) return
    this.#stop(out, attempt.instance)
    this.#collect(out, this.#begin(attempt.instance, 1))
  }

  /** Returns until when its turn is put off, where it is for a round of its own that may still succeed. */
  #takeTurn(out: Outbox, instance: InstanceId, mine: Standing): number {
    const round = this.#turns.roundNow(out, instance, mine)
    if (round === undefined || this.#options.isHalted(instance)) return 0
    // Without a value of its own, or one it helped to prepare, its round would only delay the others'.
    const hasValue = mine.prepared || this.#options.rules.build(out, instance) !== undefined
    if (!hasValue || (this.#proposed.get(instance)?.round ?? -1) >= round) return 0
    const { keptUntilMs = 0 } = this.#attempts.get(instance) ?? {}
    if (out.now < keptUntilMs) return keptUntilMs
    this.#stop(out, instance)
    const { witnesses } = this.#options.roster.epoch.sizes
    this.#collect(out, this.#begin(instance, round, out.now + keptMs(round, witnesses)))
    return 0
  }

  /** A natural proposer's rounds give way to its own as a witness: they are never kept. */
  #begin(instance: InstanceId, round: number, keptUntilMs = 0): Attempt {
    const attempt = freshAttempt(instance, round, keptUntilMs)
    this.#attempts.set(instance, attempt)
    return attempt
  }

  #collect(out: Outbox, attempt: Attempt): void {
    out.timer(`${RETRY}${attempt.instance}`, attempt.waitMs)
    this.#toAll((peer) => this.#show(out, attempt, peer))
  }

  #valueFor(out: Outbox, attempt: Attempt): Value | undefined {
    const { roster, rules } = this.#options
    const { instance, round } = attempt
    const bound = carriedBy(
      [...attempt.newviews.values()],
      { instance, epoch: roster.epoch.number, round },
      roster,
    )
    if (bound === 'no_quorum') return undefined
    if (bound === undefined) return rules.build(out, instance)
    return [...attempt.carried.values()].find((value) => valueDigestOf(value) === bound)
  }

  #propose(out: Outbox, attempt: Attempt, value: Value): void {
    const { roster, signer } = this.#options
    const { instance, round } = attempt
    this.#proposed.put(out, { instance, round, value })
    const body = { instance, epoch: roster.epoch.number, round, value: valueDigestOf(value) }
    const newviews = [...attempt.newviews.values()].slice(0, LIMITS.witnesses)
    attempt.proposal = { proposal: sign(signer, roster.swarm, PROPOSAL, body), value, newviews }
    out.timer(`${RETRY}${instance}`, attempt.waitMs)
    this.#toAll((peer) => this.#show(out, attempt, peer))
  }

  /** Sends one witness what it has to answer next. */
  #show(out: Outbox, attempt: Attempt, peer: PeerId): void {
    const { instance, round, proposal } = attempt
    if (proposal === undefined) {
      const epoch = this.#options.roster.epoch.number
      if (round > 0)
        out.send(peer, 'newview-request', {
          instance,
          epoch,
          round,
          newviews: shownOf([...attempt.newviews.values()], this.#options.roster),
        })
      return
    }
    out.send(peer, 'propose', proposal)
  }

  #retry(out: Outbox, instance: InstanceId): void {
    const attempt = this.#attempts.get(instance)
    if (attempt === undefined) return
    attempt.waitMs = Math.min(attempt.waitMs * 2, TIMES.retryMsMax)
    attempt.shownAgain.clear()
    out.timer(`${RETRY}${instance}`, attempt.waitMs)
    if (this.#options.isHalted(instance)) return
    const { prepared, proposal } = attempt
    this.#options.roster.epoch.witnesses.forEach((peer, position) => {
      if (proposal === undefined) {
        if (!attempt.newviews.has(position)) this.#show(out, attempt, peer)
      } else if (prepared === undefined) {
        if (!attempt.prepares.has(position)) this.#show(out, attempt, peer)
      } else if (!attempt.commits.has(position)) {
        out.send(peer, 'prepared', prepared)
      }
    })
  }

  /** Whether something is said of this epoch, and may be heard in it now. */
  #isCurrent({ instance, epoch }: Pick<Ballot, 'instance' | 'epoch'>): boolean {
    return epoch === this.#options.roster.epoch.number && !this.#options.isHalted(instance)
  }

  /** The attempt that these votes are for. */
  #matching(body: Ballot): Attempt | undefined {
    const attempt = this.#attempts.get(body.instance)
    const proposed = attempt?.proposal?.proposal.body
    if (proposed === undefined || proposed.round !== body.round || !this.#isCurrent(body)) return undefined
    return proposed.value === body.value ? attempt : undefined
  }

  #stop(out: Outbox, instance: InstanceId): void {
    this.#attempts.delete(instance)
    out.cancelTimer(`${RETRY}${instance}`)
  }

  #toAll(send: (peer: PeerId) => void): void {
    this.#options.roster.epoch.witnesses.forEach(send)
  }
}
