import { createInterface } from 'node:readline'
import { shownText } from './terminal-text.ts'

/** Whether a person can be asked here. */
export function isTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** What a person answers; empty when they end the input or interrupt. */
export function ask(question: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  reader.once('close', () => resolve(''))
  reader.once('SIGINT', () => reader.close())
  reader.question(shownText(question), (answer) => {
    resolve(answer.trim())
    reader.close()
  })
  return promise
}
