/** One line on a terminal that says how far it is and how long it will take; nothing elsewhere. */
export interface Progress {
  step(done: number, failed: number): void
  end(): void
}

export function createProgress(total: number, what: string): Progress {
  const startedAt = performance.now()
  const write = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  }
  return {
    step(done, failed) {
      const leftMs = ((performance.now() - startedAt) / done) * Math.max(0, total - done)
      write(`${what}: ${done} of ${total}, ${failed} failed, about ${Math.ceil(leftMs / 1_000)} s left`)
    },
    end: () => write(''),
  }
}
