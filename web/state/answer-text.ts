import { createSignal } from 'solid-js'
import { isAnswerMessage } from './messages.ts'

/** An answer while it is made. */
export interface AnswerText {
  readonly text: string
  /** Who gives it: the node elected, or its standby of this rank. */
  readonly rank: number
  /** Whether somebody else gave a text before, which is gone. */
  readonly wasReset: boolean
}

const NOTHING: AnswerText = { text: '', rank: 0, wasReset: false }

/** What is known after one more message; anything else than one about an answer changes nothing. */
export function answerAfter(before: AnswerText, message: unknown): AnswerText {
  if (!isAnswerMessage(message)) return before
  const { rank } = message
  if (message.type === 'reset') return { text: '', rank, wasReset: true }
  return { ...before, rank, text: before.text.slice(0, message.at) + message.text }
}

/** Gathers what a job's socket says of an answer. */
export function createAnswerText() {
  const [answer, setAnswer] = createSignal(NOTHING)
  return {
    answer: {
      get text() {
        return answer().text
      },
      get rank() {
        return answer().rank
      },
      get wasReset() {
        return answer().wasReset
      },
    } satisfies AnswerText,
    take: (message: unknown) => setAnswer((before) => answerAfter(before, message)),
    clear: () => setAnswer(NOTHING),
  }
}
