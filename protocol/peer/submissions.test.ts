import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import { blobRefOf, type JobId } from '../ids.ts'
import { CHOICES } from '../jobs/testing-tickets.ts'
import { batchItemName } from '../jobs/ticket.ts'
import { LIMITS, TIMES } from '../params.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { Command } from './command.ts'
import { REQUEST_KEPT_MS } from './named-requests.ts'
import {
  beginSubmissions,
  CHEAP,
  CONTENT,
  fullSubmissions,
  NAME,
  named,
  WISH,
} from './testing-submissions.ts'

describe('a submission', () => {
  it('is a job at once where there is room, and its name stands for it', () => {
    const peer = beginSubmissions()
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
    const peer = fullSubmissions()
    const before = peer.view().account(peer.id)
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    expect(peer.view().waiting(NAME, peer.minds.now)).toMatchObject({ position: 0, reason: 'busy' })
    expect(peer.view().account(peer.id)).toEqual(before)
    peer.work()
    expect(peer.submission(NAME)?.job).not.toBeNull()
    expect([peer.under(PREFIXES.ticket), peer.under(PREFIXES.placed), peer.jobsOf()]).toEqual([[], [], 2])
  })

  it('repeated while it waits is answered the same; under the same name for something else, refused', () => {
    const peer = fullSubmissions()
    for (const _ of [1, 2]) expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    expect(peer.submit({ named: { name: NAME, content: named(3) } })).toMatchObject({
      ok: false,
      code: 'idempotency_key_reused',
    })
    peer.work()
    expect(peer.jobsOf()).toBe(2)
  })

  it('repeated while its entry waits for the one before is answered once it is signed, with the same job', () => {
    const peer = beginSubmissions()
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
    const peer = beginSubmissions()
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
    const peer = beginSubmissions()
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
    ['price_too_low', { maxPrice: 0n, replicas: 9 }],
    ['replicas_out_of_range', { replicas: LIMITS.replicas + 1 }],
    ['insufficient_credit', { maxPrice: 100_000_000n }],
  ] as const)('is refused as %s also while the swarm is full', (code, wishes) => {
    const peer = fullSubmissions()
    expect(peer.submit({}, wishes)).toMatchObject({ ok: false, code })
    expect(peer.under(PREFIXES.ticket)).toEqual([])
  })

  it('is refused where those that wait will need what the account has', () => {
    const peer = fullSubmissions()
    const free = peer.view().account(peer.id)
    const maxPrice = ((free?.free ?? 0n) + (free?.claimable ?? 0n)) / 3n
    expect(peer.submit({}, { maxPrice, replicas: 2 })).toMatchObject({ ok: true, type: 'queued' })
    expect(peer.submit({}, { maxPrice, replicas: 2 })).toMatchObject({
      ok: false,
      code: 'insufficient_credit',
    })
  })
})

describe('a submission survives', () => {
  const ends = (peer: ReturnType<typeof beginSubmissions>, count: number) => {
    peer.work()
    expectSame(peer.jobs)
    expect([peer.jobsOf(), peer.under(PREFIXES.ticket), peer.under(PREFIXES.placed)]).toEqual([count, [], []])
  }

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as its ticket is written (%s)', (how) => {
    const peer = fullSubmissions()
    peer.minds[how] = (_peer, key) => key === keys.ticket(NAME)
    expect(peer.submit(WISH)).toBeUndefined()
    peer.minds.restart(peer.id)
    expect(peer.under(PREFIXES.ticket)).toHaveLength(how === 'crashesAt' ? 1 : 0)
    // Its asker, having heard nothing, asks again.
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    ends(peer, 2)
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as it is opened from the queue (%s)', (how) => {
    const peer = fullSubmissions()
    peer.submit(WISH)
    peer.minds[how] = (_peer, key) => key === keys.submission(NAME)
    peer.work(() => peer.minds[how] === undefined)
    peer.minds.restart(peer.id)
    ends(peer, 2)
    expect(peer.submission(NAME)?.job).not.toBeNull()
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'named' })
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as it is opened at once (%s)', (how) => {
    const peer = beginSubmissions()
    peer.minds[how] = (_peer, key) => key === keys.submission(NAME)
    expect(peer.submit(WISH)).toBeUndefined()
    peer.minds.restart(peer.id)
    peer.minds.pass(TIMES.retryMsMax)
    const again = peer.submit(WISH)
    expect(again).toMatchObject({ ok: true, type: how === 'crashesAt' ? 'named' : 'job' })
    ends(peer, 1)
  })

  it.each(['crashesAt', 'forgetsAt'] as const)(
    'a stop while its entry waits for the one before (%s)',
    (how) => {
      const peer = beginSubmissions()
      const { minds } = peer
      minds.isCut = (_from, _to, kind) => kind === 'vote'
      minds.command(peer.id, { type: 'transfer', to: peer.jobs.id(0), amount: 10_000n, memo: '' })
      minds[how] = (_peer, key) => key === keys.ticket(NAME)
      expect(peer.submit(WISH)).toBeUndefined()
      minds.isCut = () => false
      minds.restart(peer.id)
      minds.pass(TIMES.retryMsMax)
      expect(peer.submit(WISH)?.ok).toBe(true)
      ends(peer, 1)
    },
  )

  it('restarts with hundreds that wait, in their order', () => {
    const peer = fullSubmissions()
    const names = Array.from({ length: 500 }, (_, at) => hash('name', Uint8Array.of(at & 255, at >> 8)))
    names.forEach((name, at) => {
      peer.submit({ named: { name, content: CONTENT }, priority: at % 10 })
    })
    const order = () => names.map((name) => peer.view().waiting(name, peer.minds.now)?.position)
    const before = order()
    expect(new Set(before).size).toBe(500)
    peer.minds.restart(peer.id)
    expect(order()).toEqual(before)
  })
})

