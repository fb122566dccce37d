/** Value below which `share` (0..1) of the samples lie; the samples need no order and are at least one. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function figures(samples: readonly number[]): string {
  const ms = (share: number) => `${percentile(samples, share).toFixed(0).padStart(6)} ms`
  return `p50 ${ms(0.5)}   p90 ${ms(0.9)}   p99 ${ms(0.99)}   n ${samples.length}`
}
