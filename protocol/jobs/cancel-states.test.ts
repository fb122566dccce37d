import { describe, expect, it } from 'vitest'
import { decodeRecord } from '../encoding/body.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import type { JobId, PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import { jobRecordCodec } from './record.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

/** A witness, the payer, who is its jobs' steward, and the nodes, of whom none is either. */
const [FIRST, PAYER] = [0, TestJobs.payer]
const NODES = [5, 6]
const PRICE = 100n
const FEE = 10n

/** Kinds without which a job comes no further than a state. */
const UNTIL = {
  pending: ['vote'],
  bidding: ['propose'],
  running: [],
  committed: ['seal'],
  verifying: ['propose'],
} as const

/** A job of two replicas that has come to a state, and what its payer has spent in the end. */
function broughtTo(state: keyof typeof UNTIL) {
  const jobs = new TestJobs(NODES)
  const { minds } = jobs
  const worth = () => {
    const account = jobs.view(FIRST).account(jobs.id(PAYER))
    return (account?.free ?? 0n) + (account?.claimable ?? 0n)
  }
  const before = worth()
  const cut: readonly string[] = UNTIL[state]
  const isCut = (_from: PeerId, _to: PeerId, kind: string) => cut.includes(kind)
  if (state === 'pending' || state === 'bidding') minds.isCut = isCut
  const job = jobs.submit()
  if (state !== 'pending' && state !== 'bidding') {
    jobs.passElection()
    minds.isCut = isCut
  }
  const runners = minds.runs.map(({ peer }) => peer)
  const finish = (of: readonly (typeof minds.runs)[number][]) => {
    for (const run of of) minds.finish(run, ANSWER)
  }
  if (state === 'committed') finish(minds.runs.slice(0, 1))
  if (state === 'verifying') finish(minds.runs)
  return { jobs, job, runners, spent: () => before - worth() }
}

function cancel(jobs: TestJobs, job: JobId, by = PAYER) {
  return jobs.minds.command(jobs.id(by), { type: 'cancel-job', job })
}

/** Lets everybody hear everybody again, and the job come to its end. */
function toItsEnd(jobs: TestJobs): void {
  jobs.minds.isCut = () => false
  jobs.minds.pass(TIMES.revealMs + 4 * TIMES.retryMsMax)
}

const PEERS = [0, 1, 2, 3, 5, 6]

describe.each(['lives', 'dies at once'])('a cancelled job whose steward %s', (fate) => {
  const isDead = fate !== 'lives'

  it.each([
    ['pending', 0, 0n],
    ['bidding', 0, 0n],
    ['running', 0, FEE],
    ['committed', 1, PRICE + FEE],
    ['verifying', 2, 2n * PRICE + FEE],
  ] as const)('and that is %s ends with %i answers paid', (state, paid, cost) => {
    const { jobs, job, spent } = broughtTo(state)
    expect(cancel(jobs, job)).toEqual({ ok: true, type: 'cancelled' })
    if (isDead) jobs.minds.stop(jobs.id(PAYER))
    toItsEnd(jobs)
    expect(PEERS.map((at) => jobs.open(at, job))).toEqual(PEERS.map(() => undefined))
    expect(NODES.filter((at) => jobs.earned(at) === PRICE)).toHaveLength(paid)
    expect(spent()).toBe(cost)
    if (isDead) jobs.minds.restart(jobs.id(PAYER))
    expectSame(jobs)
    expect(jobs.minds.runs).toHaveLength(state === 'pending' || state === 'bidding' ? 0 : 2)
  })

  it('reaches everybody through the one whom its payer told', () => {
    const { jobs, job, runners, spent } = broughtTo('running')
    jobs.minds.isCut = (from, to) => from === jobs.id(PAYER) && to !== jobs.id(3)
    cancel(jobs, job)
    if (isDead) jobs.minds.stop(jobs.id(PAYER))
    expect(new Set(jobs.minds.stopped.map(({ peer }) => peer))).toEqual(new Set(runners))
    toItsEnd(jobs)
    expect(spent()).toBe(FEE)
  })
})

