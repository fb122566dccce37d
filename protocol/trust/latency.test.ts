import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueCodec } from '../agreement/value.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { LIMITS } from '../params.ts'
import { LATENCY, type LatencyReport, Measured, mediansOf } from './latency.ts'
import { said } from './testing-closes.ts'
import { snapshotId, type TrustValue } from './value.ts'
import { isOrderlyReport } from './value.ts'

const peers = Array.from({ length: LIMITS.reported + 1 }, (_, at) => testSigner(at).id)
const [first = '', second = ''] = peers

function takes(report: LatencyReport): boolean {
  return accepted(() => decodeBody(LATENCY.body, encodeBody(LATENCY.body, report), 'report', TRUSTED))
}

function accepted(decode: () => unknown): boolean {
  try {
    decode()
    return true
  } catch {
    return false
  }
}

describe('a report', () => {
  it('is orderly only with each peer once, ascending', () => {
    const rows = peers
      .slice(0, 3)
      .toSorted()
      .map((peer) => ({ peer, ms: 1 }))
    const [first] = rows
    expect(isOrderlyReport({ number: 1, peers: rows })).toBe(true)
    expect(isOrderlyReport({ number: 1, peers: rows.toReversed() })).toBe(false)
    expect(isOrderlyReport({ number: 1, peers: first === undefined ? [] : [first, ...rows] })).toBe(false)
  })

  const row = (ms: number) => peers.slice(0, 1).map((peer) => ({ peer, ms }))

  it('names at most so many peers, and no round trip above a minute', () => {
    const named = peers.map((peer) => ({ peer, ms: 1 }))
    expect(takes({ number: 1, peers: named.slice(0, LIMITS.reported) })).toBe(true)
    expect(takes({ number: 1, peers: named })).toBe(false)
    expect(takes({ number: 1, peers: row(60_000) })).toBe(true)
    expect(takes({ number: 1, peers: row(60_001) })).toBe(false)
    expect(takes({ number: 1, peers: row(1.5) })).toBe(false)
    expect(takes({ number: 0, peers: [] })).toBe(false)
  })

  it('comes to every peer in turn where there are more than it may name', () => {
    const measured = new Measured()
    for (const peer of peers) measured.set(peer, 7.9)
    const reports = [1, 2].map((number) => measured.report(number))
    for (const { peers: named } of reports) {
      expect(named).toHaveLength(LIMITS.reported)
      expect(named.map(({ peer }) => peer)).toEqual(named.map(({ peer }) => peer).toSorted())
      expect(named.every(({ ms }) => ms === 7)).toBe(true)
    }
    const seen = new Set(reports.flatMap(({ peers: named }) => named.map(({ peer }) => peer)))
    expect(seen.size).toBe(peers.length)
    for (const peer of peers) measured.forget(peer)
    expect(measured.report(3).peers).toEqual([])
  })
})

describe('a value', () => {
  it('folds at most so many closes, and at least one', () => {
    const [signer] = peers
    if (signer === undefined) throw new Error('no signer')
    const closes = Array.from({ length: LIMITS.closes + 1 }, (_, at) => snapshotId(at))
    const reports = [said(LATENCY, signer, { number: 1, peers: [] })]
    const takesCloses = (count: number) => {
      const value: TrustValue = {
        type: 'trust',
        number: 1,
        closes: closes.slice(0, count),
        reports,
        before: null,
        root: snapshotId(1),
      }
      return accepted(() => decodeBody(valueCodec, encodeBody(valueCodec, value), 'value', TRUSTED))
    }
    expect([0, 1, LIMITS.closes, LIMITS.closes + 1].map(takesCloses)).toEqual([false, true, true, false])
  })
})

describe('a latency', () => {
  const reportsOf = (values: readonly number[]) =>
    values.map((ms) => ({ number: 1, peers: peers.slice(0, 1).map((peer) => ({ peer, ms })) }))
  const medianOf = (values: readonly number[]) => [...mediansOf(reportsOf(values)).values()][0]

  it.each([
    [[5], 5],
    [[5, 9], 5],
    [[9, 5, 7], 7],
    [[1, 60_000, 8, 6], 6],
    [[], undefined],
  ])('is the lower median of %j', (values, median) => {
    expect(medianOf(values)).toBe(median)
  })

  it('stays among the honest reports, whatever f of q say', () => {
    const honest = fc.array(fc.nat(60_000), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(honest, fc.nat(60_000), (values, lie) => {
        const median = medianOf([...values, lie]) ?? -1
        expect(median).toBeGreaterThanOrEqual(Math.min(...values))
        expect(median).toBeLessThanOrEqual(Math.max(...values))
      }),
    )
  })

  it('is that of the peer which the reports name', () => {
    const medians = mediansOf([
      { number: 1, peers: peers.slice(0, 2).map((peer, at) => ({ peer, ms: at })) },
      { number: 1, peers: peers.slice(1, 2).map((peer) => ({ peer, ms: 9 })) },
    ])
    expect([...medians]).toEqual([
      [first, 0],
      [second, 1],
    ])
  })
})
