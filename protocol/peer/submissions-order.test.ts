import { describe, expect, it, vi } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import { Queue } from '../jobs/queue.ts'
import { ANSWER } from '../jobs/testing-jobs.ts'
import { LIMITS, TIMES } from '../params.ts'
import { beginSubmissions, CHEAP, CONTENT, fullSubmissions, NAME, WISH } from './testing-submissions.ts'

describe('many submissions at once', () => {
  it('are opened by what becomes of them, however many slots one member says that it has', () => {
    const peer = beginSubmissions()
    const { jobs, minds } = peer
    const liar = jobs.id(3)
    jobs.offer(3, 1_024)
    minds.isCut = (from, _to, kind) => kind === 'bid' && from === liar
    minds.pass(TIMES.heartbeatMsMax)
    for (let at = 0; at < 12; at += 1) peer.submit()
    // Three members with room, and two replicas a job.
    expect([peer.view().openJobs().length, peer.view().allWaiting().length]).toEqual([1, 11])
    for (let round = 0; round < 200 && peer.view().allWaiting().length > 0; round += 1) {
      for (const run of minds.runs.splice(0)) minds.finish(run, ANSWER)
      minds.pass(100)
    }
    peer.work()
    expect(jobs.view(0).counters().jobs).toEqual({ completed: 12, unresolved: 0, void: 0 })
  })

  it('are all answered, each once, and none of them is refused', () => {
    const peer = beginSubmissions()
    const names = Array.from({ length: 60 }, (_, at) => hash('name', Uint8Array.of(1, at)))
    for (const name of names)
      expect(peer.submit({ named: { name, content: CONTENT } })).toMatchObject({ ok: true })
    peer.work()
    const jobs = new Set(names.map((name) => peer.submission(name)?.job))
    expect([jobs.size, jobs.has(null), jobs.has(undefined)]).toEqual([60, false, false])
    expectSame(peer.jobs)
    expect(peer.jobsOf() - 60).toBe(peer.voids())
  })

  it('beyond what a queue holds are the only ones that are told to come back later', () => {
    const peer = fullSubmissions()
    const items = Array.from({ length: LIMITS.batchJobs }, () => ({ ...CHEAP, maxPrice: 200n }))
    const batch = (at: number) =>
      peer.minds.command(peer.id, {
        type: 'submit-batch',
        items,
        named: { name: hash('name', Uint8Array.of(2, at)), content: CONTENT },
      })
    const count = LIMITS.queuedJobs / LIMITS.batchJobs
    for (let at = 0; at < count; at += 1) expect(batch(at)).toMatchObject({ ok: true })
    expect(batch(count)).toMatchObject({ ok: false, code: 'queue_full' })
    expect(peer.submit({}, { maxPrice: 200n })).toMatchObject({ ok: false, code: 'queue_full' })
  })
})

