import { shownText } from './terminal-text.ts'

/**
 * What is going on, on standard error. On a terminal each phase has one line, rewritten as it goes on; elsewhere
 * a phase is a plain line once it has begun.
 */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY
  #phase = ''
  #line = ''

  show(phase: string, detail = ''): void {
    const line = detail === '' ? phase : `${phase}: ${detail}`
    if (this.#isTerminal) this.#rewrite(phase, line)
    else if (phase !== this.#phase) process.stderr.write(`${shownText(phase)}\n`)
    this.#phase = phase
    this.#line = line
  }

  /** A line beside the phases. */
  note(text: string): void {
    this.done()
    process.stderr.write(`${shownText(text)}\n`)
  }

  /** Ends the line that is being rewritten. */
  done(): void {
    if (this.#isTerminal && this.#line !== '') process.stderr.write('\n')
    this.#phase = ''
    this.#line = ''
  }

  #rewrite(phase: string, line: string): void {
    if (phase !== this.#phase) this.done()
    if (line !== this.#line) process.stderr.write(`\r\u001b[K${shownText(line)}`)
  }
}
