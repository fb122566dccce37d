import { describe, expect, it } from 'vitest'
import { AMOUNT_MAX } from '../params.ts'
import { formatCredits, parseCredits } from './credits.ts'

describe('credits', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000001'],
    [10_000n, '0.01'],
    [12_500_000n, '12.5'],
    [1_000_000n, '1'],
    [AMOUNT_MAX, '9223372036854.775807'],
  ])('%s units are %s', (units, text) => {
    expect(formatCredits(units)).toBe(text)
    expect(parseCredits(text)).toBe(units)
  })

  it.each([
    '',
    '-1',
    '+1',
    '01',
    '.5',
    '1.',
    '1.0000000',
    '1e3',
    '1,5',
    ' 1',
    '0x1',
    '9223372036854.775808',
    '∞',
  ])('refuses "%s"', (text) => {
    expect(parseCredits(text)).toBeUndefined()
  })

  it('takes trailing zeros', () => {
    expect(parseCredits('1.500000')).toBe(1_500_000n)
  })
})
