import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { signedFrame } from '../encoding/envelope.ts'
import { sign } from '../encoding/signed.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import type { PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import { restoredRecord } from '../records/restored.ts'
import { COMMIT } from './messages.ts'
import { ANSWER, TestJobs } from './testing-jobs.ts'

const TAKEOVER_MS = TIMES.leaseMs + TIMES.graceMs
/** None of them is the one who watches, the treasury or the payer. */
const NODES = [1, 2, 5, 6]
const WATCHER = 0

/** A job of one replica with three standbys, assigned; its runs in order. */
function started() {
  const jobs = new TestJobs(NODES)
  const job = jobs.submit({ replicas: 1, standbys: 3 })
  jobs.passElection()
  const { runs } = jobs.minds
  const record = jobs.open(WATCHER, job)
  if (runs[0] === undefined || record === undefined) throw new RangeError('nobody runs')
  const runner = runs[0].peer
  const [next, last] = record.standbys as [PeerId, PeerId]
  const finish = (peer: PeerId) => {
    const run = runs.find((one) => one.peer === peer)
    if (run === undefined) throw new RangeError('it was not asked to run')
    jobs.minds.finish(run, ANSWER)
  }
  const fail = (peer: PeerId) => {
    const order = runs.find((one) => one.peer === peer)?.order
    if (order === undefined) throw new RangeError('it was not asked to run')
    const outcome = { ok: false as const, code: 'provider_failed', detail: '' }
    jobs.minds.tell(peer, { type: 'finished', ...order, outcome, entropy: new Uint8Array(32) })
  }
  const running = () => runs.map(({ peer }) => peer)
  const result = () => jobs.open(WATCHER, job)
  /** Who is paid, once the job is over. */
  const paid = () => NODES.filter((at) => jobs.earned(at) > 0n).map((at) => jobs.id(at))
  return { jobs, job, runner, next, last, finish, fail, running, result, paid }
}

describe('a runner that is silent', () => {
  it('is followed by its standbys, one after another, and by nobody while it is heard', () => {
    const { jobs, runner, next, last, running } = started()
    jobs.minds.pass(10 * TAKEOVER_MS)
    expect(running()).toEqual([runner])
    jobs.minds.isCut = (from, _to, kind) => kind === 'lease' && from === runner
    jobs.minds.pass(TAKEOVER_MS)
    expect(running()).toEqual([runner, next])
    jobs.minds.pass(10 * TAKEOVER_MS)
    expect(running()).toEqual([runner, next])
    jobs.minds.isCut = (from, _to, kind) => kind === 'lease' && (from === runner || from === next)
    jobs.minds.pass(TAKEOVER_MS + TIMES.graceMs)
    expect(running()).toEqual([runner, next, last])
  })

  it('is shown until then, whatever a standby says of itself', () => {
    const { jobs, job, runner, next, result } = started()
    const claim = { job, step: 0, slot: 0, rank: 1, state: 'started' as const, tokens: 7 }
    for (const state of ['started', 'failed'] as const) {
      jobs.minds.say(next, jobs.id(WATCHER), 'lease', { ...claim, state })
      expect(result()?.slots).toMatchObject([{ slot: 0, peer: runner, rank: 0, state: 'started' }])
    }
    expect(result()?.timeline.some(({ phase }) => phase === 'taken-over')).toBe(false)
    jobs.minds.isCut = (from, _to, kind) => kind === 'lease' && from === runner
    jobs.minds.pass(TIMES.leaseMs)
    jobs.minds.say(next, jobs.id(WATCHER), 'lease', claim)
    expect(result()?.slots).toMatchObject([{ slot: 0, peer: next, rank: 1, state: 'started', tokens: 7 }])
    expect(result()?.timeline.filter(({ phase }) => phase === 'taken-over')).toHaveLength(1)
  })

  it('leaves its slot, and the pay, to the standby that has answered', () => {
    const { jobs, job, runner, next, finish, result, paid } = started()
    jobs.minds.stop(runner)
    jobs.minds.pass(TAKEOVER_MS)
    expect(result()?.slots).toMatchObject([{ slot: 0, peer: next, rank: 1, state: 'started' }])
    finish(next)
    jobs.minds.pass(TIMES.revealMs)
    jobs.minds.restart(runner)
    expectSame(jobs)
    expect(jobs.open(WATCHER, job)).toBeUndefined()
    expect(paid()).toEqual([next])
  })

  it('that comes back in time is paid alone, however many have answered for it', () => {
    const { jobs, runner, next, finish, paid } = started()
    // What the runner says of itself doesn't reach the others, but its commit will.
    jobs.minds.isCut = (from, _to, kind) => from === runner && kind === 'lease'
    jobs.minds.pass(TAKEOVER_MS)
    jobs.minds.isCut = (from, to, kind) => from === next && to === jobs.id(3) && kind === 'job-commit'
    finish(runner)
    finish(next)
    jobs.minds.isCut = () => false
    expectSame(jobs)
    expect(paid()).toEqual([runner])
  })

  it('is waited for by a witness that hears it, though its standby has a commit', () => {
    const { jobs, runner, next, finish, paid, result } = started()
    jobs.minds.isCut = (from, to, kind) => from === runner && to === next && kind === 'lease'
    jobs.minds.pass(TAKEOVER_MS)
    jobs.minds.isCut = () => false
    finish(next)
    jobs.minds.pass(10 * TAKEOVER_MS)
    expect(result()?.status).toBe('running')
    finish(runner)
    expectSame(jobs)
    expect(paid()).toEqual([runner])
  })

  it('loses the slot when it has committed and can’t reveal', () => {
    const { jobs, runner, next, finish, paid } = started()
    const isOf = (kinds: readonly string[]) => (from: PeerId, _to: PeerId, kind: string) =>
      from === runner && kinds.includes(kind)
    jobs.minds.isCut = isOf(['lease', 'reveal'])
    jobs.minds.pass(TAKEOVER_MS)
    // No witness may seal before both commits are there: the runner that it hears holds it up.
    jobs.minds.isCut = isOf(['job-commit', 'reveal'])
    jobs.minds.pass(TIMES.leaseMs)
    finish(next)
    jobs.minds.isCut = isOf(['reveal'])
    finish(runner)
    jobs.minds.pass(TIMES.nudgeMs)
    jobs.minds.stop(runner)
    jobs.minds.pass(3 * TIMES.revealMs)
    expect(paid()).toEqual([next])
  })
})

