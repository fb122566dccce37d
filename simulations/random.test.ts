import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draws = (seed: string) => {
  const random = createRandom(seed)
  return Array.from({ length: 20 }, () => random.below(1_000))
}

describe('random', () => {
  it('is a function of its seed', () => {
    expect(draws('a')).toEqual(draws('a'))
    expect(draws('a')).not.toEqual(draws('b'))
  })

  it('draws the same numbers for ever', () => {
    expect(draws('pinned').slice(0, 5)).toEqual([365, 341, 846, 256, 936])
  })

  it('forks by label, whatever was drawn before', () => {
    const used = createRandom('a')
    used.bytes(100)
    const fork = createRandom('a').fork('x')
    expect(used.fork('x').bytes(16)).toEqual(fork.bytes(16))
    expect(used.fork('y').bytes(16)).not.toEqual(createRandom('a').fork('x').bytes(16))
  })

  it('reaches both ends of a range and nothing else', () => {
    const random = createRandom('range')
    const seen = new Set(Array.from({ length: 500 }, () => random.between({ min: 3, max: 6 })))
    expect([...seen].sort((a, b) => a - b)).toEqual([3, 4, 5, 6])
  })

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 20 }, (_, at) => at)
    const shuffled = createRandom('s').shuffled(items)
    expect(shuffled).not.toEqual(items)
    expect(shuffled.sort((a, b) => a - b)).toEqual(items)
  })

  it('holds chances', () => {
    const random = createRandom('chance')
    const hits = Array.from({ length: 10_000 }, () => random.chance(250_000)).filter(Boolean).length
    expect(hits).toBeGreaterThan(2_300)
    expect(hits).toBeLessThan(2_700)
    expect(random.chance(0)).toBe(false)
    expect(random.chance(1_000_000)).toBe(true)
  })
})
