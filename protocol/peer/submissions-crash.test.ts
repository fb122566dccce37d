import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { expectSame } from '../epoch/testing-orders.ts'
import { batchItemName } from '../jobs/ticket.ts'
import { TIMES } from '../params.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { Command } from './command.ts'
import { begin, CHEAP, CONTENT, full, NAME, WISH } from './testing-submissions.ts'

describe('a submission survives', () => {
  const ends = (peer: ReturnType<typeof begin>, count: number) => {
    peer.work()
    expectSame(peer.jobs)
    expect([peer.jobsOf(), peer.under(PREFIXES.ticket), peer.under(PREFIXES.placed)]).toEqual([count, [], []])
  }

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as its ticket is written (%s)', (how) => {
    const peer = full()
    peer.minds[how] = (_peer, key) => key === keys.ticket(NAME)
    expect(peer.submit(WISH)).toBeUndefined()
    peer.minds.restart(peer.id)
    expect(peer.under(PREFIXES.ticket)).toHaveLength(how === 'crashesAt' ? 1 : 0)
    // Its asker, having heard nothing, asks again.
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'queued', ticket: NAME })
    ends(peer, 2)
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as it is opened from the queue (%s)', (how) => {
    const peer = full()
    peer.submit(WISH)
    peer.minds[how] = (_peer, key) => key === keys.submission(NAME)
    peer.work(() => peer.minds[how] === undefined)
    peer.minds.restart(peer.id)
    ends(peer, 2)
    expect(peer.submission(NAME)?.job).not.toBeNull()
    expect(peer.submit(WISH)).toEqual({ ok: true, type: 'named' })
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('a stop as it is opened at once (%s)', (how) => {
    const peer = begin()
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
      const peer = begin()
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
    const peer = full()
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

describe('a batch', () => {
  const batchOf = (count: number): Command => ({
    type: 'submit-batch',
    items: Array.from({ length: count }, () => CHEAP),
    ...WISH,
  })

  it.each(['crashesAt', 'forgetsAt'] as const)('is taken as a whole or not at all (%s)', (how) => {
    const peer = begin()
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
})
