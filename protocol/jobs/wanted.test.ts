import { describe, expect, it } from 'vitest'
import { blobRefOf, type BlobRef, type JobId, type PeerId } from '../ids.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { RETENTION, TIMES } from '../params.ts'
import type { Outbox, Unstamped } from '../peer/outbox.ts'
import { HOT_PREFIXES, keys, PREFIXES } from '../records/keys.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import type { JobContext } from './context.ts'
import type { JobResult } from './value.ts'
import { WantedAnswers } from './wanted.ts'

const SIGNERS = [0, 1, 2, 3, 4, 5].map(testSigner)
const ROSTER = rosterOf(testCharter(SIGNERS, 4))
const [SELF = testSigner(0)] = SIGNERS
const AUTHOR = testSigner(5).id
const answer = (number: number) => blobRefOf(Uint8Array.of(number, number >> 8))
const job = (number: number) => number.toString(16).padStart(64, '0') as JobId

type Fetch = Extract<Unstamped, { type: 'fetch' }>

class World {
  readonly disk = new Map<string, Uint8Array>()
  readonly fetches: Fetch[] = []
  readonly notified: (string | null)[] = []
  timer: number | undefined
  now = 0
  /** As this peer knows the swarm by now. */
  roster: Roster = ROSTER
  // All that it uses of a context.
  wanted = new WantedAnswers({ signer: SELF, roster: this.roster } as unknown as JobContext)

  get out(): Outbox {
    const parts: Partial<Outbox> = {
      now: this.now,
      write: (key, value) => void (value === null ? this.disk.delete(key) : this.disk.set(key, value)),
      emit: (effect) => void (effect.type === 'fetch' && this.fetches.push(effect)),
      notify: (changed) => void this.notified.push(changed),
      timer: (_, delayMs) => void (this.timer = this.now + delayMs),
    }
    return parts as Outbox
  }

  want(number: number, answers: readonly BlobRef[], epoch = 0): void {
    const replicas = answers.map((one) => ({ answer: one, peer: AUTHOR }))
    // All that is asked of a result.
    this.wanted.want(this.out, job(number), { replicas } as unknown as JobResult, epoch)
  }

  answer(ok: boolean): void {
    for (const { token, blob } of this.fetches.splice(0))
      this.wanted.onFetched(this.out, { type: 'fetched', token, blob, ok })
  }

  restart(): void {
    this.fetches.length = 0
    this.wanted = new WantedAnswers({ signer: SELF, roster: this.roster } as unknown as JobContext)
    for (const [key, value] of this.disk) this.wanted.restore({ key, value })
    this.wanted.start(this.out)
  }
}

