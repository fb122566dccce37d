import { expect, it } from 'vitest'
import { sign } from '../encoding/signed.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import { jobIdOf } from '../ledger/entry.ts'
import type { JobId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { CANCEL } from './messages.ts'
import { TestJobs } from './testing-jobs.ts'

const [FIRST, PAYER] = [0, TestJobs.payer]

/** Two nodes, and a payer's job that nobody can be assigned to as long as no value passes. */
function offered() {
  const jobs = new TestJobs([5, 6])
  const worth = () => {
    const account = jobs.view(FIRST).account(jobs.id(PAYER))
    return (account?.free ?? 0n) + (account?.claimable ?? 0n)
  }
  const before = worth()
  jobs.minds.isCut = (_from, _to, kind) => kind === 'propose'
  const job = jobs.submit()
  return { jobs, job, spent: () => before - worth() }
}

function cancel(jobs: TestJobs, of: JobId, by: number): void {
  const said = sign(jobs.signer(by), jobs.minds.roster.swarm, CANCEL, { job: of })
  for (const at of [0, 1, 2, 3]) jobs.minds.say(jobs.id(5), jobs.id(at), 'cancel', { cancel: said })
}

it('a job that nobody is assigned to yet is refunded at its payer’s word', () => {
  const { jobs, job, spent } = offered()
  expect(spent()).toBeGreaterThan(0n)
  cancel(jobs, job, PAYER)
  expect(jobs.open(FIRST, job)?.cancelledMs).toBe(jobs.minds.now)
  jobs.minds.isCut = () => false
  jobs.minds.pass(2 * TIMES.retryMsMax)
  expect(jobs.open(FIRST, job)).toBeUndefined()
  expect(jobs.minds.runs).toEqual([])
  expect(spent()).toBe(0n)
  expectSame(jobs)
})

it.each([
  ['somebody else’s', (jobs: TestJobs, job: JobId) => cancel(jobs, job, 5)],
  ['about another job', (jobs: TestJobs) => cancel(jobs, jobIdOf(jobs.id(PAYER), 99), PAYER)],
])('it goes on at a word that is %s', (_, say) => {
  const { jobs, job } = offered()
  say(jobs, job)
  expect(jobs.open(FIRST, job)?.cancelledMs).toBeNull()
  jobs.minds.isCut = () => false
  jobs.minds.pass(2 * TIMES.retryMsMax)
  expect(jobs.minds.runs).toHaveLength(2)
})

it('of the witnesses’ word a proposer that lacks it learns from their refusal', () => {
  const { jobs, job } = offered()
  jobs.minds.isCut = (_from, to, kind) => kind === 'propose' || (kind === 'cancel' && to === jobs.id(PAYER))
  cancel(jobs, job, PAYER)
  expect(jobs.open(PAYER, job)?.cancelledMs).toBeNull()
  jobs.minds.isCut = (_from, to, kind) => kind === 'cancel' && to === jobs.id(PAYER)
  const shown = Array.from({ length: 20 }, () => {
    jobs.minds.pass(TIMES.retryMsMax / 10)
    return jobs.minds.heard(jobs.id(PAYER), 'refusal').flatMap(({ body }) => body.cancels)
  })
  expect(new Set(shown.flat().map(({ signer }) => signer))).toEqual(new Set([jobs.id(PAYER)]))
  expect(jobs.open(PAYER, job)).toBeUndefined()
  expect(jobs.minds.runs).toEqual([])
})
