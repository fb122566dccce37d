/** The mind's timers: one for each id, a later one replaces it. */
export class Timers {
  readonly #running = new Map<string, NodeJS.Timeout>()
  readonly #fire: (id: string) => void

  constructor(fire: (id: string) => void) {
    this.#fire = fire
  }

  start(id: string, delayMs: number): void {
    this.cancel(id)
    const timer = setTimeout(() => {
      this.#running.delete(id)
      this.#fire(id)
    }, delayMs)
    this.#running.set(id, timer)
  }

  cancel(id: string): void {
    clearTimeout(this.#running.get(id))
    this.#running.delete(id)
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) clearTimeout(timer)
    this.#running.clear()
  }
}
