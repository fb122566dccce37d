/**
 * The mind's clock: wall time at the start plus the time that has passed since on a clock that nobody sets. It
 * never decreases, and never falls below `floorMs`, the latest time found in the restored records.
 */
export function createClock(floorMs: number): () => number {
  const startMs = Math.max(Date.now(), floorMs)
  const origin = performance.now()
  return () => startMs + Math.floor(performance.now() - origin)
}
