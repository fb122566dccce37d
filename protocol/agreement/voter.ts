import type { Signer } from '../crypto/signer.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import type { Digest, InstanceId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import { type BallotRecord, ballotRecordCodec, freshBallot } from './ballot-record.ts'
import type { CarriedValue } from './carried.ts'
import { type GuardItems, type InstanceRules, type Judgement, NO_ITEMS } from './instance-rules.ts'
import {
  type Ballot,
  COMMIT_BALLOT,
  NEWVIEW,
  type NewView,
  PREPARE,
  type Refusal,
  valueDigestOf,
} from './messages.ts'
import { proposerOf, ROUND_LEAP_MAX, waitMs } from './round.ts'
import { carriedBy, isTimeFor } from './promises.ts'
import type { Value } from './value.ts'

interface VoterOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly rules: InstanceRules
}

type Propose = MessageOf<'propose'>

/**
 * A witness's part of an agreement. Safety (5.3): promise, prepare, prepared certificate and commit are
 * written before the answer is sent, and the outbox lets the answer leave only once that record is synced. So
 * a crash either lost both, and the witness is free, or kept the record, and the witness repeats the same
 * answer. It prepares once and commits once in a round and never below its promise, hence it never signs two
 * bodies for one round, across any crash.
 */
export class Voter {
  readonly #options: VoterOptions
  readonly #ballots = new Map<InstanceId, BallotRecord>()
  /** The newest proposal of each instance that waits for judgement: one each, so it is bounded by the jobs. */
  readonly #waiting = new Map<InstanceId, Propose>()
  /** Values this witness prepared, so that a prepared certificate finds its value. Newest only. */
  readonly #seen = new Map<InstanceId, { readonly digest: Digest; readonly value: Value }>()

  /** When each proposer that waits for a promise is to have it; one each, so it is bounded by the witnesses. */
  readonly #askedBy = new Map<InstanceId, Map<PeerId, number>>()

  constructor(options: VoterOptions) {
    this.#options = options
  }

  restore(record: StoredRecord): void {
    if (!record.key.startsWith(PREFIXES.ballot)) return
    const ballot = decodeRecord(ballotRecordCodec, record.value, record.key)
    this.#ballots.set(ballot.instance, ballot)
  }

  /** Highest round this witness has taken part in. */
  promised(instance: InstanceId): number {
    return this.#ballots.get(instance)?.promise ?? 0
  }

  /** When this witness would promise a round of an instance that is due since `dueMs`. */
  readyAt(instance: InstanceId, round: number, dueMs: number): number {
    const { promise = 0, promisedMs = 0 } = this.#ballots.get(instance) ?? {}
    const { witnesses } = this.#options.roster.epoch
    return Math.max(dueMs, promisedMs) + waitMs(promise, round, witnesses.length)
  }

  hasPrepared(instance: InstanceId): boolean {
    return (
      this.#ballots.get(instance)?.prepared !== undefined && this.#ballots.get(instance)?.prepared !== null
    )
  }