describe('a run that fails', () => {
  it('is taken over at once', () => {
    const { runner, next, fail, running, result } = started()
    fail(runner)
    expect(running()).toEqual([runner, next])
    expect(result()?.slots).toMatchObject([{ peer: next, rank: 1 }])
  })

  it('whose standbys fail as well, ends the attempt at once', () => {
    const { jobs, job, runner, next, last, fail, running } = started()
    for (const peer of [runner, next, last]) fail(peer)
    expect(new Set(running()).size).toBe(4)
    expect(jobs.open(WATCHER, job)?.step).toBe(0)
    for (const peer of running().slice(3)) fail(peer)
    jobs.minds.pass(TIMES.nudgeMs)
    expect(jobs.open(WATCHER, job)?.step).toBe(1)
  })
})

describe('a runner that has committed', () => {
  it('commits to the same again after a restart, and to nothing else', () => {
    const { jobs, job, runner, finish } = started()
    jobs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    finish(runner)
    const committed = () =>
      [0, 1, 2, 3].flatMap((at) => jobs.minds.heard(jobs.id(at), 'job-commit').map(({ body }) => body))
    const before = new Set(committed().map(({ commitment }) => commitment))
    jobs.minds.stop(runner)
    jobs.minds.restart(runner)
    finish(runner)
    jobs.minds.pass(TIMES.nudgeMs)
    expect(before.size).toBe(1)
    expect(new Set(committed().map(({ commitment }) => commitment))).toEqual(before)
    expect(jobs.minds.stored(runner, keys.run(job, 0, 0))).toBeDefined()
  })

  it('is told so by those who will seal it, and not by a witness whose votes may be lost', () => {
    const { jobs, runner, finish } = started()
    const forgetful = jobs.id(3)
    jobs.minds.stop(forgetful)
    const store = jobs.minds.storeOf(forgetful) as Map<string, Uint8Array>
    store.set(keys.amnesia, new Uint8Array(0))
    jobs.minds.restart(forgetful)
    // Else what a witness seals at once reaches the runner before its word that it holds the commit.
    jobs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    jobs.minds.heard(runner, 'held')
    finish(runner)
    const by = new Set(jobs.minds.heard(runner, 'held').map(({ from }) => from))
    const sealers = [0, 1, 2].map((at) => jobs.id(at)).filter((peer) => peer !== runner)
    for (const peer of sealers) expect(by).toContain(peer)
    expect(by).not.toContain(forgetful)
  })

  it('takes nothing over', () => {
    const { jobs, runner, next, last, finish, running } = started()
    jobs.minds.isCut = (from, _to, kind) => from === runner && kind === 'lease'
    jobs.minds.pass(TAKEOVER_MS)
    jobs.minds.isCut = (from, _to, kind) => kind === 'lease' || kind === 'seal' || from === runner
    finish(next)
    jobs.minds.pass(10 * TAKEOVER_MS)
    expect(running().filter((peer) => peer === next)).toHaveLength(1)
    expect(running()).toContain(last)
  })
})

