import type { Job } from '../../protocol/api/job-schema.ts'
import { isClosed } from './status.ts'

/**
 * Under which id a job goes on that its reader has seen open: it found no free node, and its submission waits again or is
 * another job by now. Whoever opens the page of a void job has come for that one, and is only told.
 */
export function followedTo(
  { id, status, continued_as: next }: Pick<Job, 'id' | 'status' | 'continued_as'>,
  seenOpen: string | undefined,
): string | undefined {
  return next !== null && isClosed(status) && seenOpen === id ? next : undefined
}
