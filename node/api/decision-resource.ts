import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import type { Decision } from '../../protocol/agreement/messages.ts'
import { bitmapPositions } from '../../protocol/encoding/quorum.ts'
import { parseJobInstance } from '../../protocol/ids.ts'
import { isJobValue } from '../../protocol/jobs/value.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { BidView, DecisionView } from './backend.ts'

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

function stepsOf({ instance, round, value, quorum }: Decision, roster: Roster): JobDecision['steps'] {
  if (!isJobValue(value)) return []
  const witnesses = roster.epochOf(quorum.epoch)?.witnesses ?? []
  const signers = bitmapPositions(quorum.signers).flatMap((position) => witnesses[position] ?? [])
  const step = parseJobInstance(instance)?.step ?? 0
  return [{ step, outcome: value.type, quorum: { epoch: quorum.epoch, round, signers } }]
}

export function decisionResource(
  view: DecisionView,
  decisions: readonly Decision[],
  roster: Roster,
): JobDecision {
  const { epoch, round, signers } = view.quorum
  return {
    job_id: view.job,
    step: view.step,
    bids: view.bids.map(bidOf),
    elected: [...view.elected],
    standbys: [...view.standbys],
    seed: view.seed,
    quorum: { epoch, round, signers: [...signers] },
    verified: view.verified,
    steps: decisions.flatMap((decision) => stepsOf(decision, roster)),
  }
}
