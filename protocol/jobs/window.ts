/** Jobs of one steward in flight: each costs every witness a record and the steward an election. */
export const WINDOW_MAX = 256
/** Assigned so fast, the swarm has room for more. */
const QUICK_MS = 500
/** Not assigned by then, nodes don't bid: they have no room. */
export const SLOW_MS = 2_000

/**
 * How many jobs a steward opens at once. Nobody knows how much room the swarm has: heartbeats are old by the time they
 * arrive, and other stewards read the same ones. So the first figure comes from them, and after that what happens
 * to the jobs that were opened says more: it grows by one with each that is assigned quickly while most places are taken,
 * and halves when one isn't assigned in time. Only a pace; nothing rests on it but when a job is opened.
 */
export class Window {
  #size: number | undefined
  #halvedMs = Number.NEGATIVE_INFINITY

  /** Places, `room` being for how many jobs heartbeats say that there is room. */
  size(room: number): number {
    this.#size ??= Math.min(Math.max(room, 1), WINDOW_MAX)
    return this.#size
  }

  /** A job of `inFlight` was assigned after so many milliseconds. */
  assigned(afterMs: number, inFlight: number): void {
    if (this.#size === undefined || afterMs > QUICK_MS || 2 * inFlight < this.#size) return
    this.#size = Math.min(this.#size + 1, WINDOW_MAX)
  }

  /** A job finds no nodes. Those that were opened with it don't either, and say nothing more. */
  unassigned(now: number): void {
    if (this.#size === undefined || now < this.#halvedMs + SLOW_MS) return
    this.#halvedMs = now
    this.#size = Math.max(1, this.#size >>> 1)
  }

  /** Nothing is in flight: what the swarm has room for is asked anew. */
  idle(): void {
    this.#size = undefined
  }
}
