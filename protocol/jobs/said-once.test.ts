import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

const [RUNNER, OTHER] = [5, 6]

/** A job of two runners among four witnesses, and who was sent what since. */
function watched(nodes: readonly number[] = [RUNNER, OTHER]) {
  const jobs = new TestJobs(nodes)
  const sent: { readonly from: PeerId; readonly to: PeerId; readonly kind: string }[] = []
  /** What is lost on its way. */
  const lost = { is: (_from: PeerId, _to: PeerId, _kind: string): boolean => false }
  jobs.minds.isCut = (from, to, kind) => {
    sent.push({ from, to, kind })
    return lost.is(from, to, kind)
  }
  const count = (kind: string, from: PeerId) =>
    sent.filter((one) => one.kind === kind && one.from === from).length
  return { jobs, lost, count, runner: jobs.id(RUNNER) }
}

function finishAll({ minds }: TestJobs): void {
  for (const run of minds.runs) minds.finish(run, ANSWER)
}

/** Four witnesses, and the payer, who is the steward. */
const DECIDERS = 5

describe('what everybody has', () => {
  it('is a reveal that was shown, however many seals come after it', () => {
    const { jobs, count, runner } = watched()
    const job = jobs.submit()
    jobs.passElection()
    finishAll(jobs)
    expect(jobs.open(0, job)).toBeUndefined()
    expect(count('reveal', runner)).toBe(DECIDERS)
  })

  it('but a reveal that was lost is shown again', () => {
    const { jobs, lost, count, runner } = watched()
    const job = jobs.submit()
    jobs.passElection()
    lost.is = (from, _to, kind) => kind === 'reveal' && from === runner
    finishAll(jobs)
    lost.is = () => false
    expect(jobs.open(0, job)).toBeDefined()
    jobs.minds.pass(TIMES.nudgeMs)
    expect(jobs.open(0, job)).toBeUndefined()
    expect(count('reveal', runner)).toBe(2 * DECIDERS)
  })

  it('is a receipt that the steward has, until it is overdue with what it proposes', () => {
    const { jobs, lost, count, runner } = watched()
    lost.is = (_from, _to, kind) => kind === 'propose'
    jobs.submit()
    jobs.minds.pass(TIMES.nudgeMs - 1)
    expect(count('stored', runner)).toBe(1)
    jobs.minds.pass(1)
    expect(count('stored', runner)).toBe(1 + DECIDERS)
  })

  it('is a bid, until an answer to it is overdue', () => {
    const { jobs, lost, count, runner } = watched()
    lost.is = (_from, _to, kind) => kind === 'propose'
    jobs.submit()
    jobs.minds.pass(TIMES.nudgeMs - 1)
    expect(count('bid', runner)).toBe(DECIDERS)
    jobs.minds.pass(1)
    expect(count('bid', runner)).toBe(2 * DECIDERS)
  })
})

describe('what nobody waits for', () => {
  it('is that a run has begun which is committed at once', () => {
    const { jobs, count, runner } = watched()
    jobs.submit()
    while (jobs.minds.runs.length < 2) jobs.minds.pass(1)
    finishAll(jobs)
    expect(count('lease', runner)).toBe(0)
  })

  it('but one that goes on is said to have', () => {
    const { jobs, count, runner } = watched()
    const job = jobs.submit()
    jobs.passElection()
    jobs.minds.pass(TIMES.nudgeMs)
    expect(count('lease', runner)).toBeGreaterThan(0)
    const state = jobs.open(0, job)?.slots.find(({ peer }) => peer === runner)?.state
    expect(state).toBe('started')
  })

  it('is a witness’s word on a commit whose answer isn’t told while it is made', () => {
    const { jobs, lost } = watched()
    jobs.submit()
    jobs.passElection()
    lost.is = (_from, _to, kind) => kind === 'seal'
    for (const { peer } of jobs.minds.runs) jobs.minds.heard(peer, 'held')
    finishAll(jobs)
    const witnesses = [0, 1, 2, 3].map((at) => jobs.id(at))
    const told = jobs.minds.runs.map(({ peer, order }) => {
      const by = jobs.minds.heard(peer, 'held').map(({ from }) => from)
      return { slot: order.slot, isTold: witnesses.some((witness) => by.includes(witness)) }
    })
    expect(new Map(told.map(({ slot, isTold }) => [slot, isTold]))).toEqual(
      new Map([
        [0, true],
        [1, false],
      ]),
    )
  })
})

describe('others’ seals and reveals', () => {
  it('are written when their time for repetitions comes', () => {
    const { jobs, lost } = watched()
    const job = jobs.submit()
    jobs.passElection()
    lost.is = (_from, _to, kind) => kind === 'propose'
    const stored = () => jobs.minds.stored(jobs.id(TestJobs.payer), keys.job(job))
    finishAll(jobs)
    const before = stored()
    expect(jobs.open(TestJobs.payer, job)?.slots.every(({ state }) => state === 'revealed')).toBe(true)
    jobs.minds.pass(TIMES.retryMsMax)
    expect(stored()?.length).toBeGreaterThan(before?.length ?? 0)
  })
})
