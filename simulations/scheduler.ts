/** Something that will happen; `cancel` after it happened does nothing. */
export interface Task {
  cancel(): void
}

/**
 * Virtual time in whole milliseconds. What is due at the same time happens in the order in which it was
 * scheduled, so a run is a function of its inputs alone.
 */
export interface Scheduler {
  readonly now: number
  after(delayMs: number, action: () => void): Task
  /** Lets the next thing happen; false when nothing is left. */
  step(): boolean
}

interface Entry {
  readonly atMs: number
  readonly order: number
  action: (() => void) | undefined
}

export function createScheduler(): Scheduler {
  const heap = new EntryHeap()
  let now = 0
  let order = 0
  return {
    get now() {
      return now
    },
    after(delayMs, action) {
      if (!Number.isSafeInteger(delayMs) || delayMs < 0) throw new RangeError(`delay of ${delayMs} ms`)
      order += 1
      const entry: Entry = { atMs: now + delayMs, order, action }
      heap.push(entry)
      return {
        cancel: () => {
          entry.action = undefined
        },
      }
    },
    step() {
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
        const { action } = entry
        if (action === undefined) continue
        entry.action = undefined
        now = entry.atMs
        action()
        return true
      }
      return false
    },
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs
}

/** A binary heap, the earliest entry first. */
class EntryHeap {
  readonly #entries: Entry[] = []

  push(entry: Entry): void {
    let at = this.#entries.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.#entries[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      this.#entries[at] = parent
      at = above
    }
    this.#entries[at] = entry
  }

  pop(): Entry | undefined {
    const first = this.#entries[0]
    const last = this.#entries.pop()
    if (last !== undefined && this.#entries.length > 0) this.#sink(last)
    return first
  }

  #sink(entry: Entry): void {
    let at = 0
    for (;;) {
      const below = this.#earlierChild(at)
      const child = this.#entries[below]
      if (child === undefined || !isBefore(child, entry)) break
      this.#entries[at] = child
      at = below
    }
    this.#entries[at] = entry
  }

  #earlierChild(at: number): number {
    const left = this.#entries[2 * at + 1]
    const right = this.#entries[2 * at + 2]
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1
  }
}
