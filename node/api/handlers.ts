import type { CallOutput } from '../../protocol/api/client.ts'
import { PAGE_DEFAULT } from '../../protocol/api/fields.ts'
import type { JobRequestBody } from '../../protocol/api/job-request-schema.ts'
import { fillPath, ROUTES } from '../../protocol/api/routes.ts'
import { isDigest, isPeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { Backend } from './backend.ts'
import { controlHandlers } from './control-handlers.ts'
import type { Served } from './control-resource.ts'
import { creditsHandlers } from './credits-handlers.ts'
import { decisionResource } from './decision-resource.ts'
import { prepareJob } from './job-request.ts'
import { jobResource, jobSummary } from './job-resource.ts'
import {
  accountResource,
  ledgerRootResource,
  selfResource,
  statsResource,
  witnessReach,
} from './network-resource.ts'
import { modelResources, nodeResources } from './node-resource.ts'
import { within } from './outcomes.ts'
import { p2pHandlers } from './p2p-handlers.ts'
import { pageOfList } from './paging.ts'
import { ApiProblem } from './problem.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'
import { epochHandlers } from './epoch-handlers.ts'
import { swarmHandlers } from './swarm-handlers.ts'
import type { Throughput } from './throughput.ts'

/** The newest of a job: from memory while it is open, else from the store. */
export async function findJob(backend: Backend, id: string): Promise<JobRecord | undefined> {
  if (!isDigest(id)) return undefined
  return backend.view.job(id) ?? (await backend.history.job(id))
}

async function requireJob(backend: Backend, id: string): Promise<JobRecord> {
  const record = await findJob(backend, id)
  if (record === undefined) throw new ApiProblem('job_not_found')
  return record
}

/** Everything that can be refused without the mind is refused before anything is stored. */
async function submit(backend: Backend, body: JobRequestBody, stopping: AbortSignal): Promise<JobRecord> {
  const { prompt, request } = prepareJob(body)
  const blob = await backend.putBlob(prompt)
  const answer = backend.command({ type: 'submit-job', request: { ...request, prompt: blob } })
  const result = await within(answer, { stopping })
  if (result === undefined)
    throw new ApiProblem('outcome_unknown', 'this peer is stopping; the job may still be opened')
  // A refused prompt goes with a later round of `host/retention`.
  if (!result.ok) throw new ApiProblem(result.code, result.detail)
  if (result.type !== 'job') throw new TypeError(`the mind answered a job with "${result.type}"`)
  return requireJob(backend, result.job)
}

/** The record as it is once the word is durable: how the job ends is decided afterwards. */
async function cancel(backend: Backend, id: string, stopping: AbortSignal): Promise<JobRecord> {
  const { job, closedMs } = await requireJob(backend, id)
  if (closedMs !== null) throw new ApiProblem('job_over')
  const result = await within(backend.command({ type: 'cancel-job', job }), { stopping })
  if (result === undefined)
    throw new ApiProblem('outcome_unknown', 'this peer is stopping; the job may still be cancelled')
  if (!result.ok) throw new ApiProblem(result.code, result.detail)
  return requireJob(backend, id)
}

async function listJobs(
  backend: Backend,
  query: RouteInput<'listJobs'>['query'],
): Promise<CallOutput<'listJobs'>> {
  const { limit = PAGE_DEFAULT, ...rest } = query
  const page = await backend.history.jobs({ limit, ...rest })
  if (page === undefined) throw new ApiProblem('cursor_invalid')
  const items = await Promise.all(
    page.items.map((record) => jobSummary(backend, backend.view.job(record.job) ?? record)),
  )
  return { items, next_cursor: page.nextCursor }
}

async function getDecision(backend: Backend, id: string): Promise<CallOutput<'getDecision'>> {
  const { job } = await requireJob(backend, id)
  const view = await backend.explain(job)
  if (view === undefined) throw new ApiProblem('decision_not_found')
  return decisionResource(view, await backend.history.decisions(job), backend.view.roster)
}

function getAccount(backend: Backend, params: RouteInput<'getAccount'>['params']): CallOutput<'getAccount'> {
  const { account_type: type, account_id: id } = params
  const account = isPeerId(id) ? accountResource(backend, type, id) : undefined
  if (account === undefined) throw new ApiProblem('account_not_found')
  return account
}

function getReadiness(backend: Backend): CallOutput<'getReadiness'> {
  const { reached, needed } = witnessReach(backend)
  if (reached < needed) {
    throw new ApiProblem('not_ready', `${reached} witnesses are reached, ${needed} are needed to certify`)
  }
  return { status: 'ready', witnesses_reached: reached, witnesses_needed: needed }
}

interface HandlersOptions {
  readonly backend: Backend
  readonly throughput: Throughput
  readonly served: Served
  /** Aborted when the server stops: nobody's request is held open any longer. */
  readonly stopping: AbortSignal
}

export function createHandlers({ backend, throughput, served, stopping }: HandlersOptions): Handlers {
  const { version } = served
  return {
    submitJob: async ({ body, header }) => {
      const record = await submit(backend, body, stopping)
      header('location', fillPath(ROUTES.getJob.path, { id: record.job }))
      return jobResource(backend, record)
    },
    listJobs: ({ query }) => listJobs(backend, query),
    getJob: async ({ params }) => jobResource(backend, await requireJob(backend, params.id)),
    cancelJob: async ({ params }) => jobResource(backend, await cancel(backend, params.id, stopping)),
    getStats: () => statsResource(backend, throughput.perMinute()),
    listNodes: ({ query }) => pageOfList(nodeResources(backend), (node) => node.node_id, query),
    listModels: ({ query }) => pageOfList(modelResources(backend), (model) => model.name, query),
    getAccount: ({ params }) => getAccount(backend, params),
    ...creditsHandlers(backend, stopping),
    ...p2pHandlers(backend),
    ...swarmHandlers(backend, served.url),
    ...epochHandlers(backend),
    ...controlHandlers(backend, served),
    getDecision: ({ params }) => getDecision(backend, params.id),
    getLedgerRoot: () => ledgerRootResource(backend),
    getSelf: () => selfResource(backend, version),
    getHealth: () => ({ status: 'ok', version }),
    getReadiness: () => getReadiness(backend),
  }
}
