import type { Job } from '../../protocol/api/job-schema.ts'
import { type BlobRef, isDigest, type JobId } from '../../protocol/ids.ts'
import type { JobMeta, Submission, Withdrawn } from '../../protocol/jobs/ticket.ts'
import type { Command, JobRequest, RequestName, Wish } from '../../protocol/peer/command.ts'
import { digestOfKey } from './api-keys.ts'
import type { Backend } from './backend.ts'
import { findSubmission, requireJob } from './find-job.ts'
import type { PreparedJob } from './job-request.ts'
import { within } from './outcomes.ts'
import { ApiProblem } from './problem.ts'

/** Headers of a route that takes a name. */
export interface NameHeaders {
  readonly 'idempotency-key'?: string
}

/** What one asker calls its request, and what it asks: the same however the fields of anything in it were ordered. */
export function requestNameOf(headers: NameHeaders, content: readonly unknown[]): RequestName | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  return { name: digestOfKey(key), content: digestOfKey(JSON.stringify(content, ordered)) }
}

function ordered(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What was carried out under a name; undefined where nothing was, which may change until the mind has said so itself. Throws
 * `idempotency_key_reused` where it stands for something else.
 */
export async function carriedOut(
  backend: Backend,
  named: RequestName | undefined,
): Promise<Submission | undefined> {
  if (named === undefined) return undefined
  const submission = await findSubmission(backend, named.name)
  // A move of credits may have the name.
  const other = submission ?? (await backend.ledger.request(named.name))
  if (other !== undefined && other.content !== named.content) throw new ApiProblem('idempotency_key_reused')
  return submission
}

/** What was carried out under a name before, in its present state; undefined where nothing was. */
export async function repeated(backend: Backend, named: RequestName | undefined): Promise<Job | undefined> {
  const before = await carriedOut(backend, named)
  return before === undefined || named === undefined ? undefined : requireJob(backend, named.name)
}

/** Gives a command of submission, and waits until it is durable or refused. */
export async function give(backend: Backend, command: Command, stopping: AbortSignal) {
  const result = await within(backend.command(command), { stopping })
  if (result === undefined)
    throw new ApiProblem('outcome_unknown', 'this peer is stopping; it may still be carried out')
  if (!result.ok) throw new ApiProblem(result.code, result.detail)
  return result
}

interface SubmitOptions {
  readonly prepared: PreparedJob
  readonly wish: Pick<Wish, 'priority' | 'label'>
  readonly retryOf?: JobId
  readonly named: RequestName | undefined
}

/** The job, or its place in the queue. Everything that can be refused without the mind is refused before anything is stored. */
export async function submit(backend: Backend, options: SubmitOptions, stopping: AbortSignal): Promise<Job> {
  const { prepared, wish, retryOf, named } = options
  const before = await repeated(backend, named)
  if (before !== undefined) return before
  const prompt = await backend.putBlob(prepared.prompt)
  const request: JobRequest = {
    ...prepared.request,
    prompt,
    ...(retryOf === undefined ? {} : { retryOf }),
  }
  // Whatever becomes of it: a prompt that no job and no ticket names goes with a later round of `host/retention`.
  const command = {
    type: 'submit-job',
    request,
    ...wish,
    ...(named === undefined ? {} : { named }),
  } as const
  const result = await give(backend, command, stopping)
  if (result.type === 'job') return requireJob(backend, result.job)
  if (result.type === 'queued') return requireJob(backend, result.ticket)
  // Carried out meanwhile by somebody else's repetition: the record says as what.
  if (result.type !== 'named' || named === undefined)
    throw new TypeError(`the mind answered a job with "${result.type}"`)
  await carriedOut(backend, named)
  return requireJob(backend, named.name)
}

type Retry = Omit<SubmitOptions, 'named'>

/**
 * What an earlier submission of this peer's owner asked, asked again: of a job as it was opened, so also for the price and
 * confidence that were filled in then, but with another seed; of one that ended before it was opened as it was chosen.
 */
export async function retried(backend: Backend, id: string): Promise<Retry> {
  if (!isDigest(id)) throw new ApiProblem('job_not_found')
  if (backend.view.isWaiting(id)) throw new ApiProblem('job_running')
  const submission = await findSubmission(backend, id)
  return submission?.withdrawn
    ? retryOfTicket(backend, submission.withdrawn)
    : retryOfJob(backend, submission?.job ?? id)
}

async function retryOfTicket(backend: Backend, { ticket }: Withdrawn): Promise<Retry> {
  const { prompt: blob, retryOf, terms, ...choices } = ticket.choices
  const prompt = await promptOf(backend, blob)
  const request = { ...choices, ...(terms === null ? {} : { terms }) }
  return {
    prepared: { prompt, request },
    wish: wishKept(ticket),
    ...(retryOf === null ? {} : { retryOf }),
  }
}

async function retryOfJob(backend: Backend, id: JobId): Promise<Retry> {
  const found = await backend.history.job(id)
  if (found === undefined) throw new ApiProblem('job_not_found')
  const { spec, job: retryOf, account } = found
  if (account !== backend.view.self) throw new ApiProblem('not_the_payer')
  if (found.closedMs === null) throw new ApiProblem('job_running')
  const prompt = await promptOf(backend, spec.prompt)
  const request: Omit<JobRequest, 'prompt'> = {
    model: spec.model,
    replicas: spec.replicas,
    standbys: spec.replicas,
    comparator: spec.comparator,
    minConfidence: spec.minConfidence,
    maxPrice: spec.maxPrice,
    region: spec.region,
    mode: spec.mode,
    visibility: spec.visibility,
    temperatureMilli: spec.sampling.temperatureMilli,
    // The same seed might only bring the same answers.
    seed: null,
    maxTokens: spec.sampling.maxTokens,
  }
  return { prepared: { prompt, request }, wish: wishKept(await backend.history.meta(retryOf)), retryOf }
}

async function promptOf(backend: Backend, { digest }: BlobRef): Promise<Uint8Array> {
  const prompt = await backend.getBlob(digest)
  if (prompt === undefined) throw new ApiProblem('prompt_gone')
  return prompt
}

/** The priority and label that it had. */
function wishKept(kept: Pick<JobMeta, 'priority' | 'label'> | undefined): Pick<Wish, 'priority' | 'label'> {
  if (kept === undefined) return {}
  const { priority, label } = kept
  return { priority, ...(label === null ? {} : { label }) }
}
