import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import type { PeerId } from '../ids.ts'
import type { Epoch } from '../swarm/epoch.ts'
import { voterOf } from '../swarm/voter.ts'
import type { Verdict } from '../verification/verdict.ts'
import type { Blame } from './blame-record.ts'
import { blameOf, type Decided } from './blame.ts'
import { commitsIn, opens } from './counting.ts'
import { sealDigestOf } from './messages.ts'
import type { AttemptSlot, Payee } from './open-job.ts'
import { holdersOf } from './ranks.ts'
import type { JobRecord } from './record.ts'
import { type Answering, nextAttempt, settle, slotAnswers } from './settlement.ts'
import { type AgainValue, type CloseValue, type JobResult, type JobValue, resultCodec } from './value.ts'

/*
 * A job's decided chain computed again from what is in it, long after it was decided: for people who ask why. Judges do
 * the same while it is under way (`close.ts`), but with what they hold and with clocks; here there are only values.
 */

/** One decision of a chain. */
export interface Link extends Pick<Decided, 'step' | 'value' | 'digest'> {}

/** A decision, and what was decided before it. */
export interface Followed {
  readonly link: Link
  readonly before: Answering
}

type Job = Pick<JobRecord, 'job' | 'account' | 'spec'>
type Sealers = Pick<Epoch, 'witnesses' | 'sizes'>

/** Every decision with what it rests on, in order of steps. */
export function followed(record: Job, links: readonly Link[]): readonly Followed[] {
  let before: Answering = { record, payees: [], earlier: [], attempt: undefined }
  return links.map((link) => {
    const one = { link, before }
    before = after(before, link)
    return one
  })
}

function after(before: Answering, { step, value }: Link): Answering {
  if (value.type === 'assign') {
    const { diversity } = before.record.spec
    const payees = value.bids.map(({ signer, body }, at): Payee => {
      const operator = value.operators[at] ?? null
      const voter = voterOf(diversity, signer, operator)
      return { peer: signer, price: body.offer.price, payout: body.payout, voter, operator }
    })
    return { ...before, payees, attempt: attemptOf(step, value, payees) }
  }
  if (value.type !== 'again') return before
  return { ...before, earlier: value.result.replicas, attempt: attemptOf(step, value, before.payees) }
}

function attemptOf(
  step: number,
  { slots, standbys }: Pick<AgainValue, 'slots' | 'standbys'>,
  payees: readonly Payee[],
): NonNullable<Answering['attempt']> {
  const known = slots.flatMap(({ slot, peer }): AttemptSlot[] => {
    const payee = payees.find((one) => one.peer === peer)
    return payee === undefined ? [] : [{ slot, ...payee }]
  })
  return { step, slots: known, standbys }
}

type Judged = CloseValue | AgainValue

/**
 * Whether what a decision rests on carries it: a quorum of seals of this attempt by that epoch's witnesses, and reveals
 * that open commits which count, from the very seals that are here. Signatures are for whoever decodes the value.
 */
export function evidenceHolds(
  { job }: Pick<Job, 'job'>,
  { before }: Followed,
  value: Judged,
  epoch: Sealers,
) {
  const { attempt } = before
  const own = new Map(value.seals.map((seal) => [seal.signer, sealDigestOf(seal)]))
  const fits = value.seals.every(
    ({ signer, body }) => epoch.witnesses.includes(signer) && body.job === job && body.step === attempt?.step,
  )
  if (attempt === undefined || !fits || own.size !== value.seals.length || own.size < epoch.sizes.quorum)
    return false
  const seen = commitsIn(job, attempt, value.seals)
  const isOnce = new Set(value.reveals.map(({ signer }) => signer)).size === value.reveals.length
  return (
    isOnce &&
    value.reveals.every((reveal) => {
      const one = seen.get(reveal.signer)
      if (one === undefined || one.fault || one.sealedBy.size < epoch.sizes.counting) return false
      const agrees = reveal.body.seals.every(({ witness, seal }) => (own.get(witness) ?? seal) === seal)
      return reveal.body.job === job && opens(reveal, one.commit) && agrees
    })
  )
}

/** The answers that a verdict was reached on, with the vote and the weight of each. */
export function judgedAnswers({ before }: Followed, value: Judged, trust: NonNullable<JobRecord['trust']>) {
  const weights = new Map(trust.map(({ peer, trust: weight }) => [peer, weight]))
  const voters = new Map(before.payees.map(({ peer, voter }) => [peer, voter]))
  return slotAnswers(before, value.reveals).flatMap(({ slot, peer, answer }) =>
    answer === null ? [] : [{ slot, answer, voter: voters.get(peer) ?? peer, trust: weights.get(peer) ?? 0 }],
  )
}

