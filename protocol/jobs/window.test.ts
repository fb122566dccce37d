import { describe, expect, it } from 'vitest'
import { SLOW_MS, Window, WINDOW_MAX } from './window.ts'

const QUICK_MS = 500

describe('the window of a steward', () => {
  it.each([
    [0, 1],
    [3, 3],
    [WINDOW_MAX, WINDOW_MAX],
    [WINDOW_MAX + 1, WINDOW_MAX],
  ])('begins with the room of %i that heartbeats tell, within its bounds: %i', (room, size) => {
    expect(new Window().size(room)).toBe(size)
  })

  it.each([
    ['quickly while it is used', QUICK_MS, 2, 5],
    ['quickly while it is mostly free', QUICK_MS, 1, 4],
  ])('after a job was assigned %s', (_, afterMs, inFlight, size) => {
    const window = new Window()
    window.size(4)
    window.assigned(afterMs, inFlight)
    expect(window.size(100)).toBe(size)
  })

  it('never grows beyond its maximum', () => {
    const window = new Window()
    window.size(WINDOW_MAX)
    window.assigned(1, WINDOW_MAX)
    expect(window.size(0)).toBe(WINDOW_MAX)
  })

  it('halves once for all that find no node together, and never vanishes', () => {
    const window = new Window()
    window.size(5)
    window.unassigned(0)
    window.unassigned(SLOW_MS - 1)
    expect(window.size(0)).toBe(2)
    for (const round of [1, 2, 3]) window.unassigned(round * SLOW_MS)
    expect(window.size(0)).toBe(1)
  })

  it('keeps what it learned, whatever heartbeats say later', () => {
    const window = new Window()
    window.size(8)
    window.unassigned(0)
    expect([window.size(2), window.size(WINDOW_MAX)]).toEqual([4, 4])
  })

  it.each([
    ['as long as where everybody is near', 100, 500, 5],
    ['longer than that', 100, 501, 4],
    ['half as long again as the fastest one of far members', 1_200, 1_800, 5],
    ['longer than that', 1_200, 1_801, 4],
  ])('grows after a job that took %s', (_, fastestMs, afterMs, size) => {
    const window = new Window()
    window.size(4)
    window.assigned(fastestMs, 0)
    window.assigned(afterMs, 4)
    expect(window.size(0)).toBe(size)
  })

  it.each([
    [100, SLOW_MS],
    [1_200, 3_600],
  ])('whose fastest job took %i ms waits for one %i ms', (fastestMs, slowMs) => {
    const window = new Window()
    expect(window.slowMs).toBe(SLOW_MS)
    window.size(4)
    window.assigned(fastestMs, 0)
    expect(window.slowMs).toBe(slowMs)
  })
})
