/** Items under way at once: enough to keep every core's thread in work while others are handled. */
export const WINDOW_ITEMS = 64
/** What they may hold: a few of the largest frames. */
export const WINDOW_BYTES = 4_194_304

/** What came of a thing under way: it is there, or it never will be and its place is given up. */
export type Outcome<T> = { readonly status: 'ready'; readonly item: T } | { readonly status: 'dropped' }

const DROPPED = { status: 'dropped' } as const

/**
 * Things that become ready in any order and are taken in the order in which they were pushed. One that fails costs
 * itself only: those behind it are taken as if it had never been pushed.
 */
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
   * Yields nothing while there is room for more, else a promise that resolves when half of what is under way has
   * been taken or dropped. A `ready` that rejects is dropped, one that never settles holds up what is behind it:
   * whoever makes it must end it (`crypto/verifier-threads`).
   */
  push(ready: Promise<Outcome<T>>, bytes: number): Promise<void> | undefined {
    this.#bytes += bytes
    const taken = this.#inTurn(ready, bytes, this.#last)
    this.#last = taken
    this.#done.push(taken)
    const isFull = this.#done.length >= WINDOW_ITEMS || this.#bytes >= WINDOW_BYTES
    return isFull ? this.#done[Math.floor(this.#done.length / 2)] : undefined
  }

  async #inTurn(ready: Promise<Outcome<T>>, bytes: number, before: Promise<void>): Promise<void> {
    const outcome = await ready.catch(() => DROPPED)
    await before
    void this.#done.shift()
    this.#bytes -= bytes
    if (outcome.status === 'ready') this.#take(outcome.item)
    if (this.#done.length === 0) this.#emptied()
  }
}
