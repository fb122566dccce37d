/** Neighbouring buckets differ by 5 %: finer than the noise of a machine. */
const GROWTH = Math.log(1.05)
/** 1.05^400 us is five minutes; longer counts as that. */
const BUCKETS = 400

export interface DurationSummary {
  readonly count: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  readonly totalUs: number
}

/** A histogram as it travels between processes. */
interface HistogramCopy {
  readonly buckets: Uint32Array
  readonly maxUs: number
  readonly totalUs: number
}
export type DurationsCopy = ReadonlyMap<string, HistogramCopy>

class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS)
  #count = 0
  #maxUs = 0
  #totalUs = 0

  add(us: number): void {
    const at = Math.min(BUCKETS - 1, Math.max(0, Math.floor(Math.log(Math.max(us, 1)) / GROWTH)))
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1
    this.#count += 1
    this.#maxUs = Math.max(this.#maxUs, us)
    this.#totalUs += us
  }

  absorb({ buckets, maxUs, totalUs }: HistogramCopy): void {
    buckets.forEach((count, at) => {
      this.#buckets[at] = (this.#buckets[at] ?? 0) + count
      this.#count += count
    })
    this.#maxUs = Math.max(this.#maxUs, maxUs)
    this.#totalUs += totalUs
  }

  copy(): HistogramCopy {
    return { buckets: this.#buckets.slice(), maxUs: this.#maxUs, totalUs: this.#totalUs }
  }

  summary(): DurationSummary {
    const [p50Us, p99Us] = [this.#quantile(0.5), this.#quantile(0.99)]
    return { count: this.#count, p50Us, p99Us, maxUs: this.#maxUs, totalUs: this.#totalUs }
  }

  /** Upper end of the bucket that holds the quantile, and never more than the maximum. */
  #quantile(share: number): number {
    let rest = Math.ceil(this.#count * share)
    const at = this.#buckets.findIndex((count) => (rest -= count) <= 0)
    return at === -1 ? this.#maxUs : Math.min(this.#maxUs, Math.exp((at + 1) * GROWTH))
  }
}

/** How long the mind took over its events, by type; the set of types is closed, so this never grows. */
export class Durations {
  readonly #histograms = new Map<string, Histogram>()

  add(type: string, us: number): void {
    const histogram = this.#histograms.get(type) ?? new Histogram()
    this.#histograms.set(type, histogram)
    histogram.add(us)
  }

  /** Several peers' durations as one. */
  static together(all: readonly DurationsCopy[]): Durations {
    const sum = new Durations()
    for (const one of all) {
      for (const [type, histogram] of one) {
        const own = sum.#histograms.get(type) ?? new Histogram()
        sum.#histograms.set(type, own)
        own.absorb(histogram)
      }
    }
    return sum
  }

  copy(): DurationsCopy {
    return new Map([...this.#histograms].map(([type, histogram]) => [type, histogram.copy()]))
  }

  /** Forgets what was measured: a start's compilation says little about the hours after it. */
  reset(): void {
    this.#histograms.clear()
  }

  summary(): Readonly<Record<string, DurationSummary>> {
    return Object.fromEntries([...this.#histograms].map(([type, histogram]) => [type, histogram.summary()]))
  }
}