describe('a submission that waits', () => {
  it('names its prompt on disk until its job holds it, whatever write is the last one', () => {
    const peer = fullSubmissions()
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
    const peer = fullSubmissions()
    const prompt = blobRefOf(Uint8Array.of(7))
    peer.submit(WISH, { prompt })
    peer.minds.command(peer.id, { type: 'cancel-job', job: NAME })
    expect(peer.ticket(NAME)).toBeUndefined()
    expect(peer.under(`${PREFIXES.body}${prompt.digest}/`)).toEqual([])
  })

  it('is withdrawn by its name, durably, and never opened', () => {
    const peer = fullSubmissions()
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
    const peer = fullSubmissions()
    peer.submit(WISH, { deadlineMs: 1_000 })
    peer.minds.stop(peer.id)
    peer.minds.pass(2_000)
    peer.minds.restart(peer.id)
    peer.minds.pass(1_000)
    expect(peer.submission(NAME)).toMatchObject({ job: null, withdrawn: { why: 'expired' } })
  })

  it('cancelled while its entry waits for the one before ends, whatever crashes', () => {
    const peer = beginSubmissions()
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
    const peer = fullSubmissions()
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
    const peer = fullSubmissions()
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

it('what became of a job is looked at soon, also where nothing waits and nothing else happens', () => {
  const peer = beginSubmissions()
  const { minds } = peer
  const looksAgain = () =>
    minds
      .mindOf(peer.id)
      .handle({ type: 'timer', id: 'queue' }, (minds.now += 1_000))
      .some((effect) => {
        return effect.type === 'timer' && effect.id === 'queue'
      })
  expect(looksAgain()).toBe(false)
  peer.submit()
  expect(looksAgain()).toBe(true)
  peer.work()
  minds.pass(1_000)
  expect(looksAgain()).toBe(false)
})

describe('a batch', () => {
  const BATCH = { named: { name: NAME, content: CONTENT } }
  const batchOf = (count: number): Command => ({
    type: 'submit-batch',
    items: Array.from({ length: count }, () => CHEAP),
    ...BATCH,
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('is taken as a whole or not at all (%s)', (how) => {
    const peer = beginSubmissions()
    peer.minds[how] = (_peer, key) => key === keys.batch(NAME)
    expect(peer.minds.command(peer.id, batchOf(5))).toBeUndefined()
    peer.minds.restart(peer.id)
    const again = peer.minds.command(peer.id, batchOf(5))
    expect(again).toEqual(
      how === 'crashesAt' ? { ok: true, type: 'named' } : { ok: true, type: 'batch', batch: NAME },
    )
    peer.work()
    expect(peer.jobsOf()).toBe(5)
    const items = [0, 1, 2, 3, 4].map((at) => peer.submission(batchItemName(NAME, at))?.job)
    expect(new Set(items).size).toBe(5)
  })

  it('goes by its name for as long as items of it wait, however long that is', () => {
    const peer = beginSubmissions()
    const { minds } = peer
    const items = [1, 2].map(() => ({ ...CHEAP, replicas: 3 }))
    const batch: Command = { type: 'submit-batch', items, ...BATCH }
    expect(minds.command(peer.id, batch)).toMatchObject({ ok: true, type: 'batch' })
    minds.now += REQUEST_KEPT_MS + 1
    const others = [7, 8].map((word) => named(word))
    for (const name of others) {
      minds.command(peer.id, { type: 'cancel-job', job: name })
      peer.submit({ named: { name, content: CONTENT } }, { replicas: 3 })
      minds.command(peer.id, { type: 'cancel-job', job: name })
    }
    expect(minds.command(peer.id, batch)).toEqual({ ok: true, type: 'named' })
    expect([peer.view().allWaiting().length, peer.under(PREFIXES.batch).length]).toEqual([2, 1])
  })

  it('is refused as a whole where the account can’t pay for all of it', () => {
    const peer = beginSubmissions()
    const items = Array.from({ length: 20 }, () => ({ ...CHOICES, maxPrice: 1_000_000n }))
    const result = peer.minds.command(peer.id, { type: 'submit-batch', items, ...BATCH })
    expect(result).toMatchObject({ ok: false, code: 'insufficient_credit' })
    expect(peer.under(PREFIXES.ticket)).toEqual([])
  })
})
