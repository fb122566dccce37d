import type { JobId, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'

/** Messages kept for one job: every bid, or every commit and seal of an attempt. */
const EARLY_PER_JOB = 128
/** Of them, from one connection: it sends a bid, a beacon, a receipt, a commit and a seal, each perhaps twice. */
const EARLY_PER_SENDER = 10
/** Jobs with early messages; the oldest is forgotten first, since its messages are sent again anyway. */
const EARLY_JOBS = LIMITS.openJobs / 4
/**
 * Bytes of all of them, some 20 MiB once decoded: 16 KiB for each job, where an honest bid has 400 and a seal 3,000.
 * Without it a dozen members could fill every place with seals of 10 KiB each, more than a GiB.
 */
const EARLY_BYTES = 4_194_304

interface Early<M> {
  readonly from: PeerId
  readonly message: M
}

/** Messages about a job, or an attempt, that this peer hasn't heard of yet: streams and gossip race. */
export class EarlyMessages<M extends { readonly bytes: Uint8Array }> {
  readonly #held = new Map<JobId, Early<M>[]>()
  #bytes = 0

  keep(job: JobId, from: PeerId, message: M): void {
    const held = this.#held.get(job) ?? []
    const ofSender = held.filter((early) => early.from === from).length
    if (held.length < EARLY_PER_JOB && ofSender < EARLY_PER_SENDER) {
      held.push({ from, message })
      this.#bytes += message.bytes.length
    }
    this.#held.delete(job)
    this.#held.set(job, held)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= EARLY_JOBS && this.#bytes <= EARLY_BYTES) break
      this.take(oldest)
    }
  }

  take(job: JobId): readonly M[] {
    const held = this.#held.get(job) ?? []
    this.#held.delete(job)
    for (const { message } of held) this.#bytes -= message.bytes.length
    return held.map(({ message }) => message)
  }
}
