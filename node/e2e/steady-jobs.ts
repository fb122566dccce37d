import type { JobId } from '../../protocol/ids.ts'
import type { Daemon } from '../daemon.ts'
import type { JobsLoad, JobsReport } from './driven-messages.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'

export interface Submitter {
  /** Submits no more; resolves once every accepted job is terminal here, or the time is up. */
  stop(waitMs: number): Promise<JobsReport>
}

interface Submitted {
  readonly startedMs: number
}

/**
 * Submits jobs to a peer at a steady pace, whatever becomes of them, and notes when they are assigned and over. The wait of
 * one that is queued counts: its time begins with its submission.
 */
export function startSubmitting(
  { view, command, subscribe, putBlob, record }: Daemon,
  { perSecond, delayMs, replicas, standbys, maxPrice, prompt }: JobsLoad,
): Submitter {
  const open = new Map<JobId, Submitted>()
  /** By the names of their tickets. */
  const waiting = new Map<JobId, Submitted>()
  const asking = new Set<Promise<void>>()
  const report = {
    submitted: 0,
    refused: {} as Record<string, number>,
    ends: {} as Record<string, number>,
    assignedMs: [] as number[],
    completedMs: [] as number[],
    endedAtMs: [] as number[],
  }
  const emptied = Promise.withResolvers<void>()
  // No two jobs have the same bodies, whichever peer or load they are of: a body that is there already costs little.
  const load = `${view.self.slice(-8)} ${Date.now()}`
  let isEnding = false
  let asked = 0

  async function submit(): Promise<void> {
    const startedMs = Date.now()
    const blob = await putBlob(new TextEncoder().encode(`${prompt} ${asked++} of ${load}`))
    const request = { ...plainRequest(blob, replicas, standbys), maxPrice }
    const result = await command({ type: 'submit-job', request })
    if (!result.ok || (result.type !== 'job' && result.type !== 'queued')) {
      const code = result.ok ? result.type : result.code
      report.refused[code] = (report.refused[code] ?? 0) + 1
      return
    }
    report.submitted += 1
    if (result.type === 'job') return follow(result.job, { startedMs })
    waiting.set(result.ticket, { startedMs })
    await opened(result.ticket)
  }

  async function follow(job: JobId, submitted: Submitted): Promise<void> {
    open.set(job, submitted)
    if (view.job(job) === undefined) await ended(job)
  }

  /** Looks whether a ticket has become a job, which it may have before its answer is here. */
  async function opened(ticket: JobId): Promise<void> {
    const submitted = waiting.get(ticket)
    const job = view.submission(ticket)?.job
    if (submitted === undefined || job === undefined || job === null) return
    waiting.delete(ticket)
    await follow(job, submitted)
  }

  async function ended(job: JobId): Promise<void> {
    const submitted = open.get(job)
    const endedMs = Date.now()
    const closed = await record(job)
    // The view is ahead of the disk: the notice that the close itself gives comes when its record is there.
    if (closed === undefined || submitted === undefined || !open.delete(job)) return
    const assigned = closed.timeline.find(({ phase }) => phase === 'assigned')
    const { status } = closed
    report.ends[status] = (report.ends[status] ?? 0) + 1
    report.endedAtMs.push(endedMs)
    if (assigned !== undefined) report.assignedMs.push(assigned.atMs - submitted.startedMs)
    if (status === 'completed') report.completedMs.push(endedMs - submitted.startedMs)
    end()
  }

  function end(): void {
    if (isEnding && open.size === 0 && waiting.size === 0) emptied.resolve()
  }

  function attend(work: Promise<void>): void {
    asking.add(work)
    void work.finally(() => asking.delete(work))
  }

  const unsubscribe = subscribe((job) => {
    if (waiting.has(job as JobId)) attend(opened(job as JobId))
    if (job !== null && open.has(job as JobId) && view.job(job as JobId) === undefined)
      attend(ended(job as JobId))
  })
  let pace: NodeJS.Timeout | undefined
  const start = setTimeout(() => {
    attend(submit())
    pace = setInterval(() => attend(submit()), 1_000 / perSecond)
  }, delayMs)

  return {
    async stop(waitMs) {
      clearTimeout(start)
      clearInterval(pace)
      while (asking.size > 0) await Promise.all(asking)
      isEnding = true
      end()
      const late = setTimeout(emptied.resolve, waitMs)
      await emptied.promise
      clearTimeout(late)
      unsubscribe()
      return { ...report, open: [...open.keys(), ...waiting.keys()] }
    },
  }
}
