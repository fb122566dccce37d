import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

/** A job of one replica that answers while whatever `isCut` says is lost on its way to the runner; four witness, q is 3. */
function answered(isCut: (from: number, kind: string) => boolean) {
  const jobs = new TestJobs([5, 6])
  jobs.submit({ replicas: 1 })
  jobs.passElection()
  const [run] = jobs.minds.runs
  if (run === undefined) throw new RangeError('nobody runs')
  const at = (peer: PeerId) => jobs.signers.findIndex(({ id }) => id === peer)
  jobs.minds.isCut = (from, to, kind) => to === run.peer && isCut(at(from), kind)
  jobs.minds.finish(run, ANSWER)
  jobs.minds.pass(TIMES.leaseMs)
  return { jobs, runner: run.peer }
}

describe('the end of an answer that is shown as it comes', () => {
  it('is held back while fewer than q witnesses have said that they hold the commit', () => {
    const { jobs } = answered((from, kind) => kind === 'seal' || (kind === 'held' && from > 1))
    expect(jobs.minds.released).toEqual([])
  })

  it('is shown with the word of the q-th', () => {
    const { jobs, runner } = answered((from, kind) => kind === 'seal' || (kind === 'held' && from > 2))
    expect(new Set(jobs.minds.released)).toEqual(new Set([runner]))
  })

  it('is shown by the seals, where nobody’s word arrived', () => {
    const { jobs, runner } = answered((_from, kind) => kind === 'held')
    expect(new Set(jobs.minds.released)).toEqual(new Set([runner]))
  })
})
