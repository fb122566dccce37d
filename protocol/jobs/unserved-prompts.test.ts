import { describe, expect, it } from 'vitest'
import { blobRefOf } from '../ids.ts'
import { TIMES, UNITS_PER_CREDIT } from '../params.ts'
import type { JobRequest } from '../peer/command.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'
import { CHOICES } from './testing-tickets.ts'

const UNSERVED = blobRefOf(Uint8Array.of(99))
const TERMS = {
  attempts: 1,
  assignMs: TIMES.assignMs,
  commitMs: 3_600_000,
  revealMs: 5_000,
  voidMs: 7_220_000,
  leaseMs: 1_500,
  graceMs: 500,
}
/** One job each: a steward's own window lets no second one through. Two nodes take four, two of which wait. */
const HOSTILE = [1, 2, 3, TestJobs.payer]

/** Two nodes of one slot, both elected for as many jobs as they take, whose prompt nobody gives them. */
function begin() {
  const jobs = new TestJobs([5, 6])
  const { minds } = jobs
  for (const at of [0, 1, 2, 3]) jobs.mint(at, 10n * UNITS_PER_CREDIT)
  minds.isServed = (_peer, { digest }) => digest !== UNSERVED.digest
  const submit = (at: number, wishes: Partial<JobRequest> = {}) =>
    minds.command(jobs.id(at), {
      type: 'submit-job',
      request: { ...CHOICES, maxPrice: 1_000n, ...wishes },
    })
  for (const at of HOSTILE) {
    submit(at, { terms: TERMS, prompt: UNSERVED })
    jobs.passElection()
    minds.pass(TIMES.storedMs)
  }
  return { jobs, minds, submit }
}

describe('nodes that wait for prompts which nobody serves', () => {
  it('still bid for other jobs, and run them', () => {
    const { jobs, minds, submit } = begin()
    const elected = jobs.view(0).openJobs()
    expect(elected.map(({ slots }) => slots.length)).toEqual(HOSTILE.map(() => 2))
    submit(0)
    jobs.passElection()
    expect(minds.runs).toHaveLength(2)
    for (const run of minds.runs.splice(0)) minds.finish(run, ANSWER)
    jobs.passElection()
    expect(jobs.view(0).counters().jobs.completed).toBe(1)
  })
})
