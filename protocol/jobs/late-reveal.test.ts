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
