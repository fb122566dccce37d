import { describe, expect, it } from 'vitest'
import type { Digest, PeerId } from '../ids.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { freshRow, REST, UNIT, withOutcomes } from './counters.ts'
import type { RowChange } from './fold.ts'
import { Effort } from './pieces.ts'
import { TrustTable } from './table.ts'
import { MODEL, whole } from './testing-closes.ts'

const { ids, roster } = fourWitnesses()
/** The table says nothing of how it was decided. */
const FOREIGN = 'f'.repeat(64) as Digest
const [first, second, third] = ids as [PeerId, PeerId, PeerId, PeerId]

const change = (peer: PeerId, number: number) => [
  { peer, model: MODEL, row: withOutcomes(freshRow(number), ['agreed'], number) },
]

const nextOf = (
  table: TrustTable,
  ...[changes, medians]: [readonly RowChange[], ReadonlyMap<PeerId, number>]
) => whole(table.next(changes, medians, new Effort()))

function tableAfter(peer: PeerId): TrustTable {
  const table = new TrustTable(roster.charter)
  table.apply(new EventOutbox(first, roster.swarm, 1), nextOf(table, change(peer, 1), new Map()), FOREIGN)
  return table
}

describe('the root of a table', () => {
  it('covers what the snapshots before it left, rows that this one changes and latencies', () => {
    const next = (before: PeerId, changed: PeerId, latencies: readonly [PeerId, number][] = []) =>
      nextOf(tableAfter(before), change(changed, 2), new Map(latencies)).root
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

  it('covers every row, also of a table that is made in several parts', () => {
    const table = new TrustTable(roster.charter)
    const many = Array.from({ length: 200 }, (_, at) => ({
      peer: first,
      model: at.toString(16).padStart(64, '0') as Digest,
      row: freshRow(1),
    }))
    const rootOf = (changes: readonly RowChange[]) => nextOf(table, changes, new Map()).root
    const roots = [0, 63, 64, 199].map((at) =>
      rootOf(many.map((one, place) => (place === at ? { ...one, row: null } : one))),
    )
    expect(new Set([...roots, rootOf(many), rootOf(many.slice(1)), rootOf(many.slice(0, -1))]).size).toBe(7)
  })

  it('has for a model without a row what is held against all of them, as of each snapshot', () => {
    const table = tableAfter(first)
    const bad = { ...freshRow(2), disagreed: 5 * UNIT }
    const changes = [{ peer: second, model: REST, row: bad }]
    table.apply(new EventOutbox(first, roster.swarm, 2), nextOf(table, changes, new Map()), FOREIGN)
    const { priorTrust } = roster.charter.params
    expect(table.at(1)?.row(bearer(second), MODEL).trust).toBe(priorTrust)
    expect(table.at(2)?.row(bearer(second), MODEL).trust).toBeLessThan(priorTrust)
    expect(table.at(2)?.row(bearer(third), MODEL).trust).toBe(priorTrust)
  })

  it('changes nothing until it is applied', () => {
    const table = tableAfter(first)
    const { root } = table
    nextOf(table, change(second, 2), new Map([[second, 9]]))
    expect(table.root).toBe(root)
    expect(table.newest().row(bearer(second), MODEL)).toEqual({
      trust: roster.charter.params.priorTrust,
      latencyMs: undefined,
    })
  })
})

const bearer = (peer: PeerId) => ({ peer, operator: undefined })

describe('a peer that came in by itself', () => {
  const open = { ...roster.charter, admission: 'open' as const, founders: [] }
  const trustIn = (table: TrustTable, peer: PeerId, operator: string) =>
    table.newest().row({ peer, operator }, MODEL).trust

  it('starts at nothing and earns what it has, more slowly than whoever was invited', () => {
    const table = new TrustTable(open)
    const trusts = () => [trustIn(table, first, 'somebody'), trustIn(table, second, second)]
    expect(trusts()).toEqual([roster.charter.params.priorTrust, 0])
    const agreed = Array.from({ length: 30 }, () => 'agreed' as const)
    const changes = [first, second].sort().map((peer) => ({
      peer,
      model: MODEL,
      row: withOutcomes(freshRow(1), agreed, 1),
    }))
    table.apply(new EventOutbox(first, roster.swarm, 1), nextOf(table, changes, new Map()), FOREIGN)
    const [invited = 0, uninvited = 0] = trusts()
    expect(uninvited).toBeGreaterThan(500_000)
    expect(invited).toBeGreaterThan(uninvited)
    expect(trustIn(table, third, third)).toBe(0)
  })

  it('has the trust of the label that a value was decided with, whoever has invited it since', () => {
    const table = new TrustTable(open)
    expect(trustIn(table, third, third)).toBe(0)
    expect(trustIn(table, third, 'somebody')).toBe(roster.charter.params.priorTrust)
  })

  it('is none where somebody founded the swarm, or nobody comes in by itself', () => {
    for (const charter of [roster.charter, { ...roster.charter, admission: 'open' as const }])
      expect(trustIn(new TrustTable(charter), first, first)).toBe(roster.charter.params.priorTrust)
  })
})
