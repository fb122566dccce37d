/** Work of one event, about microseconds: a snapshot of a thousand closes takes dozens of such pieces. */
const PIECE_UNITS = 500

/** Work in pieces: yields whenever one event has done enough, and returns what came out. */
export type Pieces<T> = Generator<undefined, T>

/** Counts the work of a piece. */
export class Effort {
  #spent = 0

  /** Whether the piece is to end after so much more work. */
  spend(units: number): boolean {
    this.#spent += units
    if (this.#spent < PIECE_UNITS) return false
    this.#spent = 0
    return true
  }
}