  /**
   * When a proposer that asked before is answered: no later than its first question promised, whatever this
   * witness promised to itself meanwhile. Its own turns would else put off for ever one that is far ahead. A
   * liar so gets one promise at a time of its choice for each wait, which leaves most turns undisturbed.
   */
  #readyFor(from: PeerId, instance: InstanceId, readyMs: number): number {
    const asked = this.#askedBy.get(instance) ?? new Map<PeerId, number>()
    this.#askedBy.set(instance, asked)
    const earliest = Math.min(readyMs, asked.get(from) ?? readyMs)
    asked.set(from, earliest)
    return earliest
  }

  onPropose(out: Outbox, message: Propose): void {
    const { proposal, value } = message.body
    const { instance, epoch, round, value: digest } = proposal.body
    const natural = this.#options.rules.naturalProposer(instance)
    const known = natural !== undefined
    if (!known) return this.#refuse(out, message.from, proposal.body, 'missing', { ids: idsOf(instance) })
    const current = this.#options.roster.epoch
    if (epoch !== current.number || this.#leapsTooFar(instance, round)) return
    if (proposal.signer !== proposerOf(instance, round, natural, current)) {
      return this.#refuse(out, message.from, proposal.body, 'not_proposer', {})
    }
    if (digest !== valueDigestOf(value))
      return this.#refuse(out, message.from, proposal.body, 'not_valid', {})
    const ballot = this.#ballots.get(instance) ?? freshBallot(instance)
    if (round < ballot.promise) return this.#refuse(out, message.from, proposal.body, 'promised', {})
    if (ballot.prepare !== null && ballot.prepare.round === round) return this.#repeat(out, message, ballot)
    this.#consider(out, message)
  }

  /** Judges a proposal again after something it waited for has arrived. */
  reconsider(out: Outbox, instance: InstanceId): void {
    const waiting = this.#waiting.get(instance)
    if (waiting !== undefined) this.#consider(out, waiting)
  }

  onPrepared(out: Outbox, message: MessageOf<'prepared'>): void {
    const { ballot: body } = message.body
    const { instance, epoch, round, value } = body
    if (epoch !== this.#options.roster.epoch.number || this.#leapsTooFar(instance, round)) return
    if (this.#options.rules.naturalProposer(instance) === undefined) return
    const ballot = this.#ballots.get(instance) ?? freshBallot(instance)
    if (round < ballot.promise) return this.#refuse(out, message.from, body, 'promised', {})
    if (ballot.commit === null || ballot.commit.round !== round) {
      const held = this.#valueOf(instance, value, ballot)
      // Without the value a later NewView could not carry it: ask for the proposal first.
      if (held === undefined) return this.#refuse(out, message.from, body, 'missing', {})
      const signed = sign(this.#options.signer, this.#options.roster.swarm, COMMIT_BALLOT, body)
      const next: BallotRecord = {
        ...ballot,
        promise: round,
        commit: { round, value, sig: signed.sig },
        prepared: { certificate: message.body, value: held },
      }
      this.#save(out, next)
      return out.sendSigned(message.from, 'commit', signed)
    }
    if (ballot.commit.value !== value) return
    out.sendSigned(message.from, 'commit', this.#stored(body, ballot.commit.sig))
  }

  onNewViewRequest(out: Outbox, message: MessageOf<'newview-request'>): void {
    const { instance, epoch, round } = message.body
    const { roster, rules } = this.#options
    const natural = rules.naturalProposer(instance)
    if (epoch !== roster.epoch.number || this.#leapsTooFar(instance, round)) return
    // Whoever asks may have what this witness lacks to take part.
    if (natural === undefined)
      return this.#refuse(out, message.from, message.body, 'missing', { ids: idsOf(instance) })
    if (message.from !== proposerOf(instance, round, natural, roster.epoch)) return
    const due = rules.dueAt(instance)
    if (due === undefined) return
    const ballot = this.#ballots.get(instance) ?? freshBallot(instance)
    if (round < ballot.promise) {
      const refused = { instance, epoch, round }
      return this.#refuse(out, message.from, refused, 'promised', {})
    }
    // Only for a round above the last promise: a question about a past one is due at once.
    const readyMs = this.#readyFor(message.from, instance, this.readyAt(instance, round, due))
    if (out.now < readyMs && !isTimeFor(message.body, roster)) return
    out.send(message.from, 'promised', this.#promise(out, message.from, ballot, { instance, epoch, round }))
  }

  /** The highest prepared certificate and its value, of each undecided instance that has one. */
  prepared(): readonly CarriedValue[] {
    return [...this.#ballots.values()].flatMap(({ prepared }) => (prepared === null ? [] : [prepared]))
  }

  /** The epoch is over: what it prepared is carried by the handover, and rounds begin anew. */
  reset(out: Outbox): void {
    for (const instance of this.#ballots.keys()) this.forget(out, instance)
    this.#waiting.clear()
    this.#seen.clear()
    this.#askedBy.clear()
  }

  /**
   * What the instance is about is given up here, undecided: what waits is dropped, the ballot stays. Else this witness
   * could sign a second body for a round, if it comes to the instance once more.
   */
  abandon(instance: InstanceId): void {
    this.#waiting.delete(instance)
    this.#seen.delete(instance)
    this.#askedBy.delete(instance)
  }

  /** Called when the instance is decided: the decision answers everything from now on. */
  forget(out: Outbox, instance: InstanceId): void {
    this.abandon(instance)
    if (this.#ballots.delete(instance)) out.write(keys.ballot(instance), null)
  }

  #promise(
    out: Outbox,
    to: PeerId,
    ballot: BallotRecord,
    asked: Pick<NewView, 'instance' | 'epoch' | 'round'>,
  ) {
    const value = ballot.prepared?.value ?? null
    if (ballot.newview?.body.round === asked.round) return { newview: ballot.newview, value }
    const { signer, roster } = this.#options
    this.#askedBy.get(asked.instance)?.delete(to)
    const prepared = ballot.prepared?.certificate ?? null
    const newview = sign(signer, roster.swarm, NEWVIEW, { ...asked, prepared })
    this.#save(out, { ...ballot, promise: asked.round, newview })
    return { newview, value }
  }

  #consider(out: Outbox, message: Propose): void {
    const { proposal } = message.body
    const { instance } = proposal.body
    const ballot = this.#ballots.get(instance) ?? freshBallot(instance)
    this.#waiting.delete(instance)
    if (proposal.body.round < ballot.promise) return
    const judgement = this.#judge(out, message)
    switch (judgement.verdict) {
      case 'prepare':
        return this.#prepare(out, message, ballot)
      case 'wait':
        this.#waiting.set(instance, message)
        return undefined
      case 'missing':
        return this.#refuse(out, message.from, proposal.body, 'missing', { ids: judgement.ids })
      case 'guard':
        return this.#refuse(out, message.from, proposal.body, 'guard', judgement.items)
      case 'not_valid':
      case 'uncovered':
        return this.#refuse(out, message.from, proposal.body, judgement.verdict, {})
    }
  }

  /** A carried value is prepared without judgement, a fresh one only if valid and unguarded (5.2). */
  #judge(out: Outbox, { from, body: { proposal, value, newviews } }: Propose): Judgement {
    const { instance, round, value: digest } = proposal.body
    if (round === 0) return this.#options.rules.judge(out, instance, value, from)
    const carried = carriedBy(newviews, proposal.body, this.#options.roster)
    if (carried === 'no_quorum') return { verdict: 'not_valid' }
    if (carried === undefined) return this.#options.rules.judge(out, instance, value, from)
    return { verdict: carried === digest ? 'prepare' : 'not_valid' }
  }

  #prepare(out: Outbox, message: Propose, ballot: BallotRecord): void {
    const { body } = message.body.proposal
    const signed = sign(this.#options.signer, this.#options.roster.swarm, PREPARE, body)
    const prepare = { round: body.round, value: body.value, sig: signed.sig }
    this.#seen.set(body.instance, { digest: body.value, value: message.body.value })
    this.#save(out, { ...ballot, promise: body.round, prepare })
    out.sendSigned(message.from, 'prepare', signed)
  }

  /** The same request gets the stored answer; a second value for the round gets none. */
  #repeat(out: Outbox, { from, body: { proposal, value } }: Propose, { prepare }: BallotRecord): void {
    if (prepare === null || prepare.value !== proposal.body.value) return
    // After a restart the value is only here again by this repetition; the commit needs it.
    this.#seen.set(proposal.body.instance, { digest: prepare.value, value })
    out.sendSigned(from, 'prepare', this.#stored(proposal.body, prepare.sig))
  }

  #stored(body: Ballot, sig: Uint8Array): Signed<Ballot> {
    return { signer: this.#options.signer.id, body, bytes: encodeBody(PREPARE.body, body), sig }
  }

  #valueOf(instance: InstanceId, digest: Digest, ballot: BallotRecord): Value | undefined {
    const seen = this.#seen.get(instance)
    if (seen?.digest === digest) return seen.value
    return ballot.prepared?.certificate.ballot.value === digest ? ballot.prepared.value : undefined
  }

  #leapsTooFar(instance: InstanceId, round: number): boolean {
    return round - this.promised(instance) > ROUND_LEAP_MAX
  }

  #save(out: Outbox, ballot: BallotRecord): void {
    const isHigher = ballot.promise > this.promised(ballot.instance)
    const saved = isHigher ? { ...ballot, promisedMs: out.now } : ballot
    this.#ballots.set(ballot.instance, saved)
    out.write(keys.ballot(ballot.instance), encodeBody(ballotRecordCodec, saved))
  }

  #refuse(
    out: Outbox,
    to: PeerId,
    { instance, epoch, round }: Pick<Ballot, 'instance' | 'epoch' | 'round'>,
    code: Refusal['code'],
    { ids = [], ...items }: Partial<GuardItems> & { readonly ids?: readonly Digest[] },
  ): void {
    out.send(to, 'refusal', { ...NO_ITEMS, ...items, instance, epoch, round, code, missing: ids })
  }
}

/** The job whose facts an instance needs, for a peer that doesn't know it yet. */
function idsOf(instance: InstanceId): readonly Digest[] {
  const match = /^job\/([0-9a-f]{64})\//.exec(instance)
  return match === null ? [] : [match[1] as Digest]
}
