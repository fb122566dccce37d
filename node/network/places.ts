interface PlacesOptions {
  readonly max: number
  readonly perHostMax: number
}

/** So many at a time in all, and so many of one host. */
export class Places {
  readonly #options: PlacesOptions
  readonly #taken = new Map<string, number>()
  #total = 0

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /** How to leave the place again, which may be called more than once; undefined when none is free. */
  take(host: string): (() => void) | undefined {
    const taken = this.#taken.get(host) ?? 0
    if (this.#total >= this.#options.max || taken >= this.#options.perHostMax) return undefined
    this.#total += 1
    this.#taken.set(host, taken + 1)
    let isTaken = true
    return () => {
      if (isTaken) this.#leave(host)
      isTaken = false
    }
  }

  #leave(host: string): void {
    this.#total -= 1
    const rest = (this.#taken.get(host) ?? 1) - 1
    if (rest === 0) this.#taken.delete(host)
    else this.#taken.set(host, rest)
  }
}
