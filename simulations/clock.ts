import type { Scheduler } from './scheduler.ts'

// Some moment in 2026: minds take wall time for expiry dates and lists, and the run must not depend on today.
const WORLD_START_MS = 1_790_000_000_000

/** What a peer takes for the time: wall time in milliseconds, off by a constant. It goes on while the peer is down. */
export interface Clock {
  now(): number
  /** Sets it by so much, also back. Only while the peer is down: within one process time never decreases. */
  shift(byMs: number): void
}

export function createClock(scheduler: Scheduler, skewMs: number): Clock {
  let offMs = skewMs
  return {
    now: () => WORLD_START_MS + offMs + scheduler.now,
    shift(byMs) {
      offMs += byMs
    },
  }
}
