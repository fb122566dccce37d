import { describe, expect, it } from 'vitest'
import { blobRefOf, type Digest, type PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { type CounterRow, freshRow, type Outcome, UNIT } from './counters.ts'
import { fold, type RowChange } from './fold.ts'
import type { CloseFacts } from './outcomes.ts'

const { ids } = fourWitnesses()
const [payer, a, b, c] = ids as [PeerId, PeerId, PeerId, PeerId]
const modelAt = (number: number): Digest => blobRefOf(Uint8Array.of(number)).digest
const MODEL = modelAt(0)

function close(number: number, outcomes: readonly [PeerId, Outcome][], submitter = payer): CloseFacts {
  const replicas = outcomes.map(([peer, outcome]) => ({ peer, outcome }))
  return { job: modelAt(number), submitter, model: MODEL, replicas }
}

function folded(closes: readonly CloseFacts[], voterOf = (peer: PeerId): string => peer) {
  const changes = fold(closes, { number: 1, rowsOf: () => undefined, voterOf })
  return (peer: PeerId, counter: Outcome) => units(changes, peer, counter)
}

function units(changes: readonly RowChange[], peer: PeerId, counter: Outcome): number {
  const row = changes.find((change) => change.peer === peer)?.row
  return row === null || row === undefined ? 0 : row[counter] / UNIT
}

const all: readonly [PeerId, Outcome][] = [
  [a, 'agreed'],
  [b, 'agreed'],
  [c, 'agreed'],
]

describe('fold', () => {
  it('gives one unit for a pair of submitter and replica', () => {
    const of = folded([close(1, all), close(2, all), close(3, all)])
    expect([a, b, c].map((peer) => of(peer, 'agreed'))).toEqual([1, 1, 1])
  })

  it('gives one unit for a pair of replicas, whoever submits', () => {
    const of = folded([close(1, all, payer), close(2, all, a), close(3, all.slice(0, 2), c)])
    expect([a, b, c].map((peer) => of(peer, 'agreed'))).toEqual([1, 1, 1])
  })

  it('gives another unit for another submitter and other replicas', () => {
    const of = folded([
      close(1, all.slice(0, 2), payer),
      close(2, [all[0] ?? [a, 'agreed'], all[2] ?? [c, 'agreed']], b),
    ])
    expect(of(a, 'agreed')).toBe(2)
  })

  it('takes an operator’s peers for one', () => {
    const of = folded([close(1, all), close(2, [[b, 'agreed']], c)], (peer) => (peer === a ? b : peer))
    expect(of(a, 'agreed') + of(b, 'agreed')).toBeLessThanOrEqual(3)
    const twice = folded([close(1, [[a, 'agreed']]), close(2, [[b, 'agreed']])], () => 'same')
    expect(twice(a, 'agreed') + twice(b, 'agreed')).toBe(1)
  })

  it('lets one submitter hold each way of failing against a replica once, and every fault', () => {
    const failing: readonly Outcome[] = ['disagreed', 'unrevealed', 'timeout', 'noshow', 'fault']
    for (const outcome of failing) {
      const of = folded([1, 2, 3].map((number) => close(number, [[a, outcome]])))
      expect(of(a, outcome)).toBe(outcome === 'fault' ? 3 : 1)
    }
    const of = folded([close(1, [[a, 'disagreed']]), close(2, [[a, 'disagreed']], b)])
    expect(of(a, 'disagreed')).toBe(2)
  })

  it('keeps as many models of a member as it may offer; the one not used for longest makes room', () => {
    const rows = new Map<Digest, CounterRow>(
      Array.from({ length: LIMITS.models }, (_, at) => [modelAt(at + 1), freshRow(at === 3 ? 1 : 5)]),
    )
    const input = { number: 9, rowsOf: () => rows, voterOf: (peer: PeerId) => peer }
    const changes = fold([close(1, [[a, 'agreed']])], input)
    expect(changes.map(({ model, row }) => [model, row?.at ?? null])).toEqual(
      [
        [MODEL, 9],
        [modelAt(4), null],
      ].toSorted(([one = ''], [other = '']) => ((one ?? '') < (other ?? '') ? -1 : 1)),
    )
    rows.delete(modelAt(1))
    expect(fold([close(1, [[a, 'agreed']])], input).map(({ model }) => model)).toEqual([MODEL])
  })
})
