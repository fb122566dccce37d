import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import { blobRefOf, type JobId } from '../ids.ts'
import { CHOICES } from '../jobs/testing-tickets.ts'
import { LIMITS, TIMES } from '../params.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import { begin, CHEAP, CONTENT, full, NAME, named, WISH } from './testing-submissions.ts'

describe('a submission', () => {
  it('is a job at once where there is room, and its name stands for it', () => {
    const peer = begin()
    const result = peer.submit(WISH)
    expect(result).toMatchObject({ ok: true, type: 'job' })
    expect(peer.under(PREFIXES.ticket)).toEqual([])
    expect(peer.submission(NAME)).toMatchObject({
      content: CONTENT,
      job: result?.ok === true && result.type === 'job' ? result.job : '',
    })
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'named' })
    peer.work()
    expect(peer.jobsOf()).toBe(1)
  })

  it('waits where there is none, holds no escrow, and is opened when there is', () => {
    const peer = full()
    const before = peer.view().account(peer.id)
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    expect(peer.view().waiting(NAME, peer.minds.now)).toMatchObject({ position: 0, reason: 'busy' })
    expect(peer.view().account(peer.id)).toEqual(before)
    peer.work()
    expect(peer.submission(NAME)?.job).not.toBeNull()
    expect([peer.under(PREFIXES.ticket), peer.under(PREFIXES.placed), peer.jobsOf()]).toEqual([[], [], 2])
  })

  it('repeated while it waits is answered the same; under the same name for something else, refused', () => {
    const peer = full()
    for (const _ of [1, 2]) expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    expect(peer.submit({ named: { name: NAME, content: named(3) } })).toMatchObject({
      ok: false,
      code: 'idempotency_key_reused',
    })
    peer.work()
    expect(peer.jobsOf()).toBe(2)
  })

  it('repeated while its entry waits for the one before is answered once it is signed, with the same job', () => {
    const peer = begin()
    const { minds } = peer
    minds.isCut = (_from, _to, kind) => kind === 'vote'
    minds.command(peer.id, { type: 'transfer', to: peer.jobs.id(0), amount: 10_000n, memo: '' })
    expect(peer.submit(WISH)).toBeUndefined()
    expect(peer.under(PREFIXES.ticket)).toHaveLength(1)
    minds.isCut = () => false
    peer.submit(WISH)
    minds.pass(TIMES.retryMsMax)
    const jobs = new Set(minds.answers.map((answer) => JSON.stringify(answer)))
    expect(jobs.size).toBe(1)
    expect(peer.submission(NAME)?.job).not.toBeNull()
    peer.work()
    expect(peer.jobsOf()).toBe(1)
  })

  it('is answered with its ticket where its entry can’t be signed for long', () => {
    const peer = begin()
    peer.minds.isCut = (_from, _to, kind) => kind === 'vote'
    peer.minds.command(peer.id, { type: 'transfer', to: peer.jobs.id(0), amount: 10_000n, memo: '' })
    peer.submit()
    peer.minds.pass(2_500)
    expect(peer.minds.answers).toMatchObject([{ ok: true, type: 'queued' }])
    peer.minds.isCut = () => false
    peer.work()
    expect(peer.jobsOf()).toBe(1)
  })

  it('that needs more nodes than there are waits, says why, and goes on once they are there', () => {
    const peer = begin()
    expect(peer.submit(WISH, { replicas: 3 })).toEqual({ ok: true, type: 'queued', ticket: NAME })
    peer.minds.pass(3 * TIMES.assignMs)
    expect(peer.view().waiting(NAME, peer.minds.now)?.reason).toBe('too_few_nodes')
    // It is in nobody's way.
    expect(peer.submit()).toMatchObject({ ok: true })
    peer.jobs.offer(3)
    peer.work()
    expect(peer.jobsOf()).toBe(2)
  })

  it.each([
    ['model_unknown', { model: 'another' }],
    ['price_too_low', { maxPrice: 1n }],
    ['replicas_out_of_range', { replicas: LIMITS.replicas + 1 }],
    ['insufficient_credit', { maxPrice: 100_000_000n }],
  ] as const)('is refused as %s also while the swarm is full', (code, wishes) => {
    const peer = full()
    expect(peer.submit({}, wishes)).toMatchObject({ ok: false, code })
    expect(peer.under(PREFIXES.ticket)).toEqual([])
  })

  it('is refused where those that wait will need what the account has', () => {
    const peer = full()
    const free = peer.view().account(peer.id)
    const maxPrice = ((free?.free ?? 0n) + (free?.claimable ?? 0n)) / 3n
    expect(peer.submit({}, { maxPrice, replicas: 2 })).toMatchObject({ ok: true, type: 'queued' })
    expect(peer.submit({}, { maxPrice, replicas: 2 })).toMatchObject({
      ok: false,
      code: 'insufficient_credit',
    })
  })
})

