import { describe, expect, it } from 'vitest'
import { decodeRecord } from '../encoding/body.ts'
import type { JobId, PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import { jobRecordCodec } from './record.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

/** The last one is neither steward nor witness nor node. */
const NODES = [1, 2, 5]
const ALL = [0, 1, 2, 3, 4, 5, 6]
const ONLOOKER = 6

/** The record of a job that is over, as a peer shows it. */
function shownBy(jobs: TestJobs, at: number, job: JobId) {
  const stored = jobs.minds.stored(jobs.id(at), keys.closed(job))
  if (stored === undefined) throw new RangeError(`peer ${at} doesn’t know the end`)
  return decodeRecord(jobRecordCodec, stored, 'closed')
}

/** A job whose runner is lost after it began, and whose standby answers. */
function takenOver() {
  const jobs = new TestJobs(NODES)
  const job = jobs.submit({ replicas: 1, standbys: 2 })
  jobs.passElection()
  const [first] = jobs.minds.runs
  if (first === undefined) throw new RangeError('nobody runs')
  jobs.minds.isCut = (from, _to, kind) => from === first.peer && kind === 'lease'
  jobs.minds.pass(TIMES.leaseMs + TIMES.graceMs)
  const second = jobs.minds.runs.find(({ peer }) => peer !== first.peer)
  if (second === undefined) throw new RangeError('nobody took over')
  jobs.minds.stop(first.peer)
  jobs.minds.finish(second, ANSWER)
  jobs.minds.pass(TIMES.revealMs)
  jobs.minds.isCut = () => false
  jobs.minds.restart(first.peer)
  jobs.minds.pass(3 * TIMES.syncMs)
  return { jobs, job, first: first.peer, second: second.peer }
}

describe('a job that is over', () => {
  it('shows the same slots and the same blame at everybody', () => {
    const { jobs, job, first, second } = takenOver()
    const shown = ALL.map((at) => {
      const { slots, blame, result, status } = shownBy(jobs, at, job)
      return { slots: slots.map((slot) => ({ ...slot, tokens: 0 })), blame, result, status }
    })
    expect(shown).toEqual(ALL.map(() => shown[0]))
    expect(shown[0]?.slots).toMatchObject([{ slot: 0, peer: second, rank: 1, state: 'revealed' }])
    expect(shown[0]?.blame).toMatchObject([{ slot: 0, peer: first, cause: 'timeout', led: 'reassigned' }])
  })

  it('shows commits, seals and reveals, each once, to who only heard of the decision', () => {
    const { jobs, job, second } = takenOver()
    const phases = (at: number, phase: string): readonly (PeerId | null)[] =>
      shownBy(jobs, at, job)
        .timeline.filter((event) => event.phase === phase)
        .map(({ peer }) => peer)
    expect(phases(ONLOOKER, 'committed')).toEqual([second])
    expect(phases(ONLOOKER, 'revealed')).toEqual([second])
    expect(phases(ONLOOKER, 'sealed').length).toBeGreaterThanOrEqual(3)
    for (const at of ALL) {
      const sealed = phases(at, 'sealed')
      expect(new Set(sealed).size).toBe(sealed.length)
    }
  })

  it('shows the seals of an attempt that was followed by another one', () => {
    const jobs = new TestJobs(NODES)
    const job = jobs.submit({ replicas: 1, standbys: 1 })
    jobs.passElection()
    jobs.minds.pass(TIMES.commitMs + TIMES.revealMs + 2 * TIMES.retryMsMax)
    const open = jobs.open(ONLOOKER, job)
    expect(open?.step).toBe(1)
    const phases = (open?.timeline ?? []).map(({ phase }) => phase)
    const [first, second] = [phases.indexOf('assigned'), phases.lastIndexOf('assigned')]
    expect(phases.slice(first, second).filter((phase) => phase === 'sealed').length).toBeGreaterThanOrEqual(3)
    expect(open?.blame).toMatchObject([{ slot: 0, cause: 'timeout', led: 'reassigned' }])
  })

  it('that its payer cancelled says so at who never heard the word', () => {
    const jobs = new TestJobs(NODES)
    jobs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    const job = jobs.submit({ replicas: 2 })
    jobs.passElection()
    jobs.minds.command(jobs.id(TestJobs.payer), { type: 'cancel-job', job })
    expect(jobs.open(ONLOOKER, job)?.cancelledMs).toBeNull()
    jobs.minds.isCut = () => false
    jobs.minds.pass(TIMES.revealMs + 3 * TIMES.syncMs)
    expect(shownBy(jobs, ONLOOKER, job).cancelledMs).not.toBeNull()
    for (const at of ALL) {
      expect(shownBy(jobs, at, job).blame).toMatchObject([
        { slot: null, peer: jobs.id(TestJobs.payer), cause: 'cancelled', led: 'refunded' },
      ])
    }
  })
})
