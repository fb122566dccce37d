import type { JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'

/** Messages kept for one job: every bid, or every commit, seal and reveal of an attempt. */
const EARLY_PER_JOB = 128
/** Jobs with early messages; the oldest is forgotten first, since its messages are sent again anyway. */
const EARLY_JOBS = LIMITS.openJobs / 4

/** Messages about a job, or an attempt, that this peer hasn't heard of yet: streams and gossip race. */
export class EarlyMessages<M> {
  readonly #held = new Map<JobId, M[]>()

  keep(job: JobId, message: M): void {
    const held = this.#held.get(job) ?? []
    if (held.length < EARLY_PER_JOB) held.push(message)
    this.#held.delete(job)
    this.#held.set(job, held)
    const oldest = this.#held.keys().next().value
    if (this.#held.size > EARLY_JOBS && oldest !== undefined) this.#held.delete(oldest)
  }

  take(job: JobId): readonly M[] {
    const held = this.#held.get(job) ?? []
    this.#held.delete(job)
    return held
  }
}
