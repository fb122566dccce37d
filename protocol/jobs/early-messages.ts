import type { JobId, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'

/** Messages kept for one job: every bid, or every commit and seal of an attempt. */
const EARLY_PER_JOB = 128
/** Of them, from one connection: it sends a bid, a beacon, a receipt, a commit and a seal, each perhaps twice. */
const EARLY_PER_SENDER = 10
/** Jobs with early messages; the oldest is forgotten first, since its messages are sent again anyway. */
const EARLY_JOBS = LIMITS.openJobs / 4

interface Early<M> {
  readonly from: PeerId
  readonly message: M
}

/** Messages about a job, or an attempt, that this peer hasn't heard of yet: streams and gossip race. */
export class EarlyMessages<M> {
  readonly #held = new Map<JobId, Early<M>[]>()

  keep(job: JobId, from: PeerId, message: M): void {
    const held = this.#held.get(job) ?? []
    const ofSender = held.filter((early) => early.from === from).length
    if (held.length < EARLY_PER_JOB && ofSender < EARLY_PER_SENDER) held.push({ from, message })
    this.#held.delete(job)
    this.#held.set(job, held)
    const oldest = this.#held.keys().next().value
    if (this.#held.size > EARLY_JOBS && oldest !== undefined) this.#held.delete(oldest)
  }

  take(job: JobId): readonly M[] {
    const held = this.#held.get(job) ?? []
    this.#held.delete(job)
    return held.map(({ message }) => message)
  }
}
