import type { Batch, BatchLine } from '../../protocol/api/batch-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import { type Job, SHOWN_STATUSES } from '../../protocol/api/job-schema.ts'
import type { BatchRequestBody } from '../../protocol/api/job-request-schema.ts'
import { type Digest, isDigest } from '../../protocol/ids.ts'
import { type BatchRecord, batchItemName } from '../../protocol/jobs/ticket.ts'
import type { JobRequest } from '../../protocol/peer/command.ts'
import type { Backend } from './backend.ts'
import { drawnName } from './drawn-name.ts'
import { findJob, findRecord, findSubmission } from './find-job.ts'
import { prepareJob, wishOf } from './job-request.ts'
import { timeOf } from './job-resource.ts'
import { ApiProblem } from './problem.ts'
import { carriedOut, give, type NameHeaders, requestNameOf } from './submit.ts'

/** An item as far as its progress tells, without its texts. */
interface ItemState {
  readonly id: string
  readonly status: Job['status']
  readonly charged: bigint
}

async function requireBatch(backend: Backend, id: string): Promise<{ name: Digest; record: BatchRecord }> {
  const record = isDigest(id) ? await backend.history.batch(id) : undefined
  if (record === undefined || !isDigest(id)) throw new ApiProblem('batch_not_found')
  return { name: id, record }
}

/** Looked for in the order in which one becomes the other, as `findJob` does. */
async function stateOf(backend: Backend, name: Digest): Promise<ItemState> {
  const queued = { id: name, status: 'queued' as const, charged: 0n }
  const isWaiting = () => backend.view.isWaiting(name)
  if (isWaiting()) return queued
  const submission = await findSubmission(backend, name)
  const record = submission?.job ? await findRecord(backend, submission.job) : undefined
  if (record !== undefined) return { id: record.job, status: record.status, charged: record.charged ?? 0n }
  // Its job is signed and on its way into the book; or it came back to the queue while it was looked for.
  if (submission?.job || isWaiting()) return queued
  // Withdrawn, or forgotten with its name: it never becomes anything.
  return { ...queued, status: 'void' }
}

async function batchResource(backend: Backend, name: Digest, record: BatchRecord): Promise<Batch> {
  const items = await Promise.all(
    Array.from({ length: record.items }, (_, at) => stateOf(backend, batchItemName(name, at))),
  )
  const counts = Object.fromEntries(
    SHOWN_STATUSES.map((status) => [status, items.filter((item) => item.status === status).length]),
  ) as Batch['counts']
  return {
    id: name,
    label: record.label,
    priority: record.priority,
    created_at: timeOf(record.createdMs),
    total: record.items,
    done: counts.completed + counts.unresolved + counts.void,
    counts,
    charged: formatCredits(items.reduce((sum, { charged }) => sum + charged, 0n)),
    items: items.map(({ id, status }, index) => ({ index, id, status })),
  }
}

/** One after another, so that a batch of long answers is never in memory as a whole. */
async function* linesOf(
  backend: Backend,
  name: Digest,
  range: { readonly from: number; readonly to: number },
): AsyncGenerator<BatchLine> {
  for (let index = range.from; index < range.to; index += 1) {
    const job = await findJob(backend, batchItemName(name, index))
    if (job === undefined) continue
    const { id, status, output, confidence, charged } = job
    yield { index, id, status, output, confidence, charged }
  }
}

/** Prompts that are equal are stored once; those of a refused batch go with a later round of `host/retention`. */
async function submitBatch(
  backend: Backend,
  input: { readonly body: BatchRequestBody; readonly headers: NameHeaders },
  stopping: AbortSignal,
): Promise<Batch> {
  const { prompts, ...choices } = input.body
  const prepared = prompts.map((prompt) => prepareJob({ ...choices, prompt }))
  const named =
    requestNameOf(input.headers, ['submitBatch', input.body.prompts, choices]) ?? drawnName(backend)
  if ((await carriedOut(backend, named)) === undefined) {
    const items: JobRequest[] = []
    for (const { prompt, request } of prepared)
      items.push({ ...request, prompt: await backend.putBlob(prompt) })
    await give(backend, { type: 'submit-batch', items, named, ...wishOf(choices) }, stopping)
    await carriedOut(backend, named)
  }
  const { name, record } = await requireBatch(backend, named.name)
  return batchResource(backend, name, record)
}

export function batchHandlers(backend: Backend, stopping: AbortSignal) {
  return {
    submitBatch: (input: { readonly body: BatchRequestBody; readonly headers: NameHeaders }) =>
      submitBatch(backend, input, stopping),
    getBatch: async ({ params }: { readonly params: { readonly id: string } }) => {
      const { name, record } = await requireBatch(backend, params.id)
      return batchResource(backend, name, record)
    },
    getBatchResults: async (input: {
      readonly params: { readonly id: string }
      readonly query: { readonly from?: number }
    }) => {
      const { name, record } = await requireBatch(backend, input.params.id)
      return linesOf(backend, name, { from: input.query.from ?? 0, to: record.items })
    },
  }
}
