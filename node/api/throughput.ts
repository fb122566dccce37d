import type { Backend } from './backend.ts'

const WINDOW_MS = 60_000
/** One sample for each 100 ms of the window bounds the memory and costs no accuracy that anybody sees. */
const SAMPLE_MS = 100

/** How many jobs were closed within the last minute, from the mind's running totals. */
export interface Throughput {
  perMinute(): number
  stop(): void
}

export function watchThroughput(backend: Backend): Throughput {
  const total = () => Object.values(backend.view.counters().jobs).reduce((sum, count) => sum + count, 0)
  let samples = [{ atMs: backend.now(), total: total() }]
  const note = () => {
    const newest = samples.at(-1)
    const atMs = backend.now()
    if (newest !== undefined && atMs - newest.atMs < SAMPLE_MS) return
    samples = samples.filter((sample, at) => at === samples.length - 1 || atMs - sample.atMs <= WINDOW_MS)
    samples.push({ atMs, total: total() })
  }
  const stop = backend.subscribe(note)
  return {
    perMinute() {
      note()
      const since = backend.now() - WINDOW_MS
      const base = samples.findLast(({ atMs }) => atMs <= since) ?? samples[0]
      return Math.max(0, total() - (base?.total ?? 0))
    },
    stop,
  }
}
