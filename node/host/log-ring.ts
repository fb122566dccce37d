/** Enough to see what a peer did lately; the whole log is wherever standard error goes. */
const LINES_MAX = 1_000
const LINE_CHARACTERS_MAX = 8_192
const CHARACTERS_MAX = 1_048_576

export interface LoggedLine {
  /** Since the process started, from 1 on. */
  readonly number: number
  /** One JSON object, as the logger wrote it; a longer line than the ring takes is left out but for its number. */
  readonly text: string | undefined
}

export interface LogPage {
  readonly lines: readonly LoggedLine[]
  readonly last: number
  readonly missed: number
}

/** The newest lines of this process's log, bounded in lines and characters; a destination for the logger. */
export class LogRing {
  #lines: LoggedLine[] = []
  #characters = 0
  #last = 0
  #closed = false
  readonly #waiting = new Set<() => void>()

  write(text: string): void {
    this.#last += 1
    const kept = text.length > LINE_CHARACTERS_MAX ? undefined : text
    this.#lines.push({ number: this.#last, text: kept })
    this.#characters += kept?.length ?? 0
    while (this.#lines.length > LINES_MAX || this.#characters > CHARACTERS_MAX) {
      this.#characters -= this.#lines.shift()?.text?.length ?? 0
    }
    this.#wake()
  }

  /** The newest `limit` lines, of those after `after` if that is given. */
  read({ limit, after = 0 }: { readonly limit: number; readonly after?: number | undefined }): LogPage {
    const first = this.#lines[0]?.number ?? this.#last + 1
    const following = this.#lines.filter(({ number }) => number > after)
    return {
      lines: following.slice(-limit),
      last: this.#last,
      missed: after === 0 ? 0 : Math.max(0, first - after - 1),
    }
  }

  /** Resolves once there is a line after `after`, the time is over or the ring is closed. */
  async waitFor(after: number, forMs: number): Promise<void> {
    if (this.#last > after || this.#closed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, forMs)
    this.#waiting.add(resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }

  /** Nobody is kept waiting any more. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}
