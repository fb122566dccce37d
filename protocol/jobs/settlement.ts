import type { PeerId } from '../ids.ts'
import type { JobOutput } from '../ledger/ledger.ts'
import type { Verdict } from '../verification/verdict.ts'
import type { Signed } from '../encoding/signed.ts'
import type { Reveal } from './messages.ts'
import type { Attempt, AttemptSlot, OpenJob } from './open-job.ts'
import { holdersOf } from './ranks.ts'
import type { JobSpec } from './spec.ts'
import type { JobRecord } from './record.ts'
import type { AgainValue, JobResult, ReplicaResult } from './value.ts'

/** Output indices of a settled job (4.3): refund, fee, then payouts by slot. */
export const REFUND_INDEX = 0
export const FEE_INDEX = 1
const FIRST_PAYOUT_INDEX = 2

/** One slot of any attempt and the answer it revealed, if it did. */
export interface SlotAnswer extends AttemptSlot {
  readonly rank: number
  readonly answer: ReplicaResult['answer']
}

/**
 * Earlier attempts' slots and the current one's, by slot number; `reveals` are those of the current one's counted commits.
 * A slot has one answer and one payee, so it is paid once however many have filled it: the lowest rank that is counted and
 * revealed. That is read off the value alone, without any clock. A slot that nobody filled is that of the peer assigned.
 */
export function slotAnswers(open: OpenJob, reveals: readonly Signed<Reveal>[]): readonly SlotAnswer[] {
  const before = open.earlier.map(({ slot, peer, rank, price, payout, answer }) => ({
    slot,
    peer,
    rank,
    price,
    payout,
    answer,
  }))
  const { attempt } = open
  const now = (attempt?.slots ?? []).map((slot): SlotAnswer => {
    const empty = { ...slot, rank: 0, answer: null }
    return attempt === undefined ? empty : (filledBy(open, attempt, slot.slot, reveals) ?? empty)
  })
  return [...before, ...now].sort((a, b) => a.slot - b.slot)
}

function filledBy(
  { payees }: OpenJob,
  attempt: Attempt,
  slot: number,
  reveals: readonly Signed<Reveal>[],
): SlotAnswer | undefined {
  for (const [rank, peer] of holdersOf(attempt, slot).entries()) {
    const reveal = reveals.find(({ signer, body }) => signer === peer && body.slot === slot)
    const payee = payees.find((one) => one.peer === peer)
    if (reveal !== undefined && payee !== undefined)
      return { slot, peer, rank, price: payee.price, payout: payee.payout, answer: reveal.body.answer }
  }
  return undefined
}

/**
 * Who is paid and what is refunded (6.9). Winners get their bid price. Where no two answers disagree every
 * revealed slot is paid; where they disagree without a majority nobody is.
 */
export function settle(
  spec: JobSpec,
  escrow: bigint,
  slots: readonly SlotAnswer[],
  verdict: Verdict | undefined,
): JobResult {
  const agreement = agreementOf(spec, verdict)
  const everyone = agreement === 'none' || agreement === 'single'
  const replicas = slots.map((slot) => replicaOf(slot, verdict, everyone))
  const payouts = replicas.reduce((sum, { paid }) => sum + paid, 0n)
  return {
    agreement,
    winner: verdict?.winner ?? null,
    confidence: verdict?.confidence ?? 0,
    replicas,
    refund: escrow - payouts - spec.fee,
    fee: spec.fee,
  }
}

/** A lone answer where several were asked for agrees with nobody. */
function agreementOf(spec: JobSpec, verdict: Verdict | undefined): JobResult['agreement'] {
  if (verdict === undefined) return 'silent'
  return verdict.agreement === 'single' && spec.replicas > 1 ? 'none' : verdict.agreement
}

function replicaOf(slot: SlotAnswer, verdict: Verdict | undefined, everyone: boolean): ReplicaResult {
  const judged = verdict?.replicas.find((replica) => replica.slot === slot.slot)
  if (judged === undefined || slot.answer === null) {
    return { ...slot, answer: null, cluster: null, outcome: 'silent', cosine: 0, findings: [], paid: 0n }
  }
  const { cluster, outcome, cosine, findings } = judged
  const paid = everyone || (outcome === 'agreed' && verdict?.winner !== null) ? slot.price : 0n
  return { ...slot, cluster, outcome, cosine, findings, paid }
}

/** A further attempt: its slots, and who may take them over. */
export type NextAttempt = Pick<AgainValue, 'slots' | 'standbys'>
const NO_ATTEMPT: NextAttempt = { slots: [], standbys: [] }

/**
 * A further attempt (6.9) by standbys that have had no slot yet, while confidence is too low and escrow is left. Those
 * among the witnesses of the job's epoch come last: they hold the answers of the attempts before, and one that copies
 * is paid if what it copies wins.
 */
export function nextAttempt(open: OpenJob, result: JobResult, witnesses: readonly PeerId[]): NextAttempt {
  const { spec } = open.record
  const attempts = open.attempt === undefined ? 0 : open.attempt.step + 1
  const enough = result.winner !== null && result.confidence >= spec.minConfidence
  if (enough || attempts >= spec.attempts) return NO_ATTEMPT
  const used = new Set(result.replicas.map(({ peer }) => peer))
  const places = Math.min(spec.maxSlots - result.replicas.length, spec.replicas)
  const first = result.replicas.length
  const free = (open.attempt?.standbys ?? []).filter((peer) => !used.has(peer))
  const ordered = [
    ...free.filter((peer) => !witnesses.includes(peer)),
    ...free.filter((peer) => witnesses.includes(peer)),
  ]
  const chosen = ordered.slice(0, Math.max(0, places))
  return {
    slots: chosen.map((peer, at) => ({ slot: first + at, peer })),
    standbys: chosen.length === 0 ? [] : ordered.slice(chosen.length),
  }
}

/** As much of a job as its outputs depend on. */
interface SettledJob {
  readonly record: Pick<JobRecord, 'account' | 'spec'>
}

/** Outputs of a close; they sum up to the escrow. */
export function closeOutputs(open: SettledJob, result: JobResult): readonly JobOutput[] {
  const { account, spec } = open.record
  const fixed = [
    { index: REFUND_INDEX, to: account, amount: result.refund },
    { index: FEE_INDEX, to: spec.treasury, amount: result.fee },
  ]
  const payouts = result.replicas.map(({ slot, payout, paid }) => ({
    index: FIRST_PAYOUT_INDEX + slot,
    to: payout,
    amount: paid,
  }))
  return [...fixed, ...payouts].filter(({ amount }) => amount > 0n)
}

export function voidOutputs(open: SettledJob, escrow: bigint): readonly JobOutput[] {
  return [{ index: REFUND_INDEX, to: open.record.account, amount: escrow }]
}
