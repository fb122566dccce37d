import type { Job } from '../../protocol/api/job-schema.ts'
import { client } from './client.ts'
import { isJobMessage, numbered } from './messages.ts'
import { createAnswerText, type AnswerText } from './answer-text.ts'
import { createWatch, type Watched } from './watch.ts'

/** Follows one job; another id starts anew. */
export function createJobWatch(id: () => string): {
  readonly job: Watched<Job>
  readonly answer: AnswerText
} {
  const { answer, take, clear } = createAnswerText()
  const watched = createWatch<Job>(() => {
    const job = id()
    clear()
    return {
      other: take,
      url: client.socketUrl('watchJob', { id: job }),
      read: (message) => (isJobMessage(message) ? numbered(message, message.job) : undefined),
      fetch: (signal) => client.getJob({ params: { id: job } }, { signal }),
    }
  })
  return { job: watched, answer }
}
