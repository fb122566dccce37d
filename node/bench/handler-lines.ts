import { Durations, type DurationsCopy } from '../host/durations.ts'

/** Event types whose handling took longest, all peers together; the bar is 1 ms at p99 for each. */
export function handlerLines(peers: readonly DurationsCopy[]): readonly string[] {
  const summary = Durations.together(peers).summary()
  // Below a hundred samples p99 is the maximum, which says more about the machine than about the handler.
  const rows = Object.entries(summary).filter(([, { count }]) => count >= 100)
  const slowest = rows.map(([type, row]) => ({ type, ...row })).toSorted((a, b) => b.p99Us - a.p99Us)
  const above = slowest.filter(({ p99Us }) => p99Us > 1_000).length
  const us = (value: number) => `${value.toFixed(0).padStart(6)} us`
  return [
    `handlers above 1 ms at p99: ${above} of ${slowest.length} event types (${peers.length} peers together; bar: 0)`,
    ...slowest
      .slice(0, 6)
      .map(
        ({ type, p50Us, p99Us, maxUs, count }) =>
          `  ${type.padEnd(24)} p50 ${us(p50Us)}   p99 ${us(p99Us)}   max ${us(maxUs)}   n ${count}`,
      ),
  ]
}

/** What one job takes of each type of event, the most expensive first: how many are handled, and for how long. */
export function eventLines(peers: readonly DurationsCopy[], jobs: number): readonly string[] {
  const rows = Object.entries(Durations.together(peers).summary())
  const sorted = rows.toSorted(([, a], [, b]) => b.totalUs - a.totalUs)
  const total = rows.reduce((sum, [, { totalUs }]) => sum + totalUs, 0)
  const line = (type: string, count: number, us: number) =>
    `  ${type.padEnd(24)} ${(count / jobs).toFixed(2).padStart(7)} a job   ${(us / 1_000 / jobs).toFixed(3).padStart(7)} ms a job`
  return [
    line(
      'all events',
      rows.reduce((sum, [, { count }]) => sum + count, 0),
      total,
    ),
    ...sorted.map(([type, { count, totalUs }]) => line(type, count, totalUs)),
  ]
}
