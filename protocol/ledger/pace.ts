/** Each new time weighs an eighth, as in TCP's smoothed round-trip time (RFC 6298, 2). */
const WEIGHT_SHIFT = 3

/**
 * How long certificates take just now. A repetition that comes before an honest answer could only adds to the
 * load that made the answer late, so waits grow with what was seen lately.
 */
export interface Pace {
  /** A certificate came after so many milliseconds. */
  note(elapsedMs: number): void
  /** `leastMs`, or four times what certificates take lately, but no more than `mostMs`. */
  waitMs(leastMs: number, mostMs: number): number
}

export function createPace(): Pace {
  // Smoothed time in eighths of a millisecond, so that integers keep its fractions.
  let smoothed = 0
  return {
    note(elapsedMs) {
      smoothed += Math.max(0, elapsedMs) - (smoothed >> WEIGHT_SHIFT)
    },
    waitMs: (leastMs, mostMs) => Math.min(mostMs, Math.max(leastMs, (smoothed >> WEIGHT_SHIFT) * 4)),
  }
}
