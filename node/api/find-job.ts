import { type WAIT_REASONS, type Job, type JobSummary } from '../../protocol/api/job-schema.ts'
import { type Digest, isDigest, type JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { Submission, Ticket, Withdrawn } from '../../protocol/jobs/ticket.ts'
import type { WaitingView } from '../../protocol/peer/view.ts'
import type { Backend } from './backend.ts'
import { jobResource, jobSummary } from './job-resource.ts'
import { ApiProblem } from './problem.ts'
import { ticketRecord } from './ticket-record.ts'

const REASONS: ReadonlySet<string> = new Set<(typeof WAIT_REASONS)[number]>([
  'busy',
  'too_few_nodes',
  'model_unknown',
  'price_too_low',
  'insufficient_credit',
  'account_forked',
  'not_ready',
])

/** The newest of a job: from memory while it is open, else from the store. */
export async function findRecord(backend: Backend, id: string): Promise<JobRecord | undefined> {
  if (!isDigest(id)) return undefined
  return backend.view.job(id) ?? (await backend.history.job(id))
}

/** What became of a submission that doesn't wait: the mind's word is newer than the store's. */
export async function findSubmission(backend: Backend, name: Digest): Promise<Submission | undefined> {
  return backend.view.submission(name) ?? (await backend.history.submission(name))
}

/**
 * A job by its id, or by the name that it went by while it waited. Looked for in the order in which one becomes the other,
 * so that one which is opened meanwhile is found.
 */
export async function findJob(backend: Backend, id: string): Promise<Job | undefined> {
  if (!isDigest(id)) return undefined
  const waiting = backend.view.waiting(id, backend.now())
  if (waiting !== undefined) return waitingResource(backend, waiting)
  const submission = await findSubmission(backend, id)
  if (submission?.withdrawn) return withdrawnResource(backend, id, submission.withdrawn)
  const record = await findRecord(backend, submission?.job ?? id)
  return record === undefined ? undefined : openedResource(backend, record)
}

/** Throws `job_not_found`. */
export async function requireJob(backend: Backend, id: string): Promise<Job> {
  const job = await findJob(backend, id)
  if (job === undefined) throw new ApiProblem('job_not_found')
  return job
}

/** A job, and, where it found no free node and waits again, under which name. */
async function openedResource(backend: Backend, record: JobRecord): Promise<Job> {
  const meta = await backend.history.meta(record.job)
  const job = await jobResource(backend, record, meta)
  if (record.status !== 'void' || meta === undefined) return job
  return { ...job, continued_as: await continuedAs(backend, record.job, meta.name) }
}

async function continuedAs(backend: Backend, job: JobId, name: Digest): Promise<string | null> {
  if (backend.view.isWaiting(name)) return name
  const submission = await findSubmission(backend, name)
  if (submission === undefined || submission.job === job) return null
  return submission.job ?? name
}

async function waitingResource(backend: Backend, waiting: WaitingView): Promise<Job> {
  const { ticket, position, reason } = waiting
  const job = await jobResource(backend, ticketRecord(backend, ticket), metaOf(ticket))
  const shown = REASONS.has(reason) ? (reason as (typeof WAIT_REASONS)[number]) : 'other'
  return { ...job, status: 'queued', queue: { position, reason: shown } }
}

export async function waitingSummary(backend: Backend, ticket: Ticket): Promise<JobSummary> {
  return { ...(await jobSummary(backend, ticketRecord(backend, ticket), metaOf(ticket))), status: 'queued' }
}

/** It never was a job: nothing was set aside, and nothing came back. */
async function withdrawnResource(backend: Backend, name: Digest, withdrawn: Withdrawn): Promise<Job> {
  const { ticket, atMs } = withdrawn
  const record = ticketRecord(backend, { ...ticket, name })
  const ended = { ...record, status: 'void' as const, closedMs: atMs, cancelledMs: atMs, charged: 0n }
  return jobResource(backend, ended, metaOf({ ...ticket, name }))
}

function metaOf({ name, label, priority, batch, deadlineMs }: Ticket) {
  return { name, label, priority, batch, deadlineMs }
}
