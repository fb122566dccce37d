import type { Job } from '../../protocol/api/job-schema.ts'

type TimelineEntry = Job['timeline'][number]
type EventName = TimelineEntry['phase']

export interface Phase {
  readonly name: string
  readonly durationMs: number
  /** Still going on. */
  readonly isOpen: boolean
}

function timeOf(iso: string): number {
  return new Date(iso).getTime()
}

function lastOf({ timeline }: Job, event: EventName): number | undefined {
  const times = timeline.filter(({ phase }) => phase === event).map(({ at }) => timeOf(at))
  return times.length === 0 ? undefined : Math.max(...times)
}

/** When the last slot did something; undefined while one of them may still do it. */
function whenAll(job: Job, event: EventName, waiting: readonly string[]): number | undefined {
  if (job.closed_at !== null) return lastOf(job, event)
  return job.slots.some(({ state }) => waiting.includes(state)) ? undefined : lastOf(job, event)
}

/** Each phase in order, and when it ended. */
const PHASES: readonly { readonly name: string; readonly ended: (job: Job) => number | undefined }[] = [
  { name: 'Payment', ended: (job) => lastOf(job, 'opened') },
  { name: 'Election', ended: (job) => lastOf(job, 'assigned') },
  { name: 'Answering', ended: (job) => whenAll(job, 'committed', ['assigned', 'started', 'failed']) },
  {
    name: 'Revealing',
    ended: (job) => whenAll(job, 'revealed', ['assigned', 'started', 'failed', 'committed']),
  },
  { name: 'Verdict', ended: (job) => (job.closed_at === null ? undefined : timeOf(job.closed_at)) },
]

/**
 * Cuts the time from the submission to the close, or until now, into phases that add up to it. Times are those
 * at which this peer learnt of things, which may be out of order: a phase then takes no time, never less. A
 * phase that the job never went through isn't there.
 */
export function phasesOf(job: Job, nowMs: number): readonly Phase[] {
  const endMs = job.closed_at === null ? nowMs : timeOf(job.closed_at)
  const ended = PHASES.map((phase) => phase.ended(job))
  const lastEnded = ended.findLastIndex((time) => time !== undefined)
  let fromMs = timeOf(job.created_at)
  const over = PHASES.slice(0, lastEnded + 1).flatMap(({ name }, at) => {
    const time = ended[at]
    if (time === undefined) return []
    const toMs = Math.max(fromMs, Math.min(time, endMs))
    const phase = { name, durationMs: toMs - fromMs, isOpen: false }
    fromMs = toMs
    return [phase]
  })
  const open = PHASES[lastEnded + 1]
  if (job.closed_at !== null || open === undefined) return over
  return [...over, { name: open.name, durationMs: Math.max(0, endMs - fromMs), isOpen: true }]
}

const EVENTS: Readonly<Record<EventName, string>> = {
  offered: 'Job offered to the swarm',
  bid: 'Bid received',
  opened: 'Payment certified',
  assigned: 'Nodes elected',
  started: 'Started answering',
  'taken-over': 'Taken over by a standby',
  cancelled: 'Cancelled by its payer',
  committed: 'Committed to an answer, still hidden',
  sealed: 'Commitments sealed',
  revealed: 'Answer revealed',
  judged: 'Answers compared',
  closed: 'Result certified and paid',
}

export function eventText({ phase, slot }: TimelineEntry): string {
  return slot === null ? EVENTS[phase] : `${EVENTS[phase]} (slot ${slot})`
}

/** Milliseconds from the submission to a time. */
export function sinceStart({ created_at: createdAt }: Pick<Job, 'created_at'>, at: string): number {
  return timeOf(at) - timeOf(createdAt)
}
