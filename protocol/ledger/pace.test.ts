import { expect, it } from 'vitest'
import { createPace } from './pace.ts'

it('waits the least that it may until certificates are slower than that', () => {
  const pace = createPace()
  expect(pace.waitMs(400, 5_000)).toBe(400)
  for (let at = 0; at < 100; at += 1) pace.note(20)
  expect(pace.waitMs(400, 5_000)).toBe(400)
})

it('waits four times as long as they take, up to the most, and comes back', () => {
  const pace = createPace()
  for (let at = 0; at < 100; at += 1) pace.note(500)
  expect(pace.waitMs(400, 5_000)).toBeGreaterThanOrEqual(4 * 490)
  expect(pace.waitMs(400, 5_000)).toBeLessThanOrEqual(4 * 500)
  for (let at = 0; at < 100; at += 1) pace.note(60_000)
  expect(pace.waitMs(400, 5_000)).toBe(5_000)
  for (let at = 0; at < 200; at += 1) pace.note(10)
  expect(pace.waitMs(400, 5_000)).toBe(400)
})
