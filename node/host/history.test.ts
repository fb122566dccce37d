import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Digest } from '../../protocol/ids.ts'
import { ENTRY, entryIdOf, signedEntry } from '../../protocol/ledger/entry.ts'
import { testCharter, testSigner } from '../../protocol/ledger/testing-mind.ts'
import { keys } from '../../protocol/records/keys.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { closedRecord } from '../api/sample-swarm.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createHistory, createLedgerHistory } from './history.ts'

const [self] = [testSigner(0)]
const roster = rosterOf(testCharter([self], 1))
const ZERO = '0'.repeat(64) as Digest

function entry(free: bigint) {
  const claims = [{ source: ZERO, index: 0 }]
  const body = { account: self.id, seq: 0, prev: ZERO, claims, ops: [], free }
  const signed = sign(self, roster.swarm, ENTRY, body)
  return { id: entryIdOf(signed), own: { key: keys.own(0), value: encodeBody(signedEntry, signed) } }
}

function build() {
  const store = createMemoryStore()
  const verifier = { verify: () => Promise.resolve([]) }
  return { store, history: createLedgerHistory(store, roster, verifier) }
}

describe('an entry of this peer', () => {
  it('waits while it is driven, and is certified when its place is', async () => {
    const { store, history } = build()
    const { id, own } = entry(1n)
    await store.write([own])
    expect(await history.stateOf(id)).toBe('waiting')
    await store.write([
      { key: own.key, value: null },
      { key: keys.entry(id), value: new Uint8Array(1) },
    ])
    expect(await history.stateOf(id)).toBe('certified')
  })

  it('is void when it has left its place without a certificate, whatever is driven there now', async () => {
    const { store, history } = build()
    const [before, after] = [entry(1n), entry(2n)]
    await store.write([before.own])
    await store.write([after.own])
    expect(await history.stateOf(before.id)).toBe('void')
    expect(await history.stateOf(after.id)).toBe('waiting')
  })

  it('is certified also when that happens between two looks', async () => {
    const { store } = build()
    const { id, own } = entry(1n)
    await store.write([own])
    const verifier = { verify: () => Promise.resolve([]) }
    const scan = async function* () {
      await store.write([
        { key: own.key, value: null },
        { key: keys.entry(id), value: new Uint8Array(1) },
      ])
      yield* []
    }
    const history = createLedgerHistory({ get: store.get, scan }, roster, verifier)
    expect(await history.stateOf(id)).toBe('certified')
  })
})

describe('a job', () => {
  it('is found at every moment of its end: open, closed and not written yet, written and forgotten', async () => {
    const store = createMemoryStore()
    const record = closedRecord(ZERO, Uint8Array.of(1), [Uint8Array.of(1), Uint8Array.of(2)])
    const known: { open: typeof record | undefined; lately: typeof record | undefined } = {
      open: record,
      lately: undefined,
    }
    // All that it asks of a view.
    const view = { job: () => known.open, closedLately: () => known.lately } as unknown as PeerView
    const { job } = createHistory(store, view)
    expect(await job(ZERO)).toEqual(record)
    Object.assign(known, { open: undefined, lately: record })
    expect(await job(ZERO)).toEqual(record)
    await store.write([{ key: keys.closed(ZERO), value: encodeBody(jobRecordCodec, record) }])
    known.lately = undefined
    expect(await job(ZERO)).toEqual(record)
  })
})
