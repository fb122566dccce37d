import { expect, it } from 'vitest'
import { createBoundedCache } from './bounded-cache.ts'

const filled = (entriesMax: number, count: number) => {
  const cache = createBoundedCache<number>(entriesMax)
  for (let number = 0; number < count; number += 1) cache.set(`${number}`, number)
  return cache
}
/** The newest are looked up first, since a look-up counts as a use. */
const held = (cache: ReturnType<typeof filled>, count: number) =>
  Array.from({ length: count }, (_, number) => `${count - 1 - number}`).filter(
    (key) => cache.get(key) !== undefined,
  )

it('holds at most entriesMax entries, and the newest half of them for certain', () => {
  for (let count = 1; count < 40; count += 1) {
    const kept = held(filled(8, count), count)
    expect(kept.length).toBeLessThanOrEqual(8)
    const newest = Array.from({ length: Math.min(4, count) }, (_, number) => `${count - 1 - number}`)
    expect(kept.slice(0, newest.length)).toEqual(newest)
  }
})

it('never forgets what goes on being used', () => {
  const cache = createBoundedCache<string>(4)
  cache.set('used', 'value')
  for (let number = 0; number < 100; number += 1) {
    cache.set(`${number}`, 'other')
    expect(cache.get('used')).toBe('value')
  }
  expect(cache.get('0')).toBeUndefined()
})

it('replaces a value', () => {
  const cache = createBoundedCache<number>(4)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('a', 3)
  expect([cache.get('a'), cache.get('b')]).toEqual([3, 2])
})