/** Whether a verdict on those answers leads to just this result, payments and refund included. */
export function resultFollows(
  { before }: Followed,
  value: Judged,
  escrow: bigint,
  verdict?: Verdict,
): boolean {
  const result = settle(before.record.spec, escrow, slotAnswers(before, value.reveals), verdict)
  return nameOf(result) === nameOf(value.result)
}

function nameOf(result: JobResult) {
  return hash('result', encodeBody(resultCodec, result))
}

/** The verdict that a result states: what is paid must follow from it, also where the answers can't be read. */
export function statedVerdict({ agreement, winner, confidence, replicas }: JobResult): Verdict | undefined {
  if (agreement === 'silent') return undefined
  const judged = replicas.flatMap(({ slot, cluster, outcome, cosine, findings }) =>
    cluster === null || outcome === 'silent' ? [] : [{ slot, cluster, outcome, cosine, findings }],
  )
  return { agreement, winner, confidence, replicas: judged }
}

/** Whether a job ended here, or went on with those who had to be next. */
export function goesOnRightly({ before }: Followed, value: Judged, epoch: Sealers): boolean {
  const next = nextAttempt(before, value.result, epoch.witnesses)
  if (value.type === 'close') return value.cancel !== null || next.slots.length === 0
  const isSame = (left: readonly PeerId[], right: readonly PeerId[]) =>
    left.length === right.length && left.every((peer, at) => peer === right[at])
  const peersOf = (slots: AgainValue['slots']) => slots.map(({ peer }) => peer)
  return (
    next.slots.every(({ slot }, at) => value.slots[at]?.slot === slot) &&
    isSame(peersOf(next.slots), peersOf(value.slots)) &&
    isSame(next.standbys, value.standbys)
  )
}

/** A rank that had the slot before, and why it isn't the one that filled it. */
export interface Passed {
  readonly peer: PeerId
  readonly rank: number
  /** null: a standby that nobody saw begin, which it need not have. */
  readonly cause: Blame['cause'] | null
  /** Seals that show it. */
  readonly seals: number
}

/** A slot that a standby filled. */
export interface Takeover {
  readonly slot: number
  readonly peer: PeerId
  readonly rank: number
  /** Everybody before it, the lowest rank first. */
  readonly from: readonly Passed[]
  /** Seals in the decision. */
  readonly seals: number
}

/** Slots of the attempt that this decision judges whose answer is a standby's. */
export function takeoversOf(
  { before }: Followed,
  value: Judged,
  blame: readonly Blame[],
): readonly Takeover[] {
  const { attempt } = before
  if (attempt === undefined) return []
  const current = new Set(attempt.slots.map(({ slot }) => slot))
  return value.result.replicas.flatMap(({ slot, peer, rank, answer }): Takeover[] => {
    if (rank === 0 || answer === null || !current.has(slot)) return []
    const from = holdersOf(attempt, slot)
      .slice(0, rank)
      .map((holder, at): Passed => {
        const why = blame.find((one) => one.slot === slot && one.peer === holder)
        const seals = why?.evidence.filter(({ kind }) => kind === 'seal').length ?? 0
        return { peer: holder, rank: at, cause: why?.cause ?? null, seals }
      })
    return [{ slot, peer, rank, from, seals: value.seals.length }]
  })
}

/** Who is to blame by this decision. */
export function blameIn(
  { job }: Pick<Job, 'job'>,
  { link, before }: Followed,
  counting: number,
): readonly Blame[] {
  return blameOf({ job, ...link, counting, attempt: before.attempt })
}

/** Whether a refund of everything is one that may be: by the payer's word before anybody was assigned, or none at all. */
export function voidHolds({ account, job }: Job, { link, before }: Followed): boolean {
  const { value } = link
  if (value.type !== 'void') return false
  const { reason, cancel } = value
  if (reason === 'cancelled')
    return before.attempt === undefined && cancel?.signer === account && cancel.body.job === job
  return cancel === null && (reason === 'unassigned') === (before.attempt === undefined)
}

/** Whether somebody without a word of the payer's has ended a job in its name. */
export function cancelHolds({ account, job }: Job, value: JobValue): boolean {
  if (value.type !== 'close' || value.cancel === null) return true
  return value.cancel.signer === account && value.cancel.body.job === job
}
