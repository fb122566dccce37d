/** Jobs of one steward in flight: each costs every witness a record and the steward an election. */
export const WINDOW_MAX = 256
/** Assigned so fast, the swarm has room for more; where members are far from each other, half as long again as the fastest. */
const QUICK_MS = 500
/** Not assigned by then, nodes don't bid: they have no room. Far members are given three times the fastest one's time. */
export const SLOW_MS = 2_000

/**
 * How many jobs a steward opens at once. Nobody knows how much room the swarm has: heartbeats are old by the time they
 * arrive, other stewards read the same ones, and a member may say anything. So the first figure counts each member once, and
 * after that only what happens to the jobs that were opened says more: it grows by one with each that is assigned quickly
 * while most places are taken, and halves when one isn't assigned in time. What was learned stays until the peer restarts.
 * Only a pace; nothing rests on it but when a job is opened.
 */
export class Window {
  #size: number | undefined
  #halvedMs = Number.NEGATIVE_INFINITY
  #fastestMs = Number.POSITIVE_INFINITY

  /** Places, `room` being for how many jobs there are members with room, asked once. */
  size(room: number): number {
    this.#size ??= Math.min(Math.max(room, 1), WINDOW_MAX)
    return this.#size
  }

  /** From when on a job that isn't assigned yet says that there is no room. */
  get slowMs(): number {
    return this.#fastestMs === Number.POSITIVE_INFINITY ? SLOW_MS : Math.max(SLOW_MS, 3 * this.#fastestMs)
  }

  /** A job of `inFlight` was assigned after so many milliseconds. */
  assigned(afterMs: number, inFlight: number): void {
    this.#fastestMs = Math.min(this.#fastestMs, afterMs)
    const quickMs = Math.max(QUICK_MS, this.#fastestMs + (this.#fastestMs >>> 1))
    if (this.#size === undefined || afterMs > quickMs || 2 * inFlight < this.#size) return
    this.#size = Math.min(this.#size + 1, WINDOW_MAX)
  }

  /** A job finds no nodes. Those that were opened with it don't either, and say nothing more. */
  unassigned(now: number): void {
    if (this.#size === undefined || now < this.#halvedMs + this.slowMs) return
    this.#halvedMs = now
    this.#size = Math.max(1, this.#size >>> 1)
  }
}
