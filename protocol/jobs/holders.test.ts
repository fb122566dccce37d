import { expect, it } from 'vitest'
import { expectSame } from '../epoch/testing-orders.ts'
import type { JobId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

const [FIRST, PAYER] = [0, TestJobs.payer]
const NODES = [1, 2, 5, 6]

/** A job whose steward is dead before anybody is assigned; `lost` kinds never left it. */
function orphaned(lost: readonly string[], nodes: readonly number[] = NODES) {
  const jobs = new TestJobs(nodes)
  const { minds } = jobs
  const worth = () => {
    const account = jobs.view(FIRST).account(jobs.id(PAYER))
    return (account?.free ?? 0n) + (account?.claimable ?? 0n)
  }
  const before = worth()
  minds.isCut = (from, _to, kind) => kind === 'propose' || (from === jobs.id(PAYER) && lost.includes(kind))
  const job = jobs.submit({ standbys: 2 })
  jobs.passElection()
  minds.stop(jobs.id(PAYER))
  minds.isCut = () => false
  return { jobs, job, spent: () => before - worth() }
}

const prompts = (jobs: TestJobs, job: JobId) =>
  jobs.minds.fetched.filter(({ token }) => token === `prompt/${job}`)

it('a witness assigns the job of a steward that is dead, once it knows who has the prompt', () => {
  const { jobs, job } = orphaned([])
  jobs.minds.pass(TIMES.assignMs)
  expect(jobs.minds.runs).toHaveLength(2)
  for (const { from } of prompts(jobs, job)) expect(from[0]).not.toBe(jobs.id(PAYER))
  for (const run of jobs.minds.runs) jobs.minds.finish(run, ANSWER)
  jobs.minds.pass(TIMES.revealMs)
  jobs.minds.restart(jobs.id(PAYER))
  expectSame(jobs)
  expect(
    jobs.minds.runs.map(({ peer }) => jobs.earned(NODES.find((at) => jobs.id(at) === peer) ?? 0)),
  ).toEqual([100n, 100n])
})

it('a job whose prompt died with its steward costs nothing', () => {
  const { jobs, job, spent } = orphaned(['stage'])
  jobs.minds.pass(TIMES.assignMs + 4 * TIMES.retryMsMax)
  expect(jobs.minds.runs).toEqual([])
  expect(jobs.open(FIRST, job)).toBeUndefined()
  expect(spent()).toBe(0n)
})

it('standbys bring the prompt as soon as they are elected, from whoever has it', () => {
  const jobs = new TestJobs(NODES)
  const job = jobs.submit({ standbys: 2 })
  jobs.passElection()
  const standbys = jobs.open(FIRST, job)?.standbys ?? []
  expect(standbys).toHaveLength(2)
  for (const peer of standbys) {
    const asked = prompts(jobs, job).find((one) => one.peer === peer)
    expect(new Set(asked?.from)).toEqual(new Set([...NODES, PAYER].map((at) => jobs.id(at))))
  }
  expect(jobs.minds.runs.map(({ peer }) => peer).filter((peer) => standbys.includes(peer))).toEqual([])
})

it('who signed for the prompt is known after a restart', () => {
  const jobs = new TestJobs(NODES)
  const job = jobs.submit({ standbys: 2 })
  jobs.passElection()
  const [run] = jobs.minds.runs
  if (run === undefined) throw new RangeError('nobody runs')
  const first = prompts(jobs, job).find(({ peer }) => peer === run.peer)?.from
  jobs.minds.stop(run.peer)
  jobs.minds.fetched.length = 0
  jobs.minds.restart(run.peer)
  expect(first?.slice(0, 2)).not.toContain(jobs.id(PAYER))
  expect(
    prompts(jobs, job)
      .find(({ peer }) => peer === run.peer)
      ?.from.slice(0, 2),
  ).toEqual(first?.slice(0, 2))
})

it('those who are elected only after the first were asked hold the prompt, too', () => {
  const jobs = new TestJobs(NODES)
  const { minds } = jobs
  // The steward hears of two bids first, and of the others while it waits for receipts.
  minds.isCut = (from, to, kind) =>
    (kind === 'bid' && to === jobs.id(PAYER) && from !== jobs.id(1) && from !== jobs.id(2)) ||
    kind === 'stored'
  const job = jobs.submit({ standbys: 2 })
  minds.pass(TIMES.bidWindowMs + TIMES.storedMs / 2)
  minds.isCut = (_from, _to, kind) => kind === 'stored'
  minds.pass(TIMES.nudgeMs)
  const staged = new Set(
    minds.fetched.filter(({ token }) => token === `stage/${job}`).map(({ peer }) => peer),
  )
  const record = jobs.open(FIRST, job)
  const elected = [...(record?.slots.map(({ peer }) => peer) ?? []), ...(record?.standbys ?? [])]
  expect(elected.length).toBeGreaterThanOrEqual(2)
  expect(elected.filter((peer) => !staged.has(peer))).toEqual([])
})
