import { formatCredits } from '../../protocol/api/credits.ts'
import type { DecisionStep, JobDecision, Passed, Takeover } from '../../protocol/api/decision-schema.ts'
import type { JobResult } from '../../protocol/jobs/value.ts'
import type { Backend, BidView, DecisionView, StepView } from './backend.ts'
import { blameEntry, judgedOf, operatorOf, orNull } from './job-resource.ts'

function bidOf(bid: BidView): JobDecision['bids'][number] {
  return {
    node_id: bid.peer,
    operator: bid.operator,
    price: formatCredits(bid.price),
    eligible: bid.ineligible === null,
    ineligible_reason: bid.ineligible,
    score_terms: { ...bid.terms },
    score: bid.score,
    tie_break: bid.tieBreak,
  }
}

function quorumOf({ quorum: { epoch, round, signers } }: StepView): DecisionStep['quorum'] {
  return { epoch, round, signers: [...signers] }
}

/** What can't be checked here neither confirms nor contradicts. */
function isVerified({ checks }: StepView): boolean {
  return checks.every(({ holds }) => holds !== false)
}

function takeoverOf(
  backend: Backend,
  { slot, peer, rank, from, seals }: StepView['takeovers'][number],
): Takeover {
  const passed = from.map(
    (one): Passed => ({
      node_id: one.peer,
      operator: operatorOf(backend, one.peer),
      rank: one.rank,
      cause: one.cause,
      seals: one.seals,
    }),
  )
  return { slot, node_id: peer, operator: operatorOf(backend, peer), rank, from: passed, seals }
}

function stepOf(backend: Backend, step: StepView): DecisionStep {
  const { value, checks, takeovers } = step
  const assigned = value.type === 'assign' || value.type === 'again' ? value.slots : []
  return {
    step: step.step,
    outcome: value.type,
    quorum: quorumOf(step),
    verified: isVerified(step),
    checks: checks.map(({ what, holds }) => ({ what, holds })),
    slots: assigned.map(({ slot, peer }) => ({ slot, node_id: peer })),
    takeovers: takeovers.map((takeover) => takeoverOf(backend, takeover)),
  }
}

function verdictOf(
  backend: Backend,
  { agreement, winner, confidence, replicas, fee }: JobResult,
): JobDecision['verdict'] {
  const answers = replicas.map((replica) => judgedOf(backend, replica))
  return { agreement, winner, confidence_ppm: confidence, answers, fee: formatCredits(fee) }
}

/** The result of the newest step that has one. */
function resultIn(steps: DecisionView['steps']): JobResult | null {
  const results = steps.flatMap(({ value }) => ('result' in value ? [value.result] : []))
  return results.at(-1) ?? null
}

export function decisionResource(backend: Backend, view: DecisionView): JobDecision {
  const { record, steps } = view
  return {
    job_id: record.job,
    step: 0,
    bids: view.bids.map(bidOf),
    elected: [...view.elected],
    standbys: [...view.standbys],
    seed: view.seed,
    quorum: quorumOf(steps[0]),
    verified: steps.every(isVerified),
    steps: steps.map((step) => stepOf(backend, step)),
    verdict: orNull(resultIn(steps), (result) => verdictOf(backend, result)),
    blame: steps.flatMap(({ blame }) => blame.map((one) => blameEntry(backend, one))),
    charged: orNull(record.charged, formatCredits),
    refunded: orNull(record.refunded, formatCredits),
  }
}
