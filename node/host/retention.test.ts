import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { type BlobRef, blobRefOf, type Digest, type JobId } from '../../protocol/ids.ts'
import { type Holding, holdingCodec } from '../../protocol/jobs/holdings.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { testTicket } from '../../protocol/jobs/testing-tickets.ts'
import { ticketCodec } from '../../protocol/jobs/ticket.ts'
import { RETENTION } from '../../protocol/params.ts'
import { keys } from '../../protocol/records/keys.ts'
import { closedRecord } from '../api/sample-swarm.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { Retention, startSweeping } from './retention.ts'

const START_MS = 1_000_000_000_000
const DAY_MS = 86_400_000
const JOB = 'a1'.repeat(32) as JobId
const OTHER = 'b2'.repeat(32) as JobId
const BODY = Uint8Array.of(1, 2, 3)
const NEVER = new AbortController().signal

let store: Store
let now: number
const held = new Map<Digest, { size: number; usedMs: number }>()
let retention: Retention

const bodies = {
  remove: async (digest: Digest, unusedSinceMs: number) => {
    if ((held.get(digest)?.usedMs ?? Number.NEGATIVE_INFINITY) >= unusedSinceMs) return false
    held.delete(digest)
    return true
  },
  async *list() {
    for (const [digest, about] of held) yield { digest, ...about }
  },
}

beforeEach(() => {
  store = createMemoryStore()
  now = START_MS
  held.clear()
  retention = new Retention({ bodies, records: store, now: () => now })
})

function put(content = BODY, size = content.length): BlobRef {
  const ref = { ...blobRefOf(content), size }
  held.set(ref.digest, { size, usedMs: now })
  return ref
}

async function hold({ digest }: BlobRef, job: JobId, about: Partial<Holding> = {}): Promise<void> {
  const holding = { what: 'answer' as const, own: false, ...about }
  await store.write([{ key: keys.body(digest, job), value: encodeBody(holdingCodec, holding) }])
}

async function open(job: JobId): Promise<void> {
  await store.write([{ key: keys.job(job), value: Uint8Array.of(0) }])
}

async function close(job: JobId): Promise<void> {
  const record = { ...closedRecord(job, BODY, [BODY, BODY]), closedMs: now }
  await store.write([
    { key: keys.job(job), value: null },
    { key: keys.closed(job), value: encodeBody(jobRecordCodec, record) },
  ])
}

const holdings = async () => {
  const found: string[] = []
  for await (const { key } of store.scan({ prefix: 'body/' })) found.push(key)
  return found
}

describe('a body', () => {
  it('that no job names goes after its time, not before', async () => {
    const { digest } = put()
    now += RETENTION.unnamedMs
    expect(await retention.sweep(NEVER)).toMatchObject({ looked: 1, removed: 0 })
    now += 1
    expect(await retention.sweep(NEVER)).toEqual({ looked: 1, removed: 1, removedBytes: 3 })
    expect(held.has(digest)).toBe(false)
  })

  it('of an open job stays, however long it takes', async () => {
    await open(JOB)
    await hold(put(), JOB)
    now += 100 * DAY_MS
    expect((await retention.sweep(NEVER)).removed).toBe(0)
  })

  it.each([
    ['a moment before its time is over', -1, 0],
    ['when its time is over', 0, 1],
  ])('of a closed job %s: removed %i', async (_, early, removed) => {
    await open(JOB)
    await hold(put(), JOB)
    now += 5 * DAY_MS
    await close(JOB)
    now += RETENTION.bodiesMs + early
    expect((await retention.sweep(NEVER)).removed).toBe(removed)
    expect(await holdings()).toHaveLength(1 - removed)
  })

  it('stays while any job needs it, and loses the records of the others', async () => {
    await open(OTHER)
    const ref = put()
    await hold(ref, JOB)
    await hold(ref, OTHER)
    await close(JOB)
    now += RETENTION.bodiesMs
    expect((await retention.sweep(NEVER)).removed).toBe(0)
    expect(await holdings()).toEqual([keys.body(ref.digest, OTHER)])
    await close(OTHER)
    now += RETENTION.bodiesMs
    expect((await retention.sweep(NEVER)).removed).toBe(1)
  })

  it('of a job that was dropped goes as long after its last use as after a close', async () => {
    await hold(put(), JOB)
    now += RETENTION.bodiesMs - 1
    expect((await retention.sweep(NEVER)).removed).toBe(0)
    now += 1
    expect((await retention.sweep(NEVER)).removed).toBe(1)
  })

  it.each(['closed', 'unknown'])('that its owner paid for stays: the job is %s', async (state) => {
    await hold(put(), JOB, { own: true })
    if (state === 'closed') await close(JOB)
    now += 1_000 * DAY_MS
    expect((await retention.sweep(NEVER)).removed).toBe(0)
  })

  it('that is put and named while it is looked at stays', async () => {
    const { digest } = put()
    now += 2 * RETENTION.unnamedMs
    const racing = {
      ...bodies,
      remove: async (one: Digest, sinceMs: number) => {
        const ref = put()
        await hold(ref, JOB)
        return bodies.remove(one, sinceMs)
      },
    }
    const swept = await new Retention({ bodies: racing, records: store, now: () => now }).sweep(NEVER)
    expect(swept.removed).toBe(0)
    expect(held.has(digest)).toBe(true)
  })

  it('outlives a crash between its records and itself by one round', async () => {
    await hold(put(), JOB)
    await close(JOB)
    now += RETENTION.bodiesMs
    const cut = { ...bodies, remove: () => Promise.reject(new Error('the power failed')) }
    const crashing = new Retention({ bodies: cut, records: store, now: () => now })
    await expect(crashing.sweep(NEVER)).rejects.toThrow('the power failed')
    expect([await holdings(), held.size]).toEqual([[], 1])
    expect((await retention.sweep(NEVER)).removed).toBe(1)
  })
})

