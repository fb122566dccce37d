import { describe, expect, it } from 'vitest'
import type { Digest } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import type { Outbox } from '../peer/outbox.ts'
import { createReconcile } from './reconcile.ts'
import { createStateDigest } from './state-digest.ts'

const [server, account] = [testSigner(1).id, testSigner(2).id]
const other = '1'.repeat(64) as Digest

/** A pull that has just asked the server for the leaves of its only differing bucket. */
function pulling() {
  const sent: { readonly kind: string; readonly body: unknown }[] = []
  const timers = new Map<string, number>()
  let next = 0
  const out = {
    now: 0,
    send: (_to: unknown, kind: string, body: unknown) => sent.push({ kind, body }),
    timer: (id: string, delayMs: number) => timers.set(id, delayMs),
    cancelTimer: (id: string) => timers.delete(id),
  } as unknown as Outbox
  const reconcile = createReconcile({
    headsFor: () => ({
      nextSeq: () => next,
      jobStep: () => undefined,
      resolved: () => undefined,
      trust: () => 0,
      placeKeys: () => [],
    }),
    digest: createStateDigest(),
    epoch: () => 0,
    closing: { heard: () => undefined, pulling: () => undefined },
    serve: { onRootDiffers: () => 'served' },
    ended: () => undefined,
  })
  reconcile.start(out)
  reconcile.onConnected(out, server)
  const buckets = Array.from({ length: 256 }, (_, at) => (at === 7 ? other : null))
  reconcile.onBuckets(out, server, buckets)
  const leaves = () =>
    reconcile.onLeaves(out, server, {
      buckets: [7],
      after: '',
      accounts: [{ account, seq: 4 }],
      jobs: [],
      resolved: [],
      trust: null,
    })
  return { sent, timers, out, reconcile, leaves, apply: () => (next = 5) }
}

describe('a peer that is told to wait', () => {
  it('asks the same again after that time and not before, and comes to its end', () => {
    const { sent, timers, out, reconcile, leaves, apply } = pulling()
    leaves()
    const asked = sent.at(-1)
    expect(asked?.kind).toBe('sync-fetch')
    const before = sent.length
    reconcile.onBusy(out, server, 700)
    expect(timers.get('sync/resume')).toBe(700)
    // Nothing that still arrives moves it on.
    reconcile.onFetched(out, server)
    expect(sent).toHaveLength(before)
    reconcile.onTimer(out, 'sync/resume')
    expect(sent.slice(before)).toEqual([asked])
    apply()
    reconcile.onFetched(out, server)
    expect(sent).toHaveLength(before + 1)
    expect(timers.has('sync/pull')).toBe(false)
  })

  it('asks again for leaves, too', () => {
    const { sent, out, reconcile, leaves } = pulling()
    const asked = sent.at(-1)
    expect(asked).toEqual({ kind: 'sync-leaves-request', body: { buckets: [7], after: '' } })
    reconcile.onBusy(out, server, 1)
    reconcile.onTimer(out, 'sync/resume')
    expect(sent.at(-1)).toEqual(asked)
    leaves()
    expect(sent.at(-1)?.kind).toBe('sync-fetch')
  })

  it('does not care for what a peer says that it asked nothing', () => {
    const { timers, out, reconcile } = pulling()
    reconcile.onBusy(out, account, 700)
    expect(timers.has('sync/resume')).toBe(false)
  })

  it('gives up with the connection', () => {
    const { timers, out, reconcile } = pulling()
    reconcile.onBusy(out, server, 700)
    reconcile.onDisconnected(out, server)
    expect(timers.has('sync/resume')).toBe(false)
  })
})

describe('a peer that hears of later epochs', () => {
  it('asks for one after another, and compares roots again behind the last', () => {
    const sent: { readonly kind: string; readonly body: unknown }[] = []
    const out = {
      now: 0,
      send: (_to: unknown, kind: string, body: unknown) => sent.push({ kind, body }),
      timer: () => undefined,
      cancelTimer: () => undefined,
    } as unknown as Outbox
    let epoch = 0
    const heads = { nextSeq: () => 0, jobStep: () => undefined, resolved: () => undefined, trust: () => 0 }
    const reconcile = createReconcile({
      headsFor: () => ({ ...heads, placeKeys: () => [] }),
      digest: createStateDigest(),
      serve: { onRootDiffers: () => 'served' },
      ended: () => undefined,
      epoch: () => epoch,
      closing: { heard: () => undefined, pulling: () => undefined },
    })
    reconcile.onRoot(out, server, { root: other, epoch: 2 })
    for (epoch = 1; epoch <= 2; epoch += 1) reconcile.onFetched(out, server)
    expect(sent.map(({ kind, body }) => [kind, (body as { epoch: number }).epoch])).toEqual([
      ['sync-fetch', 1],
      ['sync-fetch', 2],
      ['sync-root', 2],
    ])
  })

  it('asks no further where an answer brought nothing', () => {
    const { sent, out, reconcile } = pulling()
    reconcile.onRoot(out, account, { root: other, epoch: 2 })
    const before = sent.length
    reconcile.onFetched(out, account)
    expect(sent).toHaveLength(before)
  })
})
