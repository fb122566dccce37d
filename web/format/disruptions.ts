import type { JobDecision, Passed } from '../../protocol/api/decision-schema.ts'
import type { BlameEntry, Job } from '../../protocol/api/job-schema.ts'
import { shortPeer } from './identity.ts'

/** Something that went otherwise than planned, in a sentence. */
export interface Disruption {
  readonly sentence: string
  readonly evidence: BlameEntry['evidence']
}

interface Named {
  readonly node_id: string
  readonly operator: string | null
}

function nameOf({ operator, node_id: id }: Named): string {
  return operator === null ? shortPeer(id) : `${operator} (${shortPeer(id)})`
}

const PASSED: Readonly<Record<BlameEntry['cause'], string>> = {
  noshow: 'no sign of life',
  timeout: 'it began, and no answer came',
  unrevealed: 'it committed to an answer and never showed it',
  fault: 'it signed two different answers',
  outvoted: 'it was outvoted',
  unassigned: 'it was not assigned',
  expired: 'it was too late',
  cancelled: 'the job was cancelled',
}

function passedText({ cause, seals }: Passed, all: number): string {
  return cause === null ? 'it did not begin' : `${PASSED[cause]} in ${seals} of ${all} seals`
}

const LEADS: Readonly<Record<BlameEntry['led_to'], string>> = {
  reassigned: 'somebody else was asked',
  unpaid: 'it is not paid',
  refunded: 'what was left went back to the payer',
}

const CAUSES: Readonly<Record<BlameEntry['cause'], string>> = {
  noshow: 'showed no sign of life',
  timeout: 'began, and gave no answer in time',
  unrevealed: 'never showed the answer that it had committed to',
  fault: 'signed two different answers',
  outvoted: 'was outvoted',
  unassigned: 'Too few nodes could be elected in time',
  expired: 'No decision came in time',
  cancelled: 'Its payer cancelled the job',
}

function blameSentence({ slot, node_id: id, operator, cause, led_to: led }: BlameEntry): string {
  if (slot === null || id === null) return `${CAUSES[cause]}: ${LEADS[led]}.`
  return `Slot ${slot}: ${nameOf({ node_id: id, operator })} ${CAUSES[cause]}; ${LEADS[led]}.`
}

type Takeover = JobDecision['steps'][number]['takeovers'][number]

function takeoverSentence(takeover: Takeover): string {
  const from = takeover.from.map((one) => `${nameOf(one)}: ${passedText(one, takeover.seals)}`)
  return `Slot ${takeover.slot}: ${nameOf(takeover)} took over from ${from.join(', and from ')}.`
}

/** Standbys at work on slots about which nothing is decided yet. */
function under({ slots, closed_at: closedAt }: Job, decided: readonly Takeover[]): readonly Disruption[] {
  if (closedAt !== null) return []
  return slots.flatMap((slot) => {
    if (slot.rank === 0 || decided.some((one) => one.slot === slot.slot)) return []
    const sentence = `Slot ${slot.slot}: ${nameOf(slot)} took over, since nothing was heard of the node before it.`
    return [{ sentence, evidence: [] }]
  })
}

/**
 * Whatever went otherwise than planned: standbys that took a slot over, with why, then everybody else that is to blame.
 * Without the decisions at hand it is what the job itself says.
 */
export function disruptionsOf(job: Job, decision: JobDecision | undefined): readonly Disruption[] {
  const takeovers = (decision?.steps ?? []).flatMap((step) => step.takeovers)
  const isTold = ({ slot, node_id: id }: BlameEntry) =>
    takeovers.some((one) => one.slot === slot && one.from.some((passed) => passed.node_id === id))
  const blame = job.blame.filter((entry) => !isTold(entry))
  return [
    ...takeovers.map((takeover) => ({
      sentence: takeoverSentence(takeover),
      evidence: job.blame
        .filter(({ slot, node_id: id }) => slot === takeover.slot && id !== takeover.node_id)
        .flatMap(({ evidence }) => evidence),
    })),
    ...under(job, takeovers),
    ...blame.map((entry) => ({ sentence: blameSentence(entry), evidence: entry.evidence })),
  ]
}
