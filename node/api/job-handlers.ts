import type { CallOutput } from '../../protocol/api/client.ts'
import { PAGE_DEFAULT } from '../../protocol/api/fields.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { fillPath, ROUTES } from '../../protocol/api/routes.ts'
import { isDigest, isPeerId } from '../../protocol/ids.ts'
import type { Ticket } from '../../protocol/jobs/ticket.ts'
import type { Backend, JobQuery } from './backend.ts'
import { decisionResource } from './decision-resource.ts'
import { dryRunResource } from './dry-run-resource.ts'
import { findRecord, findSubmission, requireJob, waitingSummary } from './find-job.ts'
import { prepareJob, type PreparedJob, wishOf } from './job-request.ts'
import { jobSummary } from './job-resource.ts'
import { ApiProblem } from './problem.ts'
import type { RouteInput } from './route-handlers.ts'
import { give, repeated, requestNameOf, retried, submit } from './submit.ts'

/**
 * The record as it is once the word is durable: how the job ends is decided afterwards. One that waits ends at once, and of one
 * that found no free node what it goes on as.
 */
async function cancel(backend: Backend, id: string, stopping: AbortSignal): Promise<Job> {
  const named = await requireJob(backend, id)
  const job = named.continued_as === null ? named : await requireJob(backend, named.continued_as)
  if (job.closed_at !== null || !isDigest(job.id)) throw new ApiProblem('job_over')
  await give(backend, { type: 'cancel-job', job: job.id }, stopping)
  return requireJob(backend, job.id)
}

function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

/** When it was submitted, and its name. */
const WAITING_CURSOR = /^([0-9]{1,16})\/([0-9a-f]{64})$/

type ListQuery = RouteInput<'listJobs'>['query']

/** What the store is asked for; jobs that wait are none of its. */
function storeQuery({ limit = PAGE_DEFAULT, from, to, node, status, ...rest }: ListQuery): JobQuery {
  const fromMs = msOf(from)
  const toMs = msOf(to)
  if (node !== undefined && !isPeerId(node))
    throw new ApiProblem('out_of_range', 'node is not the id of a peer: a letter of it is wrong')
  return {
    limit,
    ...rest,
    ...(status === undefined || status === 'queued' ? {} : { status }),
    ...(node === undefined ? {} : { node }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  }
}

function isWanted({ choices, label, queuedMs }: Ticket, query: ListQuery): boolean {
  const { model, node, label: wanted, from, to } = query
  if (node !== undefined || (model !== undefined && choices.model !== model)) return false
  if (wanted !== undefined && wanted !== label) return false
  return queuedMs >= (msOf(from) ?? 0) && queuedMs <= (msOf(to) ?? Number.POSITIVE_INFINITY)
}

/** Waiting jobs, the newest first, have pages of their own: among the others their places would change as they are opened. */
async function listWaiting(backend: Backend, query: ListQuery): Promise<CallOutput<'listJobs'>> {
  const { limit = PAGE_DEFAULT, cursor } = query
  const isAfter = cursor === undefined ? () => true : behind(cursor)
  const wanted = backend.view.allWaiting().filter((ticket) => isWanted(ticket, query) && isAfter(ticket))
  const page = wanted.slice(0, limit)
  const last = page.at(-1)
  const items = await Promise.all(page.map((ticket) => waitingSummary(backend, ticket)))
  const isEnd = last === undefined || wanted.length <= limit
  return { items, next_cursor: isEnd ? null : `${last.queuedMs}/${last.name}` }
}

/** Whether a ticket comes after a place, in the order of `allWaiting`: the ticket of that place may have been opened since. */
function behind(cursor: string): (ticket: Ticket) => boolean {
  const [, ms, name] = WAITING_CURSOR.exec(cursor) ?? []
  if (ms === undefined || name === undefined) throw new ApiProblem('cursor_invalid')
  const atMs = Number(ms)
  return (ticket) => ticket.queuedMs < atMs || (ticket.queuedMs === atMs && ticket.name > name)
}

async function listJobs(backend: Backend, query: ListQuery): Promise<CallOutput<'listJobs'>> {
  if (query.status === 'queued') return listWaiting(backend, query)
  const page = await backend.history.jobs(storeQuery(query))
  if (page === undefined) throw new ApiProblem('cursor_invalid')
  const items = await Promise.all(
    page.items.map(async (record) =>
      jobSummary(backend, backend.view.job(record.job) ?? record, await backend.history.meta(record.job)),
    ),
  )
  return { items, next_cursor: page.nextCursor }
}

async function getDecision(backend: Backend, id: string): Promise<CallOutput<'getDecision'>> {
  const opened = isDigest(id) ? (await findSubmission(backend, id))?.job : undefined
  const record = await findRecord(backend, opened ?? id)
  if (record === undefined) throw new ApiProblem('job_not_found')
  const view = await backend.explain(record.job)
  if (view === undefined) throw new ApiProblem('decision_not_found')
  return decisionResource(backend, view)
}

/** What a job asks. */
function contentOf(route: string, { prompt, request }: PreparedJob, rest: readonly unknown[]) {
  return [route, Buffer.from(prompt).toString('base64'), request, ...rest]
}

export function jobHandlers(backend: Backend, stopping: AbortSignal) {
  return {
    async submitJob({ body, query, headers, header, onlyAsked }: RouteInput<'submitJob'>) {
      const prepared = prepareJob(body)
      if (query.dry_run === true) {
        onlyAsked()
        return dryRunResource(backend, prepared)
      }
      const wish = wishOf(body)
      const named = requestNameOf(headers, contentOf('submitJob', prepared, [wish.priority, wish.label]))
      const job = await submit(backend, { prepared, wish, named }, stopping)
      header('location', fillPath(ROUTES.getJob.path, { id: job.id }))
      return job
    },
    async retryJob({ params, headers, header }: RouteInput<'retryJob'>) {
      const named = requestNameOf(headers, ['retryJob', params.id])
      // Whatever became of what it retries since.
      const before = await repeated(backend, named)
      const job =
        before ?? (await submit(backend, { ...(await retried(backend, params.id)), named }, stopping))
      header('location', fillPath(ROUTES.getJob.path, { id: job.id }))
      return job
    },
    listJobs: ({ query }: RouteInput<'listJobs'>) => listJobs(backend, query),
    getJob: ({ params }: RouteInput<'getJob'>) => requireJob(backend, params.id),
    cancelJob: ({ params }: RouteInput<'cancelJob'>) => cancel(backend, params.id, stopping),
    getDecision: ({ params }: RouteInput<'getDecision'>) => getDecision(backend, params.id),
  }
}
