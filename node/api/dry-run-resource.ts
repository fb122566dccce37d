import type { DryRunAnswer } from '../../protocol/api/dry-run-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import type { RankedBid } from '../../protocol/election/decide.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import type { PreparedJob } from './job-request.ts'
import { ApiProblem } from './problem.ts'

function electedOf({ peer, operator, offer, ineligible, score, terms }: RankedBid) {
  return {
    node_id: peer,
    operator: operator === '' ? null : operator,
    price: formatCredits(offer.price),
    ineligible: ineligible ?? null,
    score,
    terms: { ...terms },
  }
}

/** Throws what keeps the job from being submitted; a swarm with too few nodes is such a thing here, since it has no price. */
export function dryRunResource(backend: Backend, { prompt, request }: PreparedJob): DryRunAnswer {
  const entropy = backend.swarm.random(32)
  const tried = backend.view.dryRun({ ...request, prompt: blobRefOf(prompt) }, entropy, backend.now())
  if (!tried.ok) throw new ApiProblem(tried.code, tried.detail)
  const { spec, escrow, expected, ranking, slots, standbys } = tried.outcome
  const bidsOf = (peers: readonly string[]) =>
    peers.flatMap((one) => ranking.filter(({ peer }) => peer === one)).map(electedOf)
  const others = ranking.filter(({ peer }) => !slots.includes(peer) && !standbys.includes(peer))
  return {
    dry_run: true,
    escrow: formatCredits(escrow),
    price_expected: expected === null ? null : formatCredits(expected),
    price_max: formatCredits(escrow),
    fee: formatCredits(spec.fee),
    replicas: spec.replicas,
    model: spec.model,
    would_elect: bidsOf(slots),
    standbys: bidsOf(standbys),
    others: others.map(electedOf),
    tie_break: 'drawn',
    queue_position: tried.waiting,
  }
}
