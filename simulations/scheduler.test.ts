import { expect, it } from 'vitest'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'

it('goes by time, then by the order of scheduling', () => {
  const scheduler = createScheduler()
  const random = createRandom('scheduler')
  const happened: { at: number; order: number }[] = []
  for (let order = 0; order < 500; order += 1) {
    const delay = random.below(20)
    scheduler.after(delay, () => happened.push({ at: scheduler.now, order }))
  }
  while (scheduler.step());
  const sorted = [...happened].sort((a, b) => a.at - b.at || a.order - b.order)
  expect(happened).toHaveLength(500)
  expect(happened).toEqual(sorted)
})

it('skips what was cancelled and reports when nothing is left', () => {
  const scheduler = createScheduler()
  const happened: string[] = []
  const task = scheduler.after(1, () => happened.push('cancelled'))
  scheduler.after(2, () => happened.push('kept'))
  task.cancel()
  expect(scheduler.step()).toBe(true)
  expect(scheduler.now).toBe(2)
  expect(happened).toEqual(['kept'])
  expect(scheduler.step()).toBe(false)
})

it('refuses delays that are negative or not whole', () => {
  const scheduler = createScheduler()
  expect(() => scheduler.after(-1, () => undefined)).toThrow(RangeError)
  expect(() => scheduler.after(0.5, () => undefined)).toThrow(RangeError)
})
