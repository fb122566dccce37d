import type { Job } from '../../protocol/api/job-schema.ts'
import { client } from './client.ts'
import { isJobMessage, numbered } from './messages.ts'
import { createWatch, type Watched } from './watch.ts'

/** Follows one job; another id starts anew. */
export function createJobWatch(id: () => string): Watched<Job> {
  return createWatch<Job>(() => {
    const job = id()
    return {
      url: client.socketUrl('watchJob', { id: job }),
      read: (message) => (isJobMessage(message) ? numbered(message, message.job) : undefined),
      fetch: (signal) => client.getJob({ params: { id: job } }, { signal }),
    }
  })
}