describe('a submission that waits', () => {
  it('names its prompt on disk until its job holds it, whatever write is the last one', () => {
    const peer = full()
    const prompt = blobRefOf(Uint8Array.of(7))
    peer.submit(WISH, { prompt })
    expect(peer.ticket(NAME)?.choices.prompt).toEqual(prompt)
    peer.minds.crashesAt = (_peer, key) => key === keys.submission(NAME)
    peer.work(() => peer.minds.crashesAt === undefined)
    const job = peer.submission(NAME)?.job
    expect(peer.ticket(NAME)).toBeUndefined()
    expect(peer.under(`${PREFIXES.body}${prompt.digest}/`)).toEqual([keys.body(prompt.digest, job as JobId)])
  })

  it('names its prompt no more once it is withdrawn', () => {
    const peer = full()
    const prompt = blobRefOf(Uint8Array.of(7))
    peer.submit(WISH, { prompt })
    peer.minds.command(peer.id, { type: 'cancel-job', job: NAME })
    expect(peer.ticket(NAME)).toBeUndefined()
    expect(peer.under(`${PREFIXES.body}${prompt.digest}/`)).toEqual([])
  })

  it('is withdrawn by its name, durably, and never opened', () => {
    const peer = full()
    peer.submit(WISH)
    expect(peer.minds.command(peer.id, { type: 'cancel-job', job: NAME })).toEqual({
      ok: true,
      type: 'cancelled',
    })
    peer.minds.restart(peer.id)
    expect(peer.submission(NAME)).toMatchObject({ job: null, withdrawn: { why: 'cancelled' } })
    peer.work()
    expect(peer.jobsOf()).toBe(1)
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'named' })
  })

  it('ends at its deadline, also while its peer is down', () => {
    const peer = full()
    peer.submit(WISH, { deadlineMs: 1_000 })
    peer.minds.stop(peer.id)
    peer.minds.pass(2_000)
    peer.minds.restart(peer.id)
    peer.minds.pass(1_000)
    expect(peer.submission(NAME)).toMatchObject({ job: null, withdrawn: { why: 'expired' } })
  })

  it('cancelled while its entry waits for the one before ends, whatever crashes', () => {
    const peer = begin()
    const { minds } = peer
    minds.isCut = (_from, _to, kind) => kind === 'vote'
    minds.command(peer.id, { type: 'transfer', to: peer.jobs.id(0), amount: 10_000n, memo: '' })
    peer.submit(WISH)
    expect(minds.command(peer.id, { type: 'cancel-job', job: NAME })).toEqual({ ok: true, type: 'cancelled' })
    minds.isCut = () => false
    minds.restart(peer.id)
    minds.pass(TIMES.retryMsMax)
    expect(minds.runs).toEqual([])
    expect(peer.submission(NAME)).toMatchObject({ job: null, withdrawn: { why: 'expired' } })
  })

  it('is opened with the times that its payer chose, also after a restart', () => {
    const peer = full()
    const times = { assignMs: 5_000, commitMs: 5_000, revealMs: 2_000, voidMs: 20_000 }
    const terms = { attempts: 1, leaseMs: 300, graceMs: 60, ...times }
    peer.submit(WISH, { terms })
    peer.minds.restart(peer.id)
    const opened = () =>
      peer
        .view()
        .openJobs()
        .find(({ job }) => job === peer.submission(NAME)?.job)
    peer.work(() => opened() !== undefined)
    expect(opened()?.spec).toMatchObject(terms)
  })

  it('is opened by its priority', () => {
    const peer = full()
    const words = [3, 4, 5]
    words.forEach((word, at) => peer.submit({ named: { name: named(word), content: CONTENT }, priority: at }))
    peer.work()
    const times = words.map((word) => {
      const job = peer.submission(named(word))?.job
      return [...peer.minds.storeOf(peer.id).keys()]
        .filter((key) => key.startsWith(PREFIXES.jobTime))
        .findIndex((key) => key.endsWith(job ?? ''))
    })
    const keysInOrder = [...times].sort((a, b) => b - a)
    expect(times).toEqual(keysInOrder)
  })
})

describe('many submissions at once', () => {
  it('are all answered, each once, and none of them is refused', () => {
    const peer = begin()
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
    const peer = full()
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

describe('a job that found no node', () => {
  it('waits again while others are at work, and is opened anew under the same name', () => {
    const peer = begin()
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

  it('is over where nobody is at work: it isn’t that nodes are busy', () => {
    const peer = begin()
    peer.minds.isCut = (_from, _to, kind) => kind === 'bid'
    peer.submit(WISH)
    peer.minds.pass(TIMES.assignMs + 3 * TIMES.retryMsMax)
    expect(peer.view().openJobs()).toEqual([])
    expect(peer.view().allWaiting()).toEqual([])
  })
})

describe('a batch', () => {
  it('is refused as a whole where the account can’t pay for all of it', () => {
    const peer = begin()
    const items = Array.from({ length: 20 }, () => ({ ...CHOICES, maxPrice: 1_000_000n }))
    const result = peer.minds.command(peer.id, { type: 'submit-batch', items, ...WISH })
    expect(result).toMatchObject({ ok: false, code: 'insufficient_credit' })
    expect(peer.under(PREFIXES.ticket)).toEqual([])
  })
})
