import { describe, expect, it } from 'vitest'
import { type PeerId, trustInstance } from '../ids.ts'
import { LIMITS, TIMES } from '../params.ts'
import { LATENCY } from './latency.ts'
import { chainOf, said } from './testing-closes.ts'
import {
  chain,
  CHAINS,
  fed,
  first,
  FOREIGN,
  JOBS,
  LATER,
  Peer,
  roster,
  second,
  twoSnapshots,
} from './testing-peer.ts'
import { snapshotId, type TrustValue } from './value.ts'

const { charter } = roster

describe('a value', () => {
  it('is judged by refolding it', () => {
    const value = fed().build()
    expect(value.closes).toEqual(JOBS.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(fed().judge(value)).toEqual({ verdict: 'prepare' })
  })

  const good = fed().build()
  const unsorted = good.closes.toReversed()
  const doubled = good.closes.flatMap((job) => [job, job])
  const [report] = good.reports
  const foreign = said(LATENCY, roster.charter.treasury, { number: 1, peers: [] })
  const stranger = { ...foreign, signer: '12D3KooWStranger' as PeerId }
  const twice = [
    { peer: second, ms: 1 },
    { peer: second, ms: 2 },
  ]
  const rows: readonly [string, Partial<TrustValue>][] = [
    ['another root', { root: snapshotId(1) }],
    ['the root of other closes', { closes: good.closes.slice(1) }],
    ['closes out of order', { closes: unsorted }],
    ['a close twice', { closes: doubled }],
    ['too few reports', { reports: good.reports.slice(0, 2) }],
    ['no reports', { reports: [] }],
    ['one report twice', { reports: [...good.reports.slice(0, 2), ...good.reports.slice(1, 3)] }],
    ['reports out of order', { reports: good.reports.toReversed() }],
    ['a report by somebody who is no witness', { reports: [stranger, ...good.reports] }],
    [
      'a report for another snapshot',
      {
        reports: [said(LATENCY, report?.signer ?? first, { number: 2, peers: [] }), ...good.reports.slice(1)],
      },
    ],
    [
      'a report that names a peer twice',
      {
        reports: [
          said(LATENCY, report?.signer ?? first, { number: 1, peers: twice }),
          ...good.reports.slice(1),
        ],
      },
    ],
    ['another number', { number: 2 }],
  ]
  it.each(rows)('with %s is not valid', (_, change) => {
    expect(fed().judge({ ...good, ...change })).toEqual({ verdict: 'not_valid' })
  })

  it('is for one instance only', () => {
    expect(fed().judge(good, 2)).toEqual({ verdict: 'not_valid' })
    expect(fed().judge({ type: 'void', reason: 'expired', cancel: null })).toEqual({ verdict: 'not_valid' })
  })

  it('waits for closes that are not here, a few at a time', () => {
    expect(fed(CHAINS.slice(1)).judge(good)).toEqual({ verdict: 'missing', ids: [JOBS[0]] })
    const begun = fed(CHAINS.slice(1))
    begun.takeAll([CHAINS[0]?.slice(0, 1) ?? []])
    expect(begun.judge(good)).toEqual({ verdict: 'missing', ids: [JOBS[0]] })
    const unknown = Array.from({ length: 40 }, (_, at) => snapshotId(at)).sort((a, b) => (a < b ? -1 : 1))
    const judged = fed([]).judge({ ...good, closes: unknown })
    expect(judged).toEqual({ verdict: 'missing', ids: unknown.slice(0, 16) })
  })

  it('has no place for a close of which nothing counts', () => {
    const peer = fed()
    const lone = chain(8, ['agreed'])
    peer.takeAll([lone])
    const closes = [...good.closes, lone[0]?.job ?? FOREIGN].sort((a, b) => (a < b ? -1 : 1))
    expect(peer.judge({ ...good, closes })).toEqual({ verdict: 'not_valid' })
  })

  it('has no place for a close that a snapshot before it folded', () => {
    const { peer, values } = twoSnapshots()
    const [one] = values
    peer.takeAll([chain(9, ['agreed', 'agreed', 'agreed'])])
    peer.now = 3 * LATER
    const third = peer.build()
    expect(peer.judge(third)).toEqual({ verdict: 'prepare' })
    const again = [...third.closes, ...(one?.closes ?? [])].sort((a, b) => (a < b ? -1 : 1))
    expect(peer.judge({ ...third, closes: again })).toEqual({ verdict: 'not_valid' })
  })

  it('has to fold what was applied long ago, and the refusal says what', () => {
    const partial = fed(CHAINS.slice(0, 4)).build()
    const late = CHAINS[4]?.[0]?.job
    const judged = fed().judge(partial)
    expect(judged).toMatchObject({ verdict: 'guard', items: { closes: [late] } })
    const fresh = fed(CHAINS.slice(0, 4))
    fresh.takeAll(CHAINS.slice(4))
    fresh.now += TIMES.trustMs - 1
    expect(fresh.judge(partial)).toEqual({ verdict: 'prepare' })
    fresh.now += 1
    expect(fresh.judge(partial)).toEqual(judged)
  })

  it('is not prepared before its time', () => {
    const { peer } = twoSnapshots()
    peer.takeAll([chain(9, ['agreed', 'agreed', 'agreed'])])
    peer.now += TIMES.trustMs - 1
    const early = new Peer()
    early.takeAll([])
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(3)))).toBeUndefined()
    peer.now += 1
    const value = peer.build()
    peer.now -= 1
    expect(peer.judge(value)).toMatchObject({ verdict: 'guard', items: { closes: [] } })
    peer.now += 1
    expect(peer.judge(value)).toEqual({ verdict: 'prepare' })
  })

  it('may leave out what waits for long, and comes as soon as it may, when it is full', {
    timeout: 30_000,
  }, () => {
    const peer = new Peer()
    const many = Array.from({ length: LIMITS.closes + 1 }, (_, nonce) =>
      chainOf({ charter, nonce: 100 + nonce, submitter: first, replicas: [{ peer: second, did: 'noshow' }] }),
    )
    const [one] = CHAINS
    peer.takeAll([one ?? []])
    peer.now = LATER
    expect(peer.decide(peer.build()).status).toBe('applied')
    peer.takeAll(many.slice(0, -2))
    const due = () => peer.trust.rules.dueAt(trustInstance(2))
    expect(due()).toBe(LATER + TIMES.trustMs)
    peer.takeAll(many.slice(-2))
    expect(due()).toBe(LATER + TIMES.snapshotMs)
    peer.now += TIMES.snapshotMs
    const full = peer.build()
    expect(full.closes).toHaveLength(LIMITS.closes)
    peer.now += TIMES.trustMs
    expect(peer.judge(full)).toEqual({ verdict: 'prepare' })
    expect(peer.decide(full).status).toBe('applied')
    expect(peer.trust.waiting()).toBe(1)
  })
})
