import type { Answer, BlameEntry, Finding, Job } from '../../protocol/api/job-schema.ts'
import { oneLine } from './terminal-text.ts'

/** The end of a peer id tells peers apart; all of them begin alike. */
export function shortId(id: string): string {
  return `…${id.slice(-6)}`
}

export function nameOf({ operator, node_id: id }: Pick<Answer, 'operator' | 'node_id'>): string {
  return operator === null ? shortId(id) : `${oneLine(operator)} (${shortId(id)})`
}

export interface FindingText {
  readonly kind: Finding['kind'] | 'silent' | 'outvoted' | 'unsure'
  /** What the answer says, and what the output says in its place. */
  readonly own: string
  readonly other: string
}

/** The first reason why an answer isn't the output's equal; null for one that agrees. */
export function findingOf(answer: Answer, output: string | null): FindingText | null {
  if (answer.outcome === 'agreed') return null
  const [finding] = answer.findings
  if (finding === undefined) return { kind: answer.outcome, own: '', other: '' }
  const { kind, own, other } = finding
  return {
    kind,
    own: (answer.answer ?? '').slice(own.start, own.end),
    other: (output ?? '').slice(other.start, other.end),
  }
}

export function percent(share: number | null): string {
  return share === null ? 'unknown' : `${(share * 100).toFixed(2)} %`
}

export function reasonOf(answer: Answer, output: string | null): string {
  const finding = findingOf(answer, output)
  if (finding === null) return `paid ${answer.paid} credits`
  const [own, other] = [oneLine(finding.own), oneLine(finding.other)]
  const what = own === '' && other === '' ? '' : `: "${own}" against "${other}"`
  const paid = answer.paid === '0' ? 'not paid' : `paid ${answer.paid} credits`
  return `${paid}, ${answer.outcome} (${finding.kind}${what})`
}

const CAUSES: Readonly<Record<BlameEntry['cause'], string>> = {
  noshow: 'was not seen at work',
  timeout: 'did not answer in time',
  unrevealed: 'did not show the answer that it had committed to',
  fault: 'signed two different answers',
  outvoted: 'was outvoted',
  unassigned: 'too few nodes could be elected in time',
  expired: 'no decision came in time',
  cancelled: 'cancelled by its payer',
}
const LEADS: Readonly<Record<BlameEntry['led_to'], string>> = {
  reassigned: 'somebody else was asked',
  unpaid: 'not paid',
  refunded: 'the rest came back to the payer',
}

export function blameLine({ slot, node_id: id, operator, cause, led_to: led, evidence }: BlameEntry): string {
  const who = slot === null || id === null ? '' : `slot ${slot}: ${nameOf({ operator, node_id: id })} `
  const seals = evidence.filter(({ kind }) => kind === 'seal').length
  const shown = seals === 0 ? '' : ` (shown by ${seals} ${seals === 1 ? 'seal' : 'seals'})`
  return `blame       ${who}${CAUSES[cause]}; ${LEADS[led]}${shown}`
}

const WAITS: Readonly<Record<NonNullable<Job['queue']>['reason'], string>> = {
  busy: 'all nodes are busy',
  too_few_nodes: 'fewer independent nodes offer the model than replicas are wanted',
  model_unknown: 'no node offers the model now',
  price_too_low: 'too few nodes ask no more than the maximum price',
  insufficient_credit: 'the account has too little free credit',
  account_forked: 'the account is forked',
  not_ready: 'too few witnesses answer',
  other: 'it cannot be opened now',
}

/** Where a job waits and why; null for one that doesn't. */
export function queueLine({ queue }: Job): string | null {
  return queue && `queued: ${queue.position} before it; ${WAITS[queue.reason]}`
}

/** How one job ended, for people. */
export function describeJob(job: Job): string {
  const lines = [
    job.output ?? `(no output: the job is ${job.status})`,
    '',
    `status      ${job.status}, ${job.agreement ?? 'no verdict yet'}`,
    `confidence  ${percent(job.confidence)}`,
    ...job.answers.map(
      (answer) => `slot ${answer.slot}      ${nameOf(answer)}: ${reasonOf(answer, job.output)}`,
    ),
  ]
  lines.push(...job.blame.map(blameLine))
  if (job.charged !== null)
    lines.push(`charged     ${job.charged} credits, ${job.refunded ?? '0'} given back`)
  const waits = queueLine(job)
  if (waits !== null) lines.push(waits)
  if (job.retry_of !== null) lines.push(`retry of    ${job.retry_of}`)
  if (job.continued_as !== null) lines.push(`goes on as  ${job.continued_as}`)
  return [...lines, `job         ${job.id}`].join('\n')
}

/** One line for each thing that happened, with the milliseconds since the job was first heard of. */
export function timelineLines(job: Job): readonly string[] {
  const startMs = Date.parse(job.created_at)
  return job.timeline.map(({ phase, at, peer, slot }) => {
    const elapsed = `${Date.parse(at) - startMs} ms`.padStart(9)
    const where = slot === null ? '' : ` slot ${slot}`
    return `${elapsed}  ${phase.padEnd(9)}${where}${peer === null ? '' : ` ${shortId(peer)}`}`
  })
}
