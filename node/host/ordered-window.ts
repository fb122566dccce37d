/** Items under way at once: enough to keep every core's thread in work while others are handled. */
export const WINDOW_ITEMS = 64
/** What they may hold: a few of the largest frames. */
export const WINDOW_BYTES = 4_194_304

/** Things that become ready in any order and are taken in the order in which they were pushed. */
export class OrderedWindow<T> {
  readonly #take: (item: T) => void
  readonly #emptied: () => void
  readonly #done: Promise<void>[] = []
  #bytes = 0
  #last: Promise<void> = Promise.resolve()

  /** `emptied` is called whenever nothing is under way any more. */
  constructor(take: (item: T) => void, emptied: () => void) {
    this.#take = take
    this.#emptied = emptied
  }

  /**
   * `ready` must not reject. Yields nothing while there is room for more, else a promise that resolves when half
   * of what is under way has been taken.
   */
  push(ready: Promise<T>, bytes: number): Promise<void> | undefined {
    this.#bytes += bytes
    const taken = this.#inTurn(ready, bytes, this.#last)
    this.#last = taken
    this.#done.push(taken)
    const isFull = this.#done.length >= WINDOW_ITEMS || this.#bytes >= WINDOW_BYTES
    return isFull ? this.#done[Math.floor(this.#done.length / 2)] : undefined
  }

  async #inTurn(ready: Promise<T>, bytes: number, before: Promise<void>): Promise<void> {
    const item = await ready
    await before
    void this.#done.shift()
    this.#bytes -= bytes
    this.#take(item)
    if (this.#done.length === 0) this.#emptied()
  }
}
