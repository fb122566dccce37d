import { type Static, Type } from 'typebox'
import { count, credits, digest, nullable, share, time } from './fields.ts'
import { jobStatusSchema, SHOWN_STATUSES } from './job-schema.ts'

const itemSchema = Type.Object({
  index: count('Place of its prompt in the request'),
  id: digest('Names the job, or, while it waits, its place in the queue'),
  status: jobStatusSchema,
})

/** Jobs that were submitted together. */
export const batchSchema = Type.Object({
  id: digest('Names the batch'),
  label: nullable(Type.String()),
  priority: count('0 to 9'),
  created_at: time('When it was submitted'),
  total: count('Its jobs'),
  done: count('Those that have ended'),
  counts: Type.Object(
    Object.fromEntries(SHOWN_STATUSES.map((status) => [status, count()])) as Record<
      (typeof SHOWN_STATUSES)[number],
      ReturnType<typeof count>
    >,
  ),
  charged: credits('Paid for those that have ended'),
  items: Type.Array(itemSchema),
})
export type Batch = Static<typeof batchSchema>

/** One line of a batch's results. */
export const batchLineSchema = Type.Object({
  index: count('Place of its prompt in the request'),
  id: digest(),
  status: jobStatusSchema,
  output: nullable(Type.String({ description: 'null for one that has not ended, or without an answer' })),
  confidence: nullable(share()),
  charged: nullable(credits()),
})
export type BatchLine = Static<typeof batchLineSchema>
