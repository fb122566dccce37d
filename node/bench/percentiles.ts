/** Value below which `share` (0..1) of the samples lie; the samples need no order and are at least one. */
export function percentile(samples: readonly number[], share: number): number {
  return at(
    samples.toSorted((a, b) => a - b),
    share,
  )
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function figures(samples: readonly number[], digits = 0): string {
  const sorted = samples.toSorted((a, b) => a - b)
  const ms = (share: number) => `${at(sorted, share).toFixed(digits).padStart(6)} ms`
  return `p50 ${ms(0.5)}   p90 ${ms(0.9)}   p99 ${ms(0.99)}   n ${samples.length}`
}
