import { describe, expect, it } from 'vitest'
import type { AccountId, Digest } from '../ids.ts'
import { Holdings } from './holdings.ts'
import type { Output } from './output-book.ts'

const owner = 'owner' as AccountId
const output = (index: number): Output => ({
  source: 'source' as Digest,
  index,
  amount: BigInt(index + 1),
  origin: null,
})

/** What the holdings say of their only owner. */
function look(holdings: Holdings<Output>) {
  return {
    indexes: [...holdings.of(owner)].map(({ index }) => index).toSorted((a, b) => a - b),
    count: holdings.count(owner),
    sum: holdings.sum(owner),
    owners: [...holdings.owners()].length,
  }
}

describe('holdings', () => {
  it.each([0, 1, 2, 3, 5])('of %i outputs are the same whatever came and went before', (count) => {
    const holdings = new Holdings<Output>()
    for (let index = 0; index < 5; index += 1) holdings.add(owner, output(index))
    for (let index = 4; index >= count; index -= 1) {
      expect(holdings.remove(owner, output(index))).toEqual(output(index))
      expect(holdings.remove(owner, output(index))).toBeUndefined()
    }
    const indexes = Array.from({ length: count }, (_, index) => index)
    expect(look(holdings)).toEqual({
      indexes,
      count,
      sum: BigInt((count * (count + 1)) / 2),
      owners: count === 0 ? 0 : 1,
    })
    expect(holdings.find(owner, output(0))).toEqual(count > 0 ? output(0) : undefined)
    expect(holdings.find(owner, output(9))).toBeUndefined()
    expect(holdings.find('another' as AccountId, output(0))).toBeUndefined()
  })

  it('tell outputs of one index and another source apart', () => {
    const holdings = new Holdings<Output>()
    holdings.add(owner, output(0))
    const foreign = { source: 'foreign' as Digest, index: 0 }
    expect(holdings.remove(owner, foreign)).toBeUndefined()
    expect(look(holdings).count).toBe(1)
  })
})
