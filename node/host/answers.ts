import type { Unanswered } from '../api/backend.ts'

/** Commands that wait for their answer: each holds a request of this machine's owner. */
export const COMMANDS_MAX = 1_024

/** What a command is answered with; a refusal has a code and says why. */
type Result = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly detail: string }

interface Waiting<R> {
  readonly respond: (answer: R | Unanswered) => void
  /** The mind's answer, which waits for the log. */
  decided?: R
}

/** Commands of one sort on their way through the mind, by their numbers: each is answered once, whatever happens. */
export class Answers<R extends Result> {
  readonly #waiting = new Map<number, Waiting<R>>()
  #count = 0
  #isClosed = false

  /** Gives a command under a number of its own. */
  wait(give: (id: number) => void): Promise<R | Unanswered> {
    if (this.#isClosed || this.#waiting.size >= COMMANDS_MAX) {
      const detail = this.#isClosed ? 'this peer is stopping' : 'too many requests wait for an answer'
      return Promise.resolve({ ok: false, code: 'queue_full', detail })
    }
    const { promise, resolve } = Promise.withResolvers<R | Unanswered>()
    this.#count += 1
    this.#waiting.set(this.#count, { respond: resolve })
    give(this.#count)
    return promise
  }

  /** The mind has answered; the log hasn't synced yet what that relies on. */
  decide(id: number, result: R): void {
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) waiting.decided = result
  }

  respond(id: number, result: R): void {
    this.#waiting.get(id)?.respond(result)
    this.#waiting.delete(id)
  }

  close(): void {
    this.#isClosed = true
    for (const { respond, decided } of this.#waiting.values()) respond(answerAtEnd(decided))
    this.#waiting.clear()
  }
}

/** A command that the mind had not taken up is gone with it; what it had signed may still reach the disk. */
function answerAtEnd<R extends Result>(decided: R | undefined): R | Unanswered {
  if (decided === undefined) return { ok: false, code: 'queue_full', detail: 'this peer is stopping' }
  if (!decided.ok) return decided
  const detail =
    'this peer stops and cannot say whether what it signed is on disk; it may still be carried out'
  return { ok: false, code: 'outcome_unknown', detail }
}
