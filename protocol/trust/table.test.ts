import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { freshRow, withOutcomes } from './counters.ts'
import { TrustTable } from './table.ts'
import { MODEL } from './testing-closes.ts'

const { ids, roster } = fourWitnesses()
const [first, second, third] = ids as [PeerId, PeerId, PeerId, PeerId]

const change = (peer: PeerId, number: number) => [
  { peer, model: MODEL, row: withOutcomes(freshRow(number), ['agreed'], number) },
]

function tableAfter(peer: PeerId): TrustTable {
  const table = new TrustTable(roster.charter, () => false)
  table.apply(new EventOutbox(first, roster.swarm, 1), table.next(change(peer, 1), new Map()))
  return table
}

describe('the root of a table', () => {
  it('covers what the snapshots before it left, rows that this one changes and latencies', () => {
    const next = (before: PeerId, changed: PeerId, latencies: readonly [PeerId, number][] = []) =>
      tableAfter(before).next(change(changed, 2), new Map(latencies)).root
    const roots = [
      next(first, third),
      next(second, third),
      next(first, second),
      next(first, third, [[second, 1]]),
      next(first, third, [[second, 2]]),
    ]
    expect(new Set(roots).size).toBe(roots.length)
    expect(next(first, third)).toBe(roots[0])
  })

  it('changes nothing until it is applied', () => {
    const table = tableAfter(first)
    const { root } = table
    table.next(change(second, 2), new Map([[second, 9]]))
    expect(table.root).toBe(root)
    expect(table.newest().row(second, MODEL)).toEqual({
      trust: roster.charter.params.priorTrust,
      latencyMs: undefined,
    })
  })
})

describe('a peer that came in by itself', () => {
  it('starts at nothing and earns what it has, more slowly than whoever was invited', () => {
    const table = new TrustTable(roster.charter, (peer) => peer !== first)
    const trustIn = (peer: PeerId) => table.newest().row(peer, MODEL).trust
    expect([first, second].map(trustIn)).toEqual([roster.charter.params.priorTrust, 0])
    const agreed = Array.from({ length: 30 }, () => 'agreed' as const)
    const changes = [first, second].sort().map((peer) => ({
      peer,
      model: MODEL,
      row: withOutcomes(freshRow(1), agreed, 1),
    }))
    table.apply(new EventOutbox(first, roster.swarm, 1), table.next(changes, new Map()))
    expect(trustIn(second)).toBeGreaterThan(500_000)
    expect(trustIn(first)).toBeGreaterThan(trustIn(second))
    expect(trustIn(third)).toBe(0)
  })
})
