import { VERIFICATION_LIMITS } from './limits.ts'

/** Where two token streams differ: `[aStart, aEnd)` of one stands against `[bStart, bEnd)` of the other. */
export interface Hunk {
  readonly aStart: number
  readonly aEnd: number
  readonly bStart: number
  readonly bEnd: number
}

/** What alignment may still cost; it is shared by the texts inside one pair of JSON answers. */
export interface AlignmentBudget {
  steps: number
}

/**
 * Shortest edit script of two token streams (Myers 1986, greedy, after common ends are trimmed) as hunks in
 * order. Undefined when the streams are more than `edits` tokens apart or the steps are used up: then nothing is
 * said about edits, so a longer answer never agrees more easily.
 */
export function align(a: Int32Array, b: Int32Array, budget: AlignmentBudget): Hunk[] | undefined {
  const head = commonHead(a, b)
  const tail = commonTail(a, b, head)
  const script = new EditScript(a.subarray(head, a.length - tail), b.subarray(head, b.length - tail), budget)
  return script.hunks()?.map((hunk) => ({
    aStart: hunk.aStart + head,
    aEnd: hunk.aEnd + head,
    bStart: hunk.bStart + head,
    bEnd: hunk.bEnd + head,
  }))
}

function commonHead(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length)
  let at = 0
  while (at < most && a[at] === b[at]) at += 1
  return at
}

function commonTail(a: Int32Array, b: Int32Array, head: number): number {
  const most = Math.min(a.length, b.length) - head
  let count = 0
  while (count < most && a[a.length - 1 - count] === b[b.length - 1 - count]) count += 1
  return count
}

class EditScript {
  readonly #a: Int32Array
  readonly #b: Int32Array
  readonly #budget: AlignmentBudget
  /** Furthest x on each diagonal after each number of edits; diagonal k of row d is at index k + d. */
  readonly #rows: Int32Array[] = []

  constructor(a: Int32Array, b: Int32Array, budget: AlignmentBudget) {
    this.#a = a
    this.#b = b
    this.#budget = budget
  }

  hunks(): Hunk[] | undefined {
    const edits = this.#search()
    return edits === undefined ? undefined : this.#trace(edits)
  }

  #search(): number | undefined {
    const goal = this.#a.length - this.#b.length
    for (let edits = 0; edits <= VERIFICATION_LIMITS.edits; edits += 1) {
      const row = new Int32Array(2 * edits + 1)
      for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
        if (this.#budget.steps <= 0) return undefined
        const x = this.#slide(this.#start(edits, diagonal), diagonal)
        row[diagonal + edits] = x
        if (diagonal === goal && x >= this.#a.length) {
          this.#rows.push(row)
          return edits
        }
      }
      this.#rows.push(row)
    }
    return undefined
  }

  /** Where a diagonal is entered: from the one above by an insertion, or from the one below by a deletion. */
  #start(edits: number, diagonal: number): number {
    if (edits === 0) return 0
    return this.#inserts(edits, diagonal)
      ? this.#reach(edits - 1, diagonal + 1)
      : this.#reach(edits - 1, diagonal - 1) + 1
  }

  #inserts(edits: number, diagonal: number): boolean {
    if (diagonal === -edits) return true
    return diagonal !== edits && this.#reach(edits - 1, diagonal - 1) < this.#reach(edits - 1, diagonal + 1)
  }

  #reach(edits: number, diagonal: number): number {
    return this.#rows[edits]?.[diagonal + edits] ?? 0
  }

  #slide(from: number, diagonal: number): number {
    let x = from
    while (
      x < this.#a.length &&
      x - diagonal < this.#b.length &&
      x >= 0 &&
      this.#a[x] === this.#b[x - diagonal]
    )
      x += 1
    this.#budget.steps -= x - from + 1
    return x
  }

  #trace(found: number): Hunk[] {
    const hunks: Hunk[] = []
    let x = this.#a.length
    let diagonal = x - this.#b.length
    for (let edits = found; edits > 0; edits -= 1) {
      const inserts = this.#inserts(edits, diagonal)
      const entry = this.#start(edits, diagonal)
      const edit = inserts
        ? { aStart: entry, aEnd: entry, bStart: entry - diagonal - 1, bEnd: entry - diagonal }
        : { aStart: entry - 1, aEnd: entry, bStart: entry - diagonal, bEnd: entry - diagonal }
      prepend(hunks, edit)
      diagonal += inserts ? 1 : -1
      x = inserts ? entry : entry - 1
    }
    return hunks.reverse()
  }
}

/** Edits arrive last first; those that touch are one hunk. */
function prepend(hunks: Hunk[], edit: Hunk): void {
  const next = hunks.at(-1)
  if (next === undefined || next.aStart !== edit.aEnd || next.bStart !== edit.bEnd) hunks.push(edit)
  else hunks[hunks.length - 1] = { ...next, aStart: edit.aStart, bStart: edit.bStart }
}