describe('answers of jobs that this peer paid for', () => {
  it('are asked of those who judged them and of their authors, and kept for their owner', () => {
    const world = new World()
    world.want(1, [answer(1), answer(2), answer(1)])
    expect(world.fetches.map(({ blob, care }) => [blob, care])).toEqual([
      [answer(1), 'keep'],
      [answer(2), 'keep'],
    ])
    const others = ROSTER.epoch.witnesses.filter((peer: PeerId) => peer !== SELF.id)
    expect(world.fetches[0]?.from).toEqual([...others, AUTHOR])
    world.answer(true)
    expect([...world.disk.keys()].toSorted()).toEqual(
      [answer(1), answer(2)].map(({ digest }) => keys.body(digest, job(1))).toSorted(),
    )
    expect(world.notified).toEqual([job(1), job(1)])
    expect(world.wanted.size).toBe(0)
  })

  it('are asked of those who closed the job, too, when others witness since, also after a restart', () => {
    const world = new World()
    const later = { ...ROSTER.epoch, number: 1, witnesses: [testSigner(4).id] }
    world.roster = { ...ROSTER, epoch: later, epochOf: (number) => [ROSTER.epoch, later][number] }
    world.restart()
    const closers = ROSTER.epoch.witnesses.filter((peer: PeerId) => peer !== SELF.id)
    world.want(1, [answer(1)], 0)
    expect(world.fetches[0]?.from).toEqual([...closers, ...later.witnesses, AUTHOR])
    world.restart()
    expect(world.fetches[0]?.from).toEqual([...closers, ...later.witnesses, AUTHOR])
    world.want(2, [answer(2)], 1)
    expect(world.fetches[1]?.from).toEqual([...later.witnesses, AUTHOR])
  })

  it('are asked for again and again, with growing pauses', () => {
    const world = new World()
    world.want(1, [answer(1)])
    const pauses: number[] = []
    for (let round = 0; round < 10; round += 1) {
      world.answer(false)
      expect(world.fetches).toEqual([])
      pauses.push((world.timer ?? 0) - world.now)
      world.now = world.timer ?? 0
      expect(world.wanted.onTimer(world.out, 'job/wanted')).toBe(true)
      expect(world.fetches).toHaveLength(1)
    }
    expect(pauses.slice(0, 3)).toEqual([TIMES.retryMs, 2 * TIMES.retryMs, 4 * TIMES.retryMs])
    expect(pauses.at(-1)).toBe(RETENTION.wantedMsMax)
  })

  it('are given up once nobody has to hold them, not a moment before', () => {
    const world = new World()
    world.want(1, [answer(1)])
    world.answer(false)
    world.now = RETENTION.bodiesMs - 1
    world.wanted.onTimer(world.out, 'job/wanted')
    expect(world.fetches).toHaveLength(1)
    world.answer(false)
    world.now = RETENTION.bodiesMs
    world.wanted.onTimer(world.out, 'job/wanted')
    expect([world.fetches.length, world.wanted.size, world.disk.size]).toEqual([0, 0, 0])
  })

  it('are asked for after a restart, so far as they are lacking', () => {
    const world = new World()
    world.want(1, [answer(1), answer(2)])
    const [first, second] = world.fetches
    if (first === undefined || second === undefined) throw new Error('two are asked for')
    world.wanted.onFetched(world.out, { type: 'fetched', token: first.token, blob: first.blob, ok: true })
    world.restart()
    expect(world.fetches.map(({ blob }) => blob)).toEqual([answer(2)])
    world.answer(true)
    world.restart()
    expect(world.fetches).toEqual([])
  })

  it('are read at a start', () => expect(HOT_PREFIXES).toContain(PREFIXES.wanted))

  it('of many jobs are asked for a few at a time, until all are here', () => {
    const world = new World()
    for (let at = 0; at < 100; at += 1) world.want(at, [answer(at)])
    expect(world.fetches).toHaveLength(RETENTION.wantedAtOnce)
    let most = 0
    while (world.fetches.length > 0) {
      most = Math.max(most, world.fetches.length)
      world.answer(true)
    }
    expect([most, world.wanted.size]).toEqual([RETENTION.wantedAtOnce, 0])
  })

  it('are asked for beside those under way, whichever came first', () => {
    const world = new World()
    for (let at = 0; at < RETENTION.wantedAtOnce; at += 1) world.want(at, [answer(at)])
    for (let at = 0; at < RETENTION.wantedAtOnce; at += 1) world.answer(false)
    // The first ones pause; later ones are under way when they are due again.
    for (let at = 100; at < 100 + RETENTION.wantedAtOnce; at += 1) world.want(at, [answer(at)])
    expect(world.fetches).toHaveLength(RETENTION.wantedAtOnce)
    world.now = RETENTION.wantedMsMax
    world.wanted.onTimer(world.out, 'job/wanted')
    expect(world.fetches).toHaveLength(RETENTION.wantedAtOnce)
  })

  it('of more jobs than are kept in mind are forgotten from the oldest on', () => {
    const world = new World()
    for (let at = 0; at < RETENTION.wantedJobs; at += 1) world.want(at, [answer(at)])
    expect([world.wanted.size, world.disk.has(keys.wanted(job(0)))]).toEqual([RETENTION.wantedJobs, true])
    world.want(RETENTION.wantedJobs, [answer(1)])
    expect([world.wanted.size, world.disk.has(keys.wanted(job(0)))]).toEqual([RETENTION.wantedJobs, false])
  })

  it('that a result has none of are not asked for', () => {
    const world = new World()
    world.want(1, [])
    expect([world.fetches.length, world.disk.size]).toEqual([0, 0])
  })
})
