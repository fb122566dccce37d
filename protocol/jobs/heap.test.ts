import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Heap } from './heap.ts'

it('gives what it took in order, also where more comes meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, later) => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const item of first) heap.push(item)
      const least = heap.pop()
      for (const item of later) heap.push(item)
      const sorted = [...first].sort((a, b) => a - b)
      expect(least).toBe(sorted[0])
      const rest = [...sorted.slice(1), ...later].sort((a, b) => a - b)
      expect(rest.map(() => heap.pop())).toEqual(rest)
      expect(heap.pop()).toBeUndefined()
    }),
  )
})
