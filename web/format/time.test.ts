import { describe, expect, it } from 'vitest'
import { formatAgo, formatDuration, formatTime } from './time.ts'

describe('time', () => {
  it.each([
    [-3, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1.00 s'],
    [12_540, '12.5 s'],
    [125_000, '2 min 5 s'],
    [12_000_000, '3 h 20 min'],
  ])('says %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it.each([
    [-60_000, 'just now'],
    [59_000, '59 s ago'],
    [3_599_000, '59 min ago'],
    [86_399_000, '23 h ago'],
    [86_400_000, 'yesterday'],
    [200_000_000, '2 days ago'],
  ])('says %d ms past as %s', (ms, text) => {
    expect(formatAgo(0, ms)).toBe(text)
  })

  it('repeats what is no time', () => {
    expect(formatTime('soon')).toBe('soon')
  })
})