describe('a cancel', () => {
  it('stops every run at the moment that it is heard', () => {
    const { jobs, job, runners } = broughtTo('running')
    const atMs = jobs.minds.now
    cancel(jobs, job)
    expect(jobs.minds.stopped).toEqual(runners.map((peer) => ({ peer, job, atMs })))
    // Witnesses seal and close at that moment, too.
    expect(jobs.open(FIRST, job)).toBeUndefined()
  })

  it('is durable before its owner hears of it, and said again after a restart', () => {
    const { jobs, job, spent } = broughtTo('running')
    jobs.minds.isCut = (_from, _to, kind) => kind === 'cancel'
    cancel(jobs, job)
    jobs.minds.stop(jobs.id(PAYER))
    jobs.minds.isCut = () => false
    expect(jobs.minds.stopped).toEqual([])
    jobs.minds.restart(jobs.id(PAYER))
    expect(jobs.minds.stopped).toHaveLength(2)
    toItsEnd(jobs)
    expect(spent()).toBe(FEE)
  })

  it('is held by a witness after a crash: nobody is asked to try again', () => {
    const { jobs, job, spent } = broughtTo('bidding')
    cancel(jobs, job)
    for (const at of [0, 1, 2, 3]) {
      jobs.minds.stop(jobs.id(at))
      jobs.minds.restart(jobs.id(at))
    }
    jobs.minds.stop(jobs.id(PAYER))
    toItsEnd(jobs)
    expect(jobs.minds.runs).toEqual([])
    expect(spent()).toBe(0n)
  })

  it('of half of the witnesses keeps the others’ proposal from being decided', () => {
    const { jobs, job, spent } = broughtTo('bidding')
    jobs.minds.isCut = (_from, to, kind) =>
      kind === 'propose' || (kind === 'cancel' && to !== jobs.id(0) && to !== jobs.id(1))
    cancel(jobs, job)
    // The steward holds the word but is gone; two witnesses would assign, two refuse.
    jobs.minds.stop(jobs.id(PAYER))
    jobs.minds.isCut = (_from, _to, kind) => kind === 'cancel'
    jobs.minds.pass(TIMES.assignMs + 4 * TIMES.retryMsMax)
    expect(jobs.minds.runs).toEqual([])
    expect(jobs.open(FIRST, job)).toBeUndefined()
    expect(spent()).toBe(0n)
  })

  it('is in the close that witnesses help to prepare, whoever proposes it', () => {
    const { jobs, job } = broughtTo('running')
    const told = [jobs.id(0), jobs.id(1)]
    // Only those two know; what the others propose leaves the cancel out at first.
    jobs.minds.isCut = (from, to, kind) =>
      (kind === 'cancel' && !told.includes(to)) || (kind === 'propose' && told.includes(from))
    cancel(jobs, job)
    jobs.minds.stop(jobs.id(PAYER))
    jobs.minds.pass(TIMES.commitMs + TIMES.revealMs + 6 * TIMES.retryMsMax)
    const stored = jobs.minds.stored(jobs.id(5), keys.closed(job))
    if (stored === undefined) throw new RangeError('it never ended')
    const { blame } = decodeRecord(jobRecordCodec, stored, 'closed')
    expect(blame.map(({ cause }) => cause)).toEqual(['cancelled'])
  })

  it('keeps standbys from taking over, however a runner fails', () => {
    const jobs = new TestJobs([1, ...NODES])
    const job = jobs.submit({ replicas: 1, standbys: 2 })
    jobs.passElection()
    jobs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    cancel(jobs, job)
    const [run] = jobs.minds.runs
    if (run === undefined) throw new RangeError('nobody runs')
    const lease = { job, step: 0, slot: 0, rank: 0, state: 'failed' as const, tokens: 0 }
    for (const at of [1, ...NODES])
      if (jobs.id(at) !== run.peer) jobs.minds.say(run.peer, jobs.id(at), 'lease', lease)
    jobs.minds.pass(10 * TIMES.leaseMs)
    expect(jobs.minds.runs).toEqual([run])
  })

  it('that nobody got is said again', () => {
    const { jobs, job } = broughtTo('running')
    jobs.minds.isCut = (_from, _to, kind) => kind === 'cancel'
    cancel(jobs, job)
    jobs.minds.isCut = () => false
    expect(jobs.minds.stopped).toEqual([])
    jobs.minds.pass(TIMES.retryMsMax)
    expect(jobs.minds.stopped).toHaveLength(2)
  })

  it('is only its payer’s, and nothing that is over can be cancelled', () => {
    const { jobs, job } = broughtTo('running')
    expect(cancel(jobs, job, 5)).toMatchObject({ ok: false, code: 'not_the_payer' })
    expect(jobs.open(FIRST, job)?.cancelledMs).toBeNull()
    for (const run of jobs.minds.runs) jobs.minds.finish(run, ANSWER)
    toItsEnd(jobs)
    expect(cancel(jobs, job)).toMatchObject({ ok: false, code: 'job_over' })
  })

  it('said twice is one', () => {
    const { jobs, job, spent } = broughtTo('committed')
    expect(cancel(jobs, job)).toEqual({ ok: true, type: 'cancelled' })
    const stopped = jobs.minds.stopped.length
    expect(cancel(jobs, job)).toEqual({ ok: true, type: 'cancelled' })
    expect(jobs.minds.stopped).toHaveLength(stopped)
    toItsEnd(jobs)
    expect(spent()).toBe(PRICE + FEE)
  })
})

describe('a deadline', () => {
  const WAIT_MS = 30_000

  function limited() {
    const jobs = new TestJobs(NODES)
    const job = jobs.submit({ deadlineMs: WAIT_MS })
    jobs.passElection()
    return { jobs, job, atMs: jobs.minds.now }
  }

  it('cancels a job that is still running, and not before', () => {
    const { jobs, job } = limited()
    jobs.minds.pass(WAIT_MS / 2)
    expect(jobs.minds.stopped).toEqual([])
    jobs.minds.pass(WAIT_MS / 2)
    expect(jobs.minds.stopped).toHaveLength(2)
    toItsEnd(jobs)
    expect(jobs.open(FIRST, job)).toBeUndefined()
    expect(jobs.minds.stored(jobs.id(PAYER), keys.deadline(job))).toBeUndefined()
  })

  it('that passes while its peer is down counts when it is up again', () => {
    const { jobs } = limited()
    jobs.minds.stop(jobs.id(PAYER))
    jobs.minds.pass(WAIT_MS)
    expect(jobs.minds.stopped).toEqual([])
    jobs.minds.restart(jobs.id(PAYER))
    jobs.minds.pass(1)
    expect(jobs.minds.stopped).toHaveLength(2)
  })

  it('goes with a job that ends in time', () => {
    const { jobs, job } = limited()
    for (const run of jobs.minds.runs) jobs.minds.finish(run, ANSWER)
    toItsEnd(jobs)
    expect(jobs.minds.stored(jobs.id(PAYER), keys.deadline(job))).toBeUndefined()
    jobs.minds.pass(2 * WAIT_MS)
    expect(NODES.map((at) => jobs.earned(at))).toEqual([PRICE, PRICE])
  })
})
