import { describe, expect, it } from 'vitest'
import { clustersOf, medoidOf, type Ties } from './cluster.ts'
import { confidenceOf } from './confidence.ts'
import { squareRoot } from './square-root.ts'
import { majorityOf, votesOf } from './votes.ts'

/** Ties among answers from a list of agreeing pairs with their cosines. */
function ties(count: number, edges: readonly [number, number, number][]): Ties {
  const edge = (a: number, b: number) => edges.find(([x, y]) => (x === a && y === b) || (x === b && y === a))
  return { count, agree: (a, b) => edge(a, b) !== undefined, cosine: (a, b) => edge(a, b)?.[2] ?? 0 }
}

describe('clustersOf', () => {
  it('does not chain: neighbours that agree are no crowd unless all agree', () => {
    expect(
      clustersOf(
        ties(3, [
          [0, 1, 800_000],
          [1, 2, 900_000],
        ]),
      ),
    ).toEqual([[0], [1, 2]])
  })

  it('takes the lower slots where two merges are equally close', () => {
    expect(
      clustersOf(
        ties(3, [
          [0, 1, 800_000],
          [1, 2, 800_000],
        ]),
      ),
    ).toEqual([[0, 1], [2]])
  })
})

describe('medoidOf', () => {
  it('is the member closest to all others, and the lowest of equals', () => {
    const star = ties(3, [
      [0, 1, 700_000],
      [1, 2, 700_000],
      [0, 2, 100_000],
    ])
    expect(medoidOf([0, 1, 2], star)).toBe(1)
    expect(medoidOf([0, 2], star)).toBe(0)
  })
})

describe('majorityOf', () => {
  it('needs more than half of the weight', () => {
    expect(majorityOf([[500_000, 500_000], [1_000_000]], 2)).toBeUndefined()
    expect(majorityOf([[500_000, 500_000], [999_999]], 2)).toBe(0)
  })

  it('needs two votes, and one voter has one', () => {
    const votes = votesOf(
      [[0, 1], [2]],
      [
        { voter: 'a', trust: 900_000 },
        { voter: 'a', trust: 900_000 },
        { voter: 'b', trust: 1 },
      ],
    )
    expect(votes).toEqual([[900_000], [1]])
    expect(majorityOf(votes, 2)).toBeUndefined()
  })
})

describe('confidenceOf', () => {
  it('is the credibility of the group among the groups', () => {
    // Odds 9 x 9 = 81 against 1: 81 / (1 + 81 + 1).
    expect(confidenceOf([[900_000, 900_000], [500_000]], 0)).toBe(Math.floor((81 * 1_000_000) / 83))
    expect(confidenceOf([[], [500_000]], 0)).toBe(0)
  })
})

describe('squareRoot', () => {
  it.each([0n, 1n, 2n, 3n, 4n, 15n, 16n, 10n ** 24n - 1n, 10n ** 24n])('of %s is rounded down', (value) => {
    const root = squareRoot(value)
    expect(root * root <= value && (root + 1n) * (root + 1n) > value).toBe(true)
  })
})
