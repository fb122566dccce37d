import { expect, it } from 'vitest'
import { TIMES } from '../params.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

/** Two of four witnesses, without whom there is no quorum. */
const HELD = [0, 1]
const NODES = [5, 6]
const PRICE = 100n

it('a reveal that some witnesses had in time is taken over from their refusals by whoever proposes', () => {
  const jobs = new TestJobs(NODES)
  const { minds } = jobs
  const job = jobs.submit()
  jobs.passElection()
  const held = HELD.map((at) => jobs.id(at))
  const [hidden] = minds.runs.map(({ peer }) => peer)
  minds.isCut = (from, to, kind) =>
    // Those who hold it can't propose it themselves.
    kind === 'propose' ? held.includes(from) : kind === 'reveal' && from === hidden && !held.includes(to)
  for (const run of minds.runs) minds.finish(run, ANSWER)
  minds.pass(TIMES.commitMs)
  expect(jobs.open(TestJobs.payer, job)).toBeUndefined()
  expect(NODES.map((at) => jobs.earned(at))).toEqual([PRICE, PRICE])
})

it('a runner that witnesses reveals at once where the seal that lacked is its own', () => {
  const runner = 0
  const jobs = new TestJobs([runner, 5])
  const { minds } = jobs
  const job = jobs.submit()
  jobs.passElection()
  for (const run of minds.runs) if (run.peer === jobs.id(runner)) minds.finish(run, ANSWER)
  // Two of the others seal at the payer's word, one never does.
  minds.stop(jobs.id(3))
  minds.isCut = (_from, to, kind) => kind === 'cancel' && to === jobs.id(runner)
  minds.command(jobs.id(TestJobs.payer), { type: 'cancel-job', job })
  const [word] = minds.heard(jobs.id(runner), 'cancel')
  expect(word && minds.heard(jobs.id(1), 'reveal')).toEqual([])
  if (word !== undefined) minds.say(word.from, jobs.id(runner), 'cancel', word.body)
  expect(minds.heard(jobs.id(1), 'reveal')).toMatchObject([{ from: jobs.id(runner) }])
})
