import { createMemo } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { type Asked, createAsked } from './asked.ts'
import { client } from './client.ts'

/** What was decided about a job, asked for again with each further decision. */
export function createJobDecision(job: () => Job): Asked<JobDecision> {
  const decided = createMemo(() => {
    const { id, slots, closed_at: closedAt } = job()
    const newest = Math.max(...slots.map(({ attempt }) => attempt))
    return slots.length === 0 ? undefined : `${id}/${closedAt === null ? newest : 'closed'}`
  })
  return createAsked(decided, (_, signal) => client.getDecision({ params: { id: job().id } }, { signal }))
}
