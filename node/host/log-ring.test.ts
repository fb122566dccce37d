import { expect, it } from 'vitest'
import { LogRing } from './log-ring.ts'

const LINES_MAX = 1_000
const LINE_CHARACTERS_MAX = 8_192
const CHARACTERS_MAX = 1_048_576

function ringOf(count: number): LogRing {
  const ring = new LogRing()
  for (let at = 1; at <= count; at += 1) ring.write(`{"n":${at}}\n`)
  return ring
}

it('keeps the newest lines, as many as it may and no more', () => {
  const numbers = (count: number) =>
    ringOf(count)
      .read({ limit: 2 * LINES_MAX })
      .lines.map(({ number }) => number)
  expect(numbers(LINES_MAX)).toHaveLength(LINES_MAX)
  expect(numbers(LINES_MAX + 1)).toHaveLength(LINES_MAX)
  expect(numbers(LINES_MAX + 1)[0]).toBe(2)
})

it('says how many lines a reader has missed', () => {
  const ring = ringOf(LINES_MAX + 5)
  expect(ring.read({ limit: 1, after: 3 })).toMatchObject({ missed: 2, last: LINES_MAX + 5 })
  expect(ring.read({ limit: 1, after: 5 })).toMatchObject({ missed: 0 })
  expect(ring.read({ limit: 3, after: LINES_MAX + 4 }).lines.map(({ number }) => number)).toEqual([
    LINES_MAX + 5,
  ])
})

it('leaves out the text of a line that is too long, and never holds more than a mebibyte', () => {
  const ring = new LogRing()
  ring.write('x'.repeat(LINE_CHARACTERS_MAX))
  ring.write('x'.repeat(LINE_CHARACTERS_MAX + 1))
  expect(ring.read({ limit: 2 }).lines.map(({ text }) => text?.length)).toEqual([
    LINE_CHARACTERS_MAX,
    undefined,
  ])
  for (let at = 0; at < 300; at += 1) ring.write('x'.repeat(LINE_CHARACTERS_MAX))
  const held = ring.read({ limit: LINES_MAX }).lines.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)
  expect(held).toBeLessThanOrEqual(CHARACTERS_MAX)
  expect(held).toBeGreaterThan(CHARACTERS_MAX - 2 * LINE_CHARACTERS_MAX)
})

it('wakes who waits for a line, and everybody when it closes', async () => {
  const ring = ringOf(1)
  await ring.waitFor(0, 60_000)
  const woken = ring.waitFor(1, 60_000)
  ring.write('{}\n')
  await woken
  const closed = ring.waitFor(2, 60_000)
  ring.close()
  await closed
  await ring.waitFor(2, 60_000)
  await new LogRing().waitFor(0, 1)
})
