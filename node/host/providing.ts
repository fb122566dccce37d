import type { Digest, JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'

interface ProvidingOptions {
  readonly subscribe: (listener: (job: string | null) => void) => () => void
  readonly isOpen: (job: JobId) => boolean
  readonly record: (job: JobId) => Promise<JobRecord | undefined>
  readonly holds: (body: Digest, job: JobId) => Promise<boolean>
  readonly provide: (body: Digest) => void
  readonly failed: (error: unknown) => void
}

/**
 * Tells the hash table which answers of public jobs are held here, once a job is over: from then on any member may
 * have them, and these are the peers that the job's record doesn't name. Prompts aren't told: all who hold one are
 * elected, so whoever needs it knows them. Nothing waits for it; the answer ends it.
 *
 * A record lives for an hour, the body for a day, and none is told anew. Of a swarm's busiest day a peer holds more than a
 * million answers, and can tell of 7,000 an hour (`network/limits`): told over and over, the old ones would leave no room
 * for those of the last minutes, which most readers want. After the hour whoever wants one asks those whom the record of
 * the job names, and the witnesses, as everybody did before.
 */
export function provideAnswers(options: ProvidingOptions): () => void {
  const { subscribe, isOpen, record, holds, provide, failed } = options
  async function tell(job: JobId): Promise<void> {
    const closed = await record(job)
    if (closed?.spec.visibility !== 'public') return
    const answers = closed.result?.replicas.flatMap(({ answer }) => answer?.digest ?? []) ?? []
    for (const answer of new Set(answers)) if (await holds(answer, job)) provide(answer)
  }
  let isEnded = false
  const unsubscribe = subscribe((job) => {
    if (job === null || isOpen(job as JobId)) return
    // The store may be closed while one is still being told.
    tell(job as JobId).catch((error: unknown) => void (isEnded || failed(error)))
  })
  return () => {
    isEnded = true
    unsubscribe()
  }
}
