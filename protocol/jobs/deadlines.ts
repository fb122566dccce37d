import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { struct, uint } from '../encoding/codec.ts'
import type { JobId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'

const TIMER = 'job/deadline/'
/** A job that isn't in the book so long after its deadline never will be: its entry lost its place in a fork. */
const GIVEN_UP_MS = 86_400_000
const deadlineCodec = struct({ atMs: uint() })

interface Options {
  /** Whether a job was decided for good. */
  readonly isOver: (job: JobId) => boolean
  /** Cancels a job; false while this peer doesn't know it well enough to. */
  readonly cancel: (out: Outbox, job: JobId) => boolean
}

/**
 * When the owner of this peer wants an answer no more. A deadline is the payer's own business: its peer signs the cancel when
 * the time has come, and no rule of anybody else reads a clock. It is in the batch of the entry that opens the job, so
 * an accepted job has its deadline after a crash, too; one that passed meanwhile takes effect at the next start.
 */
export class Deadlines {
  readonly #options: Options
  readonly #atMs = new Map<JobId, number>()

  constructor(options: Options) {
    this.#options = options
  }

  restore({ key, value }: StoredRecord): void {
    if (!key.startsWith(PREFIXES.deadline)) return
    const job = key.slice(PREFIXES.deadline.length) as JobId
    this.#atMs.set(job, decodeRecord(deadlineCodec, value, key).atMs)
  }

  start(out: Outbox): void {
    for (const job of this.#atMs.keys()) {
      if (this.#options.isOver(job)) this.forget(out, job)
      else this.#arm(out, job)
    }
  }

  set(out: Outbox, job: JobId, atMs: number): void {
    this.#atMs.set(job, atMs)
    out.write(keys.deadline(job), encodeBody(deadlineCodec, { atMs }))
    this.#arm(out, job)
  }

  /** The job is over, or cancelled. */
  forget(out: Outbox, job: JobId): void {
    if (!this.#atMs.delete(job)) return
    out.cancelTimer(`${TIMER}${job}`)
    out.write(keys.deadline(job), null)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (!id.startsWith(TIMER)) return false
    const job = id.slice(TIMER.length) as JobId
    const atMs = this.#atMs.get(job)
    if (atMs === undefined) return true
    if (this.#options.isOver(job)) this.forget(out, job)
    else if (out.now < atMs) this.#arm(out, job)
    else if (this.#options.cancel(out, job)) this.forget(out, job)
    else if (out.now < atMs + GIVEN_UP_MS) out.timer(id, TIMES.retryMsMax)
    else this.forget(out, job)
    return true
  }

  #arm(out: Outbox, job: JobId): void {
    const atMs = this.#atMs.get(job) ?? out.now
    out.timer(`${TIMER}${job}`, Math.max(0, atMs - out.now))
  }
}
