import { LIMITS } from '../../protocol/params.ts'
import type { JobId } from '../../protocol/ids.ts'

/** The end of an answer that is held back is at least so long, and at least what the model gave last. */
export const HELD_BYTES_MIN = 32

const encoder = new TextEncoder()

/** The answer of one run while it is made. It is kept once, whoever reads: each reader has a place in it and no more. */
class Answer {
  readonly step: number
  #text = new Uint8Array(LIMITS.answerBytes)
  #length = 0
  /** Where the text ends that may be shown. */
  #shown = 0
  /** Where the pieces begin that may not be shown yet. */
  #held: number[] = []
  /** Half of a character, whose other half is in the next piece. */
  #half = ''
  #isReleased = false
  #isOver = false
  #changed = Promise.withResolvers<void>()

  constructor(step: number) {
    this.step = step
  }

  /** What passes the limit of answers is dropped: such a run fails. */
  append(piece: string): void {
    const text = this.#half + piece
    this.#half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : ''
    const bytes = encoder.encode(this.#half === '' ? text : text.slice(0, -1))
    if (bytes.length === 0 || this.#length + bytes.length > this.#text.length) return
    this.#text.set(bytes, this.#length)
    this.#held.push(this.#length)
    this.#length += bytes.length
    this.#show()
  }

  /** The run has ended, and nothing is added; what is held back of a whole answer waits for its release. */
  end(isWhole: boolean): void {
    this.#text = this.#text.slice(0, this.#length)
    if (isWhole) this.#show()
    else this.close()
  }

  release(): void {
    this.#isReleased = true
    this.#show()
    this.close()
  }

  /** Nothing more is shown of it. */
  close(): void {
    this.#isOver = true
    this.#wake()
  }

  /** From the beginning; ends where nothing more comes. A reader takes the next piece when it likes. */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    // A reader that goes wakes all; a promise of its own would hold something of every piece until it does.
    const onAbort = (): void => this.#wake()
    signal.addEventListener('abort', onAbort)
    try {
      for (let at = 0; !signal.aborted; ) {
        const { promise } = this.#changed
        if (at < this.#shown) {
          const piece = this.#text.slice(at, this.#shown)
          at += piece.length
          yield piece
        } else if (this.#isOver) return
        else await promise
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #show(): void {
    if (this.#isReleased) this.#shown = this.#length
    for (let [next] = this.#held; next !== undefined; [next] = this.#held) {
      if (this.#length - next < HELD_BYTES_MIN) break
      this.#shown = Math.max(this.#shown, next)
      this.#held = this.#held.slice(1)
    }
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}

/**
 * Answers to be shown while they are made here. Their last piece is held back until q witnesses have the commit (6.12):
 * whoever is shown an answer could otherwise pass it to a replica of its own, which would commit to it before them.
 *
 * A run under way takes a limit's size, and one that has ended its own until its attempt does: so it is bounded by the jobs that
 * this node was elected for and that aren't over. Nothing of it is in a log, and nothing survives a restart.
 */
export class TokenStreams {
  readonly #answers = new Map<JobId, Answer>()

  /** A run begins, or begins anew. */
  begin(job: JobId, step: number): Pick<Answer, 'append' | 'end'> {
    this.drop(job)
    const answer = new Answer(step)
    this.#answers.set(job, answer)
    return answer
  }

  release(job: JobId, step: number): void {
    const answer = this.#answers.get(job)
    if (answer?.step === step) answer.release()
  }

  /** The job is over here, or its run isn't wanted any more. */
  drop(job: JobId): void {
    this.#answers.get(job)?.close()
    this.#answers.delete(job)
  }

  /** undefined where no run of this job's first slot is shown here. */
  read(job: JobId, signal: AbortSignal): AsyncIterable<Uint8Array> | undefined {
    return this.#answers.get(job)?.read(signal)
  }
}
