import { expect, it } from 'vitest'
import type { Digest } from '../ids.ts'
import type { Announcement } from '../ledger/messages.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { createAnnouncer, fetchAnnounced, QUEUED_MAX } from './announce.ts'
import type { SyncFetch } from './messages.ts'

const signer = testSigner(0)
const swarm = '0'.repeat(64) as Digest
const entryAt = (seq: number) => ({ account: signer.id, seq, entry: swarm })

it('collects what is certified, publishes it in messages of bounded size, and forgets the oldest beyond', () => {
  const published: Announcement[] = []
  const timers: string[] = []
  const out = {
    timer: (id: string) => timers.push(id),
    publish: (_kind: unknown, signed: { body: Announcement }) => published.push(signed.body),
  } as unknown as Outbox
  const announcer = createAnnouncer(signer, swarm)
  for (let seq = 0; seq <= QUEUED_MAX; seq += 1) announcer.entry(out, entryAt(seq))
  announcer.job(out, { job: swarm, step: 0 })
  expect(published).toEqual([])
  expect(timers).toHaveLength(1)
  for (let fired = 0; fired < timers.length; fired += 1) announcer.onTimer(out, timers[fired] ?? '')
  expect(published.map(({ entries }) => entries.length)).toEqual(
    Array(QUEUED_MAX / LIMITS.announced).fill(LIMITS.announced),
  )
  expect(published.flatMap(({ entries }) => entries.map(({ seq }) => seq))[0]).toBe(1)
  expect(published.flatMap(({ jobs }) => jobs)).toEqual([{ job: swarm, step: 0 }])
  announcer.entry(out, entryAt(0))
  expect(timers).toHaveLength(published.length + 1)
})

it('names the newest decided snapshot once', () => {
  const published: Announcement[] = []
  const timers: string[] = []
  const out = {
    timer: (id: string) => timers.push(id),
    publish: (_kind: unknown, signed: { body: Announcement }) => published.push(signed.body),
  } as unknown as Outbox
  const announcer = createAnnouncer(signer, swarm)
  announcer.trust(out, 4)
  announcer.trust(out, 5)
  announcer.entry(out, entryAt(0))
  expect(timers).toHaveLength(1)
  announcer.onTimer(out, timers[0] ?? '')
  announcer.entry(out, entryAt(1))
  announcer.onTimer(out, timers[1] ?? '')
  expect(published.map(({ trust }) => trust)).toEqual([5, null])
  expect(timers).toHaveLength(2)
})

it('fetches only what is new, from where this peer stands, and asks the forwarder where it must', () => {
  const sent: [string, SyncFetch][] = []
  const out = {
    send: (to: string, _kind: string, body: SyncFetch) => sent.push([to, body]),
  } as unknown as Outbox
  const [far, near] = [testSigner(1).id, testSigner(2).id]
  const message = (body: Announcement) =>
    ({
      kind: 'announce',
      from: near,
      signer: far,
      body,
      bytes: new Uint8Array(),
      sig: new Uint8Array(),
    }) as const
  const parts = {
    heads: {
      nextSeq: () => 5,
      jobStep: () => 1,
      resolved: () => undefined,
      trust: () => 2,
      placeKeys: () => [],
    },
    isConnected: (peer: string) => peer === near,
  }
  fetchAnnounced(out, message({ entries: [entryAt(4)], jobs: [{ job: swarm, step: 1 }], trust: 2 }), parts)
  expect(sent).toEqual([])
  const news = { entries: [entryAt(5), entryAt(7)], jobs: [{ job: swarm, step: 3 }], trust: null }
  fetchAnnounced(out, message(news), parts)
  fetchAnnounced(out, message(news), { ...parts, isConnected: () => true })
  fetchAnnounced(out, message({ entries: [], jobs: [], trust: 4 }), parts)
  const fetch = {
    accounts: [{ account: signer.id, from: 5 }],
    jobs: [{ job: swarm, from: 2 }],
    ids: [],
    resolved: [],
    trust: null,
  }
  expect(sent).toEqual([
    [near, fetch],
    [far, fetch],
    [near, { accounts: [], jobs: [], ids: [], resolved: [], trust: 3 }],
  ])
})
