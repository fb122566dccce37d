import type { Digest } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Pieces } from './pieces.ts'
import type { NextTable } from './table.ts'

const TIMER = 'trust/fold'

/** Values in work or kept: one of each round that is judged, and the one decided. The oldest makes room. */
const FOLDINGS_MAX = 4

interface Folding {
  readonly pieces: Pieces<NextTable>
  next: NextTable | undefined
}

/**
 * Tables that values make of the newest one, worked out a piece an event, so that no event waits for a full
 * snapshot's fold. Nothing of it is kept over a restart: whoever still needs one asks again.
 */
export class Foldings {
  readonly #foldings = new Map<Digest, Folding>()
  readonly #done: (out: Outbox) => void

  /** `done` is called when a folding that took more than one event has ended. */
  constructor(done: (out: Outbox) => void) {
    this.#done = done
  }

  /** What a value makes of the table; begins to work on it where nobody has, undefined while that goes on. */
  of(out: Outbox, value: Digest, begin: () => Pieces<NextTable>): NextTable | undefined {
    const known = this.#foldings.get(value)
    if (known !== undefined) return known.next
    const folding: Folding = { pieces: begin(), next: undefined }
    this.#foldings.set(value, folding)
    const [oldest] = this.#foldings.keys()
    if (this.#foldings.size > FOLDINGS_MAX && oldest !== undefined) this.#foldings.delete(oldest)
    // What fits an event is done at once: so a peer that catches up with many small snapshots needs no others.
    if (!advance(folding)) out.timer(TIMER, 0)
    return folding.next
  }

  /** The table has changed: nothing builds on the one before any more. */
  clear(out: Outbox): void {
    this.#foldings.clear()
    out.cancelTimer(TIMER)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== TIMER) return false
    const inWork = [...this.#foldings.values()].filter(({ next }) => next === undefined)
    const [first] = inWork
    if (first === undefined) return true
    const isDone = advance(first)
    if (!isDone || inWork.length > 1) out.timer(TIMER, 0)
    if (isDone) this.#done(out)
    return true
  }
}

/** Does one piece; true when it was the last. */
function advance(folding: Folding): boolean {
  const step = folding.pieces.next()
  if (step.done === true) folding.next = step.value
  return step.done === true
}