describe('submissions that can’t be opened now', () => {
  it('are passed over the less often the more they are', () => {
    const peer = beginSubmissions()
    const items = Array.from({ length: LIMITS.batchJobs }, () => ({ ...CHEAP, maxPrice: 200n, replicas: 3 }))
    peer.minds.command(peer.id, { type: 'submit-batch', items, ...WISH })
    const walks = vi.spyOn(Queue.prototype, 'inOrder')
    for (let look = 0; look < 40; look += 1) {
      peer.minds.pass(25)
      peer.minds.tell(peer.id, { type: 'timer', id: 'queue' })
    }
    // A thousand of them, for a second.
    expect(walks.mock.calls.length).toBeLessThan(12)
    walks.mockRestore()
    peer.jobs.offer(3)
    peer.minds.pass(TIMES.heartbeatMsMax)
    expect(peer.view().allWaiting().length).toBeLessThan(LIMITS.batchJobs)
  })

  it('for want of credits get those that come back, once they have waited for long', () => {
    const peer = beginSubmissions()
    const { jobs, minds } = peer
    const account = peer.view().account(peer.id)
    const all = (account?.free ?? 0n) + (account?.claimable ?? 0n)
    const cheap = { maxPrice: (all * 15n) / 200n }
    peer.submit({}, cheap)
    // Nearly half of all, and as much again for its standbys.
    expect(peer.submit(WISH, { maxPrice: (all * 23n) / 100n, standbys: 2 })).toMatchObject({ type: 'queued' })
    for (const at of [0, 1]) jobs.offer(at)
    for (let round = 0; round < 15 && peer.submission(NAME) === undefined; round += 1) {
      peer.submit({}, cheap)
      // The next one is open before this one is over.
      const running = minds.runs.splice(0)
      minds.pass(6_000)
      for (const run of running) minds.finish(run, ANSWER)
    }
    expect(peer.submission(NAME)?.job).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('a job that found no node', () => {
  it('waits again while others are at work, and is opened anew under the same name', () => {
    const peer = beginSubmissions()
    const { minds } = peer
    peer.submit()
    peer.jobs.passElection()
    minds.isCut = (_from, _to, kind) => kind === 'bid'
    const first = peer.submit(WISH)
    const isWaiting = () => peer.view().waiting(NAME, minds.now) !== undefined
    for (let round = 0; round < 60 && !isWaiting(); round += 1) minds.pass(500)
    expect(isWaiting()).toBe(true)
    expect(peer.submission(NAME)).toBeUndefined()
    peer.work()
    const job = peer.submission(NAME)?.job ?? undefined
    expect(first).not.toMatchObject({ job })
    expect(job).toMatch(/^[0-9a-f]{64}$/)
    expect(peer.jobsOf()).toBe(3)
    expectSame(peer.jobs)
  })

  /** The second of two jobs found no node, and waits again. */
  function returned() {
    const peer = beginSubmissions()
    const { minds } = peer
    peer.submit()
    peer.jobs.passElection()
    minds.isCut = (_from, _to, kind) => kind === 'bid'
    const result = peer.submit(WISH)
    if (result?.ok !== true || result.type !== 'job') throw new RangeError('the job waits')
    const isWaiting = () => peer.view().waiting(NAME, minds.now) !== undefined
    for (let round = 0; round < 60 && !isWaiting(); round += 1) minds.pass(500)
    const cancel = () => minds.command(peer.id, { type: 'cancel-job', job: result.job })
    return { peer, cancel, job: result.job }
  }

  it('is cancelled by its id while its submission waits again', () => {
    const { peer, cancel } = returned()
    expect(cancel()).toEqual({ ok: true, type: 'cancelled' })
    expect(peer.submission(NAME)).toMatchObject({ job: null, withdrawn: { why: 'cancelled' } })
    peer.work()
    expect(peer.jobsOf()).toBe(2)
    expect(cancel()).toMatchObject({ ok: false, code: 'job_over' })
  })

  it('is cancelled by its id once its submission is another job', () => {
    const { peer, cancel } = returned()
    const next = () => peer.submission(NAME)?.job
    for (let round = 0; round < 60 && !next(); round += 1) {
      for (const run of peer.minds.runs.splice(0)) peer.minds.finish(run, ANSWER)
      peer.minds.pass(100)
    }
    expect(next()).toMatch(/^[0-9a-f]{64}$/)
    expect(cancel()).toEqual({ ok: true, type: 'cancelled' })
    peer.work()
    expect(peer.jobs.view(0).counters().jobs).toMatchObject({ completed: 1, void: 2 })
  })

  it('is over where nobody is at work: it isn’t that nodes are busy', () => {
    const peer = beginSubmissions()
    peer.minds.isCut = (_from, _to, kind) => kind === 'bid'
    peer.submit(WISH)
    peer.minds.pass(TIMES.assignMs + 3 * TIMES.retryMsMax)
    expect(peer.view().openJobs()).toEqual([])
    expect(peer.view().allWaiting()).toEqual([])
  })
})
