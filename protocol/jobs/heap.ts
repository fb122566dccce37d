/** A binary heap: takes any, gives the first. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  push(item: T): void {
    let at = this.#items.length
    while (at > 0) {
      const parentAt = (at - 1) >>> 1
      const parent = this.#items[parentAt]
      if (parent === undefined || !this.#isBefore(item, parent)) break
      this.#items[at] = parent
      at = parentAt
    }
    this.#items[at] = item
  }

  pop(): T | undefined {
    const [first] = this.#items
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return first
  }

  /** Finds the place of an item from the top on. */
  #sink(item: T): void {
    let at = 0
    for (;;) {
      const childAt = this.#firstChild(at)
      const child = this.#items[childAt]
      if (child === undefined || !this.#isBefore(child, item)) break
      this.#items[at] = child
      at = childAt
    }
    this.#items[at] = item
  }

  #firstChild(at: number): number {
    const left = 2 * at + 1
    const [a, b] = [this.#items[left], this.#items[left + 1]]
    return a !== undefined && b !== undefined && this.#isBefore(b, a) ? left + 1 : left
  }
}
