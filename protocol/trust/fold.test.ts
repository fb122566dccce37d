import { describe, expect, it } from 'vitest'
import { blobRefOf, type Digest, type PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { type CounterRow, freshRow, type Outcome, REST, UNIT } from './counters.ts'
import { fold as foldInPieces, type FoldInput, type RowChange } from './fold.ts'
import { Effort } from './pieces.ts'
import type { CloseFacts } from './outcomes.ts'
import { whole } from './testing-closes.ts'

const { ids } = fourWitnesses()
const [payer, a, b, c] = ids as [PeerId, PeerId, PeerId, PeerId]
const modelAt = (number: number): Digest => blobRefOf(Uint8Array.of(number)).digest
const MODEL = modelAt(0)

const fold = (closes: readonly CloseFacts[], input: FoldInput) =>
  whole(foldInPieces(closes, input, new Effort()))

function close(number: number, outcomes: readonly [PeerId, Outcome][], by: string = payer): CloseFacts {
  const replicas = outcomes.map(([peer, outcome]) => ({ peer, voter: peer, outcome }))
  return { job: modelAt(number), payer: by, model: MODEL, replicas }
}

/** The same closes, with other voters behind the replicas. */
function votedBy(closes: readonly CloseFacts[], voterOf: (peer: PeerId) => string): readonly CloseFacts[] {
  return closes.map((facts) => ({
    ...facts,
    replicas: facts.replicas.map((one) => ({ ...one, voter: voterOf(one.peer) })),
  }))
}

function folded(closes: readonly CloseFacts[]) {
  const changes = fold(closes, { number: 1, rowsOf: () => undefined })
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
    const of = folded(
      votedBy([close(1, all), close(2, [[b, 'agreed']], c)], (peer) => (peer === a ? b : peer)),
    )
    expect(of(a, 'agreed') + of(b, 'agreed')).toBeLessThanOrEqual(3)
    const twice = folded(votedBy([close(1, [[a, 'agreed']]), close(2, [[b, 'agreed']])], () => 'same'))
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
    const input = { number: 9, rowsOf: () => rows }
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

  it('never makes room by what counts against a member: made-up models wash nothing off', () => {
    const bad = { ...freshRow(1), disagreed: UNIT, consecutive: 0 }
    const good = { ...freshRow(1), agreed: 9 * UNIT }
    const rows = new Map<Digest, CounterRow>([
      [modelAt(1), bad],
      [modelAt(2), good],
    ])
    const used = Array.from({ length: LIMITS.models }, (_, at) => ({
      ...close(at + 1, [[a, 'agreed']], modelAt(at)),
      model: modelAt(at + 3),
    }))
    const changes = fold(used, { number: 9, rowsOf: () => rows })
    const removed = changes.filter(({ row }) => row === null).map(({ model }) => model)
    expect(removed).toEqual([modelAt(2)])
    // Of rows with as much against them the one used longest ago goes, then the first by its digest.
    expect(changes.filter(({ row }) => row !== null)).toHaveLength(LIMITS.models - 1)
    const worse: readonly CloseFacts[] = used.map((facts) => ({
      ...facts,
      replicas: facts.replicas.map((one) => ({ ...one, outcome: 'fault' as const })),
    }))
    const gone = fold(worse, { number: 9, rowsOf: () => rows }).filter(({ row }) => row === null)
    expect(gone.map(({ model }) => model).toSorted()).toEqual([modelAt(1), modelAt(2)].toSorted())
  })

  it('holds what a row had against a member against all its models without one, however it was pushed out', () => {
    const bad = { ...freshRow(1), disagreed: 3 * UNIT }
    const before = new Map<Digest, CounterRow>([[MODEL, bad]])
    const faulty = Array.from({ length: LIMITS.models }, (_, at) => ({
      ...close(at + 1, [[a, 'fault']]),
      model: modelAt(at + 1),
    }))
    const input = { number: 1, rowsOf: () => before }
    const changes = fold(faulty, input)
    const rowOf = (changed: readonly RowChange[], model: Digest) =>
      changed.find((change) => change.model === model)?.row
    expect(rowOf(changes, MODEL)).toBeNull()
    expect(rowOf(changes, REST)).toMatchObject({ disagreed: 3 * UNIT, fault: 0, agreed: 0 })
    // A row made anew begins with it, also that of the very model, and gives it back unchanged.
    const after = new Map<Digest, CounterRow>([[REST, { ...bad, at: 1 }]])
    const again = fold([close(1, [[a, 'agreed']])], { number: 1, rowsOf: () => after })
    expect(rowOf(again, MODEL)).toMatchObject({ disagreed: 3 * UNIT, agreed: UNIT })
    for (const { model, row } of changes) if (row !== null) after.set(model, row)
    const full = fold([close(1, [[a, 'agreed']])], { number: 1, rowsOf: () => after })
    expect(full.map(({ model }) => model).filter((model) => model !== REST)).toEqual([])
    expect(rowOf(full, REST)?.disagreed ?? 3 * UNIT).toBe(3 * UNIT)
  })

  it('gives nothing for agreements with a model that claims to be all of them', () => {
    const of = (outcome: Outcome) =>
      fold([{ ...close(1, [[a, outcome]]), model: REST }], { number: 1, rowsOf: () => undefined })
    expect(of('agreed')).toEqual([])
    expect(of('disagreed')).toMatchObject([{ model: REST, row: { disagreed: UNIT } }])
  })
})
