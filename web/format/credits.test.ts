import { describe, expect, it } from 'vitest'
import { groupDigits, inCredits, percentOf, sumUnits } from './credits.ts'

describe('credits', () => {
  it.each([
    ['0', '0'],
    ['999', '999'],
    ['1000', '1,000'],
    ['1250000.123456', '1,250,000.123456'],
  ])('groups %s as %s, and never its fraction', (decimal, grouped) => {
    expect(groupDigits(decimal)).toBe(grouped)
  })

  it('names one credit in the singular', () => {
    expect([inCredits('1'), inCredits('0'), inCredits('1.5')]).toEqual([
      '1 credit',
      '0 credits',
      '1.5 credits',
    ])
  })

  it('adds without floats', () => {
    expect(sumUnits(['0.1', '0.2', 'nonsense'])).toBe(300_000n)
  })

  it('draws nothing of nothing', () => {
    expect([percentOf(1n, 0n), percentOf(1n, 4n)]).toEqual([0, 25])
  })
})
