import { describe, expect, it } from 'vitest'
import { TIMES } from '../params.ts'
import { keptMs, waitMs } from './round.ts'

const WITNESSES = 4
const LARGEST = 64
const STEP_MS_MAX = TIMES.deltaMs * 2 ** 6

/** D(round) of the agreement's description: D(2) = delta, D(r + 1) = D(r) + delta * 2^min(r - 1, 6). */
function described(round: number): number {
  let total = TIMES.deltaMs
  for (let before = 2; before < round; before += 1) total += TIMES.deltaMs * 2 ** Math.min(before - 1, 6)
  return total
}

describe('waitMs', () => {
  it("asks nothing for the natural proposer's rounds", () => {
    expect([0, 1].map((round) => waitMs(0, round, WITNESSES))).toEqual([0, 0])
  })

  it('is D(round) for a witness that has promised nothing, as far as all have their turn', () => {
    const rounds = Array.from({ length: LARGEST }, (_, at) => at + 2)
    expect(rounds.map((round) => waitMs(0, round, LARGEST))).toEqual(rounds.map(described))
    expect(waitMs(0, 2, WITNESSES)).toBe(TIMES.deltaMs)
  })

  it('is the same after a promise of round 0 or 1', () => {
    for (const round of [2, 3, 5]) expect(waitMs(1, round, WITNESSES)).toBe(waitMs(0, round, WITNESSES))
  })

  it('adds up over single steps to what the leap costs', () => {
    const steps = [2, 3, 4, 5].map((promised) => waitMs(promised, promised + 1, WITNESSES))
    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(waitMs(2, 6, WITNESSES))
  })

  it('doubles the wait with every round up to its longest', () => {
    const steps = Array.from({ length: 12 }, (_, at) => waitMs(at + 1, at + 2, WITNESSES))
    const factors = [1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64]
    expect(steps).toEqual(factors.map((factor) => TIMES.deltaMs * factor))
  })

  it.each([WITNESSES, 7, LARGEST])('costs no more for a leap than one over all %i witnesses', (witnesses) => {
    const over = waitMs(3, 3 + witnesses, witnesses)
    for (const further of [1, 2, 1_000, 2 ** 20])
      expect(waitMs(3, 3 + witnesses + further, witnesses)).toBe(over)
    expect(waitMs(3, 2 + witnesses, witnesses)).toBeLessThan(over)
    expect(waitMs(1_000, 2 ** 40, witnesses)).toBe(STEP_MS_MAX * witnesses)
  })

  it('asks nothing for a round that was promised already', () => {
    expect([7, 6, 2].map((round) => waitMs(7, round, WITNESSES))).toEqual([0, 0, 0])
  })
})

describe('keptMs', () => {
  it.each([3, WITNESSES, 7])(
    'is longer than the longest wait for its promise, by a step, of %i witnesses',
    (witnesses) => {
      for (const round of [2, 5, 100]) {
        const longest = Math.max(...[0, 1, round - 1].map((promised) => waitMs(promised, round, witnesses)))
        expect(keptMs(round, witnesses)).toBeGreaterThanOrEqual(longest + waitMs(round, round + 1, witnesses))
      }
    },
  )
})
