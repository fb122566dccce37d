import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PPM } from '../params.ts'
import { decayed, freshRow, UNIT, withOutcomes } from './counters.ts'
import { lowerBound, priorOf, trustOf } from './lower-bound.ts'

const events = (count: number) => count * UNIT

describe('lower bound', () => {
  it.each([
    [5, 5, 252_028],
    [1, 1, 25_171],
    [100, 1, 973_973],
    [999, 1, 997_356],
    [1, 9, 1],
    [10, 0, 999_999],
    [0, 10, 1],
    [0, 0, 1],
  ])('of %i for and %i against is %i', (right, wrong, bound) => {
    expect(lowerBound({ right: events(right), wrong: events(wrong) })).toBe(bound)
  })

  it('is the formula in real numbers, to a millionth', () => {
    const counts = fc.integer({ min: 1, max: 100_000 * UNIT })
    fc.assert(
      fc.property(counts, counts, (right, wrong) => {
        const [a, b] = [right / UNIT, wrong / UNIT]
        const bound = a / (a + b) - 1.644854 * Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)))
        const real = Math.min(Math.max(bound * PPM, 1), PPM - 1)
        expect(Math.abs(lowerBound({ right, wrong }) - real)).toBeLessThanOrEqual(1.001)
      }),
    )
  })

  it.each([1, 500_000, 800_000, 990_000])('of a prior is the charter’s %i', (trust) => {
    expect(lowerBound(priorOf(trust))).toBe(trust)
  })
})

describe('trust', () => {
  const prior = priorOf(800_000)
  const after = (...outcomes: Parameters<typeof withOutcomes>[1]) =>
    trustOf(withOutcomes(freshRow(1), outcomes, 1), prior)

  it('rises with each agreement and falls by what failing is worth', () => {
    expect(after('agreed')).toBe(817_287)
    expect(after('noshow')).toBe(761_997)
    expect(after('timeout')).toBe(728_538)
    expect(after('disagreed')).toBe(671_320)
    expect(after('unrevealed')).toBe(after('disagreed'))
    expect(after('fault')).toBe(285_049)
  })

  it('is never worth less for one more agreement', () => {
    const outcome = fc.constantFrom('agreed', 'disagreed', 'timeout', 'noshow', 'unrevealed', 'fault')
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        expect(after(...outcomes, 'agreed')).toBeGreaterThanOrEqual(after(...outcomes))
      }),
    )
  })
})

describe('decay', () => {
  const row = withOutcomes(freshRow(1), ['agreed', 'agreed', 'disagreed', 'fault', 'timeout', 'noshow'], 1)

  it('halves what counts in 1,024 snapshots and leaves the series alone', () => {
    const later = decayed({ ...row, consecutive: 7 }, 1 + 1_024)
    expect(later.agreed).toBe(999_998)
    expect(later.disagreed).toBe(499_999)
    expect(later.fault).toBe(499_999)
    expect(later.consecutive).toBe(7)
  })

  it('ends in nothing, and brings trust back to the prior', () => {
    const gone = decayed(row, 1_000_000)
    expect([gone.agreed, gone.disagreed, gone.fault, gone.timeout, gone.noshow]).toEqual([0, 0, 0, 0, 0])
    expect(trustOf(gone, priorOf(800_000))).toBe(800_000)
  })

  it('ends a series with a disagreement, a fault or a withheld answer, but not with slowness', () => {
    const series = { ...freshRow(1), consecutive: 5 }
    expect(withOutcomes(series, ['agreed'], 2).consecutive).toBe(6)
    expect(withOutcomes(series, ['timeout', 'noshow'], 2).consecutive).toBe(5)
    for (const outcome of ['disagreed', 'fault', 'unrevealed'] as const)
      expect(withOutcomes(series, ['agreed', outcome], 2).consecutive).toBe(0)
  })
})
