import { describe, expect, it } from 'vitest'
import type { Digest, PeerId } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { LIMITS, SERVE_QUOTA, SERVED_FACTS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { createServe, LOADS_OPEN_MAX, type Serve } from './serve.ts'
import { createStateDigest } from './state-digest.ts'

const [asker, other] = [testSigner(0).id, testSigner(1).id]
const FACTS_A_LOAD = 4

interface Sent {
  readonly to: PeerId
  readonly kind: string
  readonly body: { readonly facts?: readonly unknown[]; readonly afterMs?: number }
}

function open(chain = 100_000) {
  const sent: Sent[] = []
  const loads: { readonly type: 'serve'; readonly to: PeerId }[] = []
  const clock = { now: 0 }
  const serve: Serve = createServe({
    heads: {
      nextSeq: () => chain,
      jobStep: () => undefined,
      resolved: () => undefined,
      trust: () => 9,
      placeKeys: (account, seq) => [keys.certificate(account, seq)],
    },
    digest: createStateDigest(),
  })
  const out = {
    get now() {
      return clock.now
    },
    load: (_keys: unknown, purpose: { type: 'serve'; to: PeerId }) => loads.push(purpose),
    send: (to: PeerId, kind: string, body: Sent['body']) => sent.push({ to, kind, body }),
  } as unknown as Outbox
  const fetch = (to = asker) =>
    serve.onFetch(out, to, {
      accounts: [{ account: other, from: 0 }],
      jobs: [],
      ids: [],
      resolved: [],
      trust: null,
      epoch: null,
    })
  /** Answers what is loading with facts of so many bytes altogether. */
  const answer = (bytes: number) => {
    const open = loads.splice(0)
    const each = Math.floor(bytes / open.length)
    for (const purpose of open) serve.onLoaded(out, [new Uint8Array(each).fill(0xa2)], purpose)
  }
  /** Every way to ask for something, and how many loads one such request makes. */
  const ways: Readonly<Record<string, () => string>> = {
    'a fetch': () => fetch(),
    'what stands under some keys': () => serve.facts(out, asker, [keys.trust(1)]),
    'entries by their ids': () => serve.entries(out, asker, ['a'.repeat(64) as Digest]),
    'an answer from memory': () => serve.answer(out, asker, 1),
    'a record that is no fact': () => {
      const key = keys.handover('a'.repeat(64) as Digest)
      return serve.record(out, asker, key, { type: 'handover-serve', to: asker })
    },
    'where a root differs': () => serve.onRootDiffers(out, asker),
    leaves: () => {
      const before = sent.length
      serve.onLeavesRequest(out, asker, { buckets: [0], after: '' })
      return sent[before]?.kind === 'sync-busy' ? 'busy' : 'served'
    },
  }
  return { sent, loads, clock, serve, out, fetch, answer, ways }
}

describe('serving', () => {
  it('loads at most so much for one peer at a time, and tells it to wait', () => {
    const { sent, loads, fetch, answer } = open()
    const fitting = (LOADS_OPEN_MAX * FACTS_A_LOAD) / SERVED_FACTS
    const verdicts = Array.from({ length: fitting + 1 }, () => fetch())
    expect(verdicts).toEqual([...Array(fitting).fill('served'), 'busy'])
    expect(loads).toHaveLength(LOADS_OPEN_MAX)
    expect(sent).toEqual([{ to: asker, kind: 'sync-busy', body: { afterMs: 500 } }])
    expect(fetch(other)).toBe('served')
    answer(1_000_000)
    // One fact for each load, and one empty message to each of the two when all is answered.
    expect(sent.filter(({ body }) => body.facts?.length === 0)).toHaveLength(2)
    expect(fetch()).toBe('served')
  })

  it('gives one peer its quota of bytes, then names the time after which there is more', () => {
    const { sent, clock, fetch, answer } = open()
    fetch()
    answer(SERVE_QUOTA.burst - 1_024)
    expect(fetch()).toBe('served')
    answer(1_024 * 1_024)
    expect(fetch()).toBe('busy')
    const { afterMs = 0 } = sent.at(-1)?.body ?? {}
    expect(afterMs).toBeGreaterThan(100)
    expect(afterMs).toBeLessThan(200)
    expect(fetch(other)).toBe('served')
    clock.now += afterMs - 1
    expect(fetch()).toBe('busy')
    clock.now += 1
    expect(fetch()).toBe('served')
  })

  it('never asks for a longer pause than the message may hold', () => {
    const { sent, fetch, answer } = open()
    fetch()
    answer(SERVE_QUOTA.burst * 10)
    fetch()
    expect(sent.at(-1)).toEqual({ to: asker, kind: 'sync-busy', body: { afterMs: LIMITS.busyMs } })
  })

  it('counts leaves, too', () => {
    const { sent, serve, out, fetch, answer } = open()
    fetch()
    answer(SERVE_QUOTA.burst + 1_024 * 1_024)
    serve.onLeavesRequest(out, asker, { buckets: [0], after: '' })
    expect(sent.at(-1)?.kind).toBe('sync-busy')
    serve.onLeavesRequest(out, other, { buckets: [0], after: '' })
    expect(sent.at(-1)?.kind).toBe('sync-leaves')
  })

  it('sends few facts at a time, and large ones alone', () => {
    const { sent, serve, out } = open()
    const facts = (sizes: readonly number[]) => sizes.map((size) => new Uint8Array(size).fill(0xa2))
    const sizesOf = (values: Uint8Array[]) => {
      sent.length = 0
      serve.onLoaded(out, values, { type: 'serve', to: other })
      return sent.map(({ body }) => body.facts?.length)
    }
    expect(sizesOf(facts([700, 700, 700, 700]))).toEqual([4])
    expect(sizesOf(facts([8_000, 192, 1, 40_000]))).toEqual([2, 1, 1])
  })

  it('says at once when there is nothing', () => {
    const { sent, fetch } = open(0)
    expect(fetch()).toBe('nothing')
    expect(sent).toEqual([{ to: asker, kind: 'facts', body: { facts: [] } }])
  })

  const WAYS = Object.keys(open().ways)

  it.each(WAYS)('refuses %s to a peer that has had its quota, and gives it when that is back', (way) => {
    const { sent, clock, fetch, answer, ways } = open()
    fetch()
    answer(SERVE_QUOTA.burst + 1_024)
    expect(ways[way]?.()).toBe('busy')
    expect(sent.at(-1)).toMatchObject({ to: asker, kind: 'sync-busy' })
    clock.now += sent.at(-1)?.body.afterMs ?? 0
    expect(ways[way]?.()).toBe('served')
  })

  it('counts the bytes of a record that is no fact, and its load until it is answered', () => {
    const { serve, out, ways } = open()
    const record = ways['a record that is no fact']
    for (let count = 0; count < LOADS_OPEN_MAX; count += 1) expect(record?.()).toBe('served')
    expect(record?.()).toBe('busy')
    serve.gave(out, asker, SERVE_QUOTA.burst / 2)
    expect(record?.()).toBe('served')
    serve.gave(out, asker, SERVE_QUOTA.burst / 2)
    expect(record?.()).toBe('busy')
  })

  it('counts answers that hold nothing, too', () => {
    const { ways } = open(0)
    for (const way of [ways['a fetch'], ways['leaves']]) {
      let answered = 0
      for (; way?.() !== 'busy'; answered += 1) expect(answered).toBeLessThan(SERVE_QUOTA.burst / 200)
    }
  })

  it('counts every load until it is answered and not once more, whoever asked for it', () => {
    const { sent, loads, serve, out, fetch, answer } = open()
    const ends = () => sent.filter(({ body }) => body.facts?.length === 0)
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < LOADS_OPEN_MAX; count += 1)
        expect(serve.facts(out, asker, [keys.trust(count)])).toBe('served')
      expect(serve.facts(out, asker, [keys.trust(0)])).toBe('busy')
      answer(1_000)
      // An answer that nobody asked for lowers nothing.
      serve.onLoaded(out, [], { type: 'serve', to: asker })
    }
    expect(ends()).toEqual([])
    expect(fetch()).toBe('served')
    serve.facts(out, asker, [keys.trust(1)])
    expect(loads.length).toBeGreaterThan(1)
    answer(1_000)
    expect(ends()).toHaveLength(1)
  })
})
