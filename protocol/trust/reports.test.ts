import { describe, expect, it } from 'vitest'
import { type PeerId, trustInstance } from '../ids.ts'
import { ASTRAY_PREFIXES } from '../records/astray.ts'
import { MODEL } from './testing-closes.ts'
import { CHAINS, chain, fed, fourth, ids, LATER, second, third, twoSnapshots } from './testing-peer.ts'

describe('reports', () => {
  it('are kept of witnesses only, the first of each, for the next snapshot', () => {
    const peer = fed()
    peer.report(second, { peers: [{ peer: third, ms: 5 }] })
    peer.report(second, { peers: [{ peer: third, ms: 900 }] })
    peer.report(third, { number: 2 })
    peer.report('12D3KooWStranger' as PeerId)
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))).toBeUndefined()
    peer.report(third, { peers: [{ peer: fourth, ms: 8 }] })
    peer.report(fourth, { peers: [{ peer: third, ms: 30 }] })
    const value = peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))
    expect(value).toMatchObject({ reports: { length: 3 } })
    if (value?.type !== 'trust') throw new Error('nothing to propose')
    peer.decide(value)
    // Lower medians; a peer that nobody names has none.
    const latency = ids.map(
      (id) => peer.trust.newest().row({ peer: id, operator: undefined }, MODEL).latencyMs,
    )
    expect(latency).toEqual([undefined, undefined, 5, 8])
  })

  it('that name a peer twice are not kept: every value that held one would be refused', () => {
    const peer = fed()
    const twice = { peer: third, ms: 5 }
    peer.report(second, { peers: [twice, twice] })
    peer.report(third)
    peer.report(fourth)
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))).toBeUndefined()
    // Its proper report is still welcome.
    peer.report(second, { peers: [twice] })
    const value = peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))
    expect(value?.type === 'trust' && peer.judge(value)).toEqual({ verdict: 'prepare' })
  })

  it('of this witness are signed once for a snapshot, across a restart', () => {
    const peer = fed()
    peer.trust.onLatency(second, 12)
    const sent = () =>
      peer.act((out) => {
        peer.trust.onTimer(out, 'trust/due')
        return peer.records
      })
    sent()
    const before = peer.records.get('trust-report')
    expect(before).toBeDefined()
    peer.restart()
    peer.trust.onLatency(second, 99)
    sent()
    expect(peer.records.get('trust-report')).toEqual(before)
  })

  it('of this witness are signed for no snapshot again that is due anew, when it has begun its ledger anew', () => {
    const { peer, values } = twoSnapshots()
    const [one] = values
    if (one === undefined) throw new Error('there are two snapshots')
    const due = () => peer.act((out) => void peer.trust.onTimer(out, 'trust/due'))
    const report = () => peer.records.get('trust-report')
    peer.takeAll([chain(5, ['agreed', 'agreed', 'agreed'])])
    peer.now = 3 * LATER
    due()
    const before = report()
    expect(before).toBeDefined()
    for (const key of peer.records.keys())
      if (ASTRAY_PREFIXES.some((prefix) => key.startsWith(prefix))) peer.records.delete(key)
    peer.restart()
    expect(peer.trust.number).toBe(0)
    peer.trust.onLatency(third, 77)
    peer.takeAll(CHAINS)
    peer.now = 4 * LATER
    due()
    for (const value of values) {
      peer.mustApply(value)
      expect(report()).toEqual(before)
      peer.now += LATER
      due()
    }
    // For the snapshot that it is about, it counts again.
    expect(peer.trust.number).toBe(2)
    peer.takeAll([chain(5, ['agreed', 'agreed', 'agreed'])])
    peer.now += LATER
    due()
    expect(report()).toEqual(before)
    for (const id of [second, third]) peer.report(id)
    expect(peer.propose()).toMatchObject({ number: 3, reports: { length: 3 } })
  })
})