describe('a store that comes from a backup', () => {
  /** What a peer's host writes after it restored a backup. */
  function restore(jobs: TestJobs, peer: PeerId): void {
    const store = jobs.minds.storeOf(peer) as Map<string, Uint8Array>
    for (const [key, value] of store) {
      const [write] = key.startsWith(PREFIXES.job) ? restoredRecord({ key, value }) : []
      if (write?.value instanceof Uint8Array) store.set(key, write.value)
    }
  }

  it('runs nothing that it was elected for, as it may have committed since', () => {
    const { jobs, runner, running } = started()
    jobs.minds.stop(runner)
    restore(jobs, runner)
    jobs.minds.restart(runner)
    jobs.minds.pass(TAKEOVER_MS)
    expect(running().filter((peer) => peer === runner)).toHaveLength(1)
  })

  it('repeats the commit that it has', () => {
    const { jobs, runner, finish, paid } = started()
    jobs.minds.isCut = (_from, _to, kind) => kind === 'job-commit'
    finish(runner)
    jobs.minds.stop(runner)
    restore(jobs, runner)
    jobs.minds.isCut = () => false
    jobs.minds.restart(runner)
    expectSame(jobs)
    expect(paid()).toEqual([runner])
  })
})

describe('what says that it is at work', () => {
  it.each([
    ['a stranger to the attempt', (at: PeerId, _next: PeerId) => at, 0],
    ['a standby as a rank that it hasn’t', (_at: PeerId, next: PeerId) => next, 2],
    ['a standby as the peer assigned', (_at: PeerId, next: PeerId) => next, 0],
  ] as const)('is not believed of %s', (_, by, rank) => {
    const { jobs, job, next, result } = started()
    const from = by(jobs.id(3), next)
    const lease = { job, step: 0, slot: 0, rank, state: 'failed' as const, tokens: 1 }
    for (const at of [WATCHER, ...NODES])
      if (jobs.id(at) !== from) jobs.minds.say(from, jobs.id(at), 'lease', lease)
    expect(result()?.slots).toMatchObject([{ rank: 0, state: 'started' }])
    jobs.minds.pass(TIMES.graceMs)
    expect(jobs.minds.runs).toHaveLength(1)
  })
})

describe('a runner that has revealed', () => {
  it("doesn't reveal again to all whenever it is told something that it knows, or that is nothing", () => {
    const { jobs, job, runner, finish } = started()
    jobs.minds.isCut = (_from, _to, kind) => kind === 'propose'
    finish(runner)
    jobs.minds.pass(1)
    const at = jobs.signers.findIndex(({ id }) => id === runner)
    const witness = [0, 1, 2, 3].find((one) => one !== at) ?? 0
    expect(jobs.minds.heard(jobs.id(witness), 'reveal').length).toBeGreaterThan(0)
    const stranger = jobs.signers[TestJobs.payer]
    if (stranger === undefined) throw new RangeError('there is a payer')
    const body = { job, step: 0, slot: 0, rank: 0, commitment: hash('commit', new Uint8Array(0)) }
    const { swarm } = jobs.minds.roster
    const frame = signedFrame(swarm, 'job-commit', sign(stranger, swarm, COMMIT, body))
    for (let count = 0; count < 3; count += 1) jobs.minds.bring(stranger.id, runner, frame)
    jobs.minds.settle()
    expect(jobs.minds.heard(jobs.id(witness), 'reveal')).toEqual([])
  })
})
