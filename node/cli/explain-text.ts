import type { DecisionStep, JobDecision, Passed, Takeover } from '../../protocol/api/decision-schema.ts'
import type { BlameEntry, Job } from '../../protocol/api/job-schema.ts'
import { blameLine, nameOf, percent, reasonOf, shortId } from './job-text.ts'
import { textTable } from './table.ts'

type Bid = JobDecision['bids'][number]

/** Why a job went as it did, for people. */
export function explainJob(decision: JobDecision, job: Job): string {
  const operators = new Map(decision.bids.map(({ node_id: id, operator }) => [id, operator]))
  const nameAt = (id: string) => nameOf({ node_id: id, operator: operators.get(id) ?? null })
  const parts = [
    [`job ${decision.job_id}: ${job.status}`],
    bidsText(decision),
    ['decisions', ...decision.steps.flatMap((step) => stepLines(step, nameAt))],
    verdictLines(decision, job),
    blameLines(decision.blame),
    moneyLines(decision, job),
    [
      `verified    ${decision.verified ? 'yes: this peer computed it all again' : 'NO: it comes out otherwise'}`,
    ],
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function resultOf({ node_id: id, eligible, ineligible_reason: reason }: Bid, decision: JobDecision): string {
  if (!eligible) return `not eligible: ${(reason ?? 'unknown').replaceAll('_', ' ')}`
  const slot = decision.elected.indexOf(id)
  const standby = decision.standbys.indexOf(id)
  return slot >= 0 ? `slot ${slot}` : standby >= 0 ? `standby ${standby + 1}` : 'passed over'
}

/** As elections rank: the higher score first, then the lower tie-break; who may not run comes last. */
function bidsText(decision: JobDecision): readonly string[] {
  const { bids, seed } = decision
  if (bids.length === 0) return []
  const rows = bids.toSorted(
    (a, b) =>
      Number(b.eligible) - Number(a.eligible) || b.score - a.score || (a.tie_break < b.tie_break ? -1 : 1),
  )
  const terms = [...new Set(bids.flatMap(({ score_terms: each }) => Object.keys(each)))]
  const columns = [
    { label: 'bid by', cell: nameOf },
    { label: 'asked', isNumber: true, cell: ({ price }: Bid) => price },
    ...terms.map((name) => ({
      label: name,
      isNumber: true,
      cell: ({ score_terms: each }: Bid) => termText(each[name]),
    })),
    { label: 'score', isNumber: true, cell: ({ score }: Bid) => String(score) },
    { label: 'result', cell: (bid: Bid) => resultOf(bid, decision) },
  ]
  const ties = seed === null ? [] : [`terms in percent of their best; ties are broken by the seed ${seed}`]
  return [textTable(columns, rows), ...ties]
}

const PPM_PER_PERCENT = 10_000

function termText(ppm: number | undefined): string {
  return ppm === undefined ? '-' : (ppm / PPM_PER_PERCENT).toFixed(1)
}

function stepLines(
  { step, outcome, quorum, verified, checks, slots, takeovers }: DecisionStep,
  nameAt: (id: string) => string,
): readonly string[] {
  const named = (holds: boolean | null) => checks.filter((one) => one.holds === holds).map(({ what }) => what)
  const failed = named(false)
  const unknown = named(null)
  const held = `${verified ? 'verified' : `NOT VERIFIED (${failed.join(', ')})`}: ${named(true).join(', ')}`
  const lacking = unknown.length === 0 ? '' : `; can't be checked by this peer: ${unknown.join(', ')}`
  const { epoch, round, signers } = quorum
  return [
    `  step ${step}    ${outcome}, by ${signers.length} witnesses of epoch ${epoch} in round ${round} (${signers.map(shortId).join(', ')})`,
    `            ${held}${lacking}`,
    ...slots.map(({ slot, node_id: id }) => `            slot ${slot} to ${nameAt(id)}`),
    ...takeovers.map((takeover) => `            ${takeoverText(takeover)}`),
  ]
}

/** One line for a slot that a standby filled, with why those before it didn't. */
function takeoverText(takeover: Takeover): string {
  const passed = takeover.from.map((one) => `${nameOf(one)}: ${passedText(one, takeover.seals)}`)
  return `slot ${takeover.slot}: ${nameOf(takeover)} took over from ${passed.join('; and from ')}`
}

const PASSED: Readonly<Record<BlameEntry['cause'], string>> = {
  noshow: 'no sign of life',
  timeout: 'seen at work, no answer',
  unrevealed: 'committed to an answer and never showed it',
  fault: 'signed two different answers',
  outvoted: 'outvoted',
  unassigned: 'not assigned',
  expired: 'too late',
  cancelled: 'cancelled',
}

function passedText({ cause, seals }: Passed, all: number): string {
  if (cause === null) return 'did not begin'
  return `${PASSED[cause]} in ${seals} of ${all} seals`
}

function verdictLines({ verdict }: JobDecision, job: Job): readonly string[] {
  if (verdict === null) return []
  const { agreement, winner, confidence_ppm: ppm, answers } = verdict
  const chosen = winner === null ? 'no answer was chosen' : `the answer of slot ${winner} is the output`
  return [
    `verdict     ${agreement}: ${chosen}, confidence ${percent(ppm / 1_000_000)}`,
    ...answers.map((answer) => {
      const text = job.answers.find(({ slot }) => slot === answer.slot)?.answer ?? null
      return `slot ${answer.slot}      ${nameOf(answer)}: ${reasonOf({ ...answer, answer: text }, job.output)}`
    }),
  ]
}

function blameLines(blame: readonly BlameEntry[]): readonly string[] {
  return blame.flatMap((one) => [
    blameLine(one),
    ...one.evidence.map(
      ({ kind, signer, digest }) =>
        `            ${kind} ${digest}${signer === null ? '' : ` by ${shortId(signer)}`}`,
    ),
  ])
}

function moneyLines({ charged, refunded, verdict }: JobDecision, { escrow }: Job): readonly string[] {
  if (charged === null)
    return [`escrow      ${escrow} credits are set aside; where they go isn't decided yet`]
  const fee = verdict === null ? '' : `, ${verdict.fee} of them the fee`
  return [
    `charged     ${charged} credits${fee}`,
    `refund      ${refunded ?? '0'} of the ${escrow} credits that were set aside`,
  ]
}
