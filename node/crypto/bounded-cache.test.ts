import { expect, it } from 'vitest'
import { createBoundedCache } from './bounded-cache.ts'

it('keeps entriesMax entries and forgets the least recently used one', () => {
  const cache = createBoundedCache<number>(3)
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ] as const)
    cache.set(key, value)
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, 2, 3])
  cache.get('a')
  cache.set('d', 4)
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([1, undefined, 3, 4])
})

it('replaces a value without taking more room', () => {
  const cache = createBoundedCache<number>(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('a', 3)
  expect([cache.get('a'), cache.get('b')]).toEqual([3, 2])
})