describe('the prompt of a submission that waits', () => {
  const TICKET = testTicket('waits')
  const { name, ...record } = TICKET
  const wait = (prompt: BlobRef) => {
    const ticket = { ...record, choices: { ...record.choices, prompt } }
    return store.write([{ key: keys.ticket(name), value: encodeBody(ticketCodec, ticket) }])
  }

  it('stays for as long as that waits, and goes with it', async () => {
    await wait(put())
    now += 100 * DAY_MS
    expect((await retention.sweep(NEVER)).removed).toBe(0)
    await store.write([{ key: keys.ticket(name), value: null }])
    expect((await retention.sweep(NEVER)).removed).toBe(1)
  })

  it('stays though a job that had the same one is long over, and that loses its record', async () => {
    const ref = put()
    await hold(ref, JOB)
    await close(JOB)
    await wait(ref)
    now += 100 * DAY_MS
    expect((await retention.sweep(NEVER)).removed).toBe(0)
    expect([await holdings(), held.size]).toEqual([[], 1])
  })

  it('stays where it is opened while bodies are looked at', async () => {
    const ref = put()
    await wait(ref)
    now += 2 * RETENTION.unnamedMs
    const opening = {
      ...bodies,
      async *list() {
        await store.write([{ key: keys.ticket(name), value: null }])
        await hold(ref, JOB, { what: 'prompt', own: true })
        yield* bodies.list()
      },
    }
    const sweeps = new Retention({ bodies: opening, records: store, now: () => now })
    for (const _ of [1, 2]) expect((await sweeps.sweep(NEVER)).removed).toBe(0)
  })

  it('stays where it began to wait after the tickets were read, however long the round takes', async () => {
    const { digest } = put()
    now += 2 * RETENTION.unnamedMs
    const late = {
      ...bodies,
      async *list() {
        for await (const body of bodies.list()) {
          await wait(put())
          now += 2 * RETENTION.unnamedMs
          yield body
        }
      },
    }
    const sweeps = new Retention({ bodies: late, records: store, now: () => now })
    expect((await sweeps.sweep(NEVER)).removed).toBe(0)
    expect(held.has(digest)).toBe(true)
  })
})

describe("the owner's bodies", () => {
  it('go by their oldest days once they take more than is kept, and never those of the newest', async () => {
    const half = RETENTION.ownBytes / 2
    const jobs = ['c1', 'c2', 'c3'].map((name) => name.repeat(32) as JobId)
    for (const [at, job] of jobs.entries()) {
      await hold(put(Uint8Array.of(at), half), job, { own: true })
      await close(job)
      now += DAY_MS
    }
    // The first round counts, the next one knows.
    expect((await retention.sweep(NEVER)).removed).toBe(0)
    expect((await retention.sweep(NEVER)).removed).toBe(1)
    expect(held.has(blobRefOf(Uint8Array.of(0)).digest)).toBe(false)
    expect((await retention.sweep(NEVER)).removed).toBe(0)

    await hold(put(Uint8Array.of(9), 5 * half), JOB, { own: true })
    await close(JOB)
    now += DAY_MS
    await retention.sweep(NEVER)
    expect((await retention.sweep(NEVER)).removed).toBe(2)
    expect([...held.keys()]).toEqual([blobRefOf(Uint8Array.of(9)).digest])
  })
})

describe('sweeping', () => {
  it('goes round after round, one at a time, and ends', async () => {
    vi.useFakeTimers()
    try {
      const rounds: PromiseWithResolvers<{ looked: number; removed: number; removedBytes: number }>[] = []
      const sweep = () => {
        const round = Promise.withResolvers<{ looked: number; removed: number; removedBytes: number }>()
        rounds.push(round)
        return round.promise
      }
      const seen: number[] = []
      const stop = startSweeping({
        retention: { sweep },
        swept: ({ looked }) => seen.push(looked),
        failed: () => undefined,
      })
      await vi.advanceTimersByTimeAsync(3 * RETENTION.sweepMs)
      expect(rounds).toHaveLength(1)
      rounds[0]?.resolve({ looked: 7, removed: 0, removedBytes: 0 })
      await vi.advanceTimersByTimeAsync(RETENTION.sweepMs)
      expect([rounds.length, seen]).toEqual([2, [7]])
      const stopped = stop()
      rounds[1]?.resolve({ looked: 8, removed: 0, removedBytes: 0 })
      await stopped
      await vi.advanceTimersByTimeAsync(5 * RETENTION.sweepMs)
      expect([rounds.length, seen]).toEqual([2, [7, 8]])
    } finally {
      vi.useRealTimers()
    }
  })
})
