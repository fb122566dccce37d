import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { struct, uint } from '../encoding/codec.ts'
import type { JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type Assigned, assignedCodec, type CloseFacts, closeFactsCodec } from './outcomes.ts'

const waitingCodec = struct({ appliedMs: uint(), facts: closeFactsCodec })

interface Waiting {
  /** When this peer applied the close. */
  readonly appliedMs: number
  readonly facts: CloseFacts
}

/**
 * Jobs on their way into a snapshot: assigned ones, and terminal ones that none has folded yet. Each is written
 * in the batch of the decision that made it. Assigned ones are as many as undecided escrows; a thousand
 * terminal ones make a snapshot due, so more wait only while a peer catches up with the swarm's snapshots.
 */
export class WaitingCloses {
  readonly #assigned = new Map<JobId, Assigned>()
  readonly #closes = new Map<JobId, Waiting>()
  /** When the oldest close was applied, and when there were enough for a full snapshot. */
  #sinceMs: number | undefined
  #fullMs: number | undefined
  #heard = 0

  get size(): number {
    return this.#closes.size
  }

  /** How many closes have begun to wait since the start. */
  get heard(): number {
    return this.#heard
  }

  /** When a snapshot has something to fold; undefined while nothing waits. */
  get sinceMs(): number | undefined {
    return this.#sinceMs
  }

  get fullMs(): number | undefined {
    return this.#fullMs
  }

  assigned(job: JobId): Assigned | undefined {
    return this.#assigned.get(job)
  }

  get(job: JobId): CloseFacts | undefined {
    return this.#closes.get(job)?.facts
  }

  assign(out: Outbox, job: JobId, assigned: Assigned): void {
    this.#assigned.set(job, assigned)
    out.write(keys.trustJob(job), encodeBody(assignedCodec, assigned))
  }

  /** The job is terminal; `facts` is undefined where nothing of it counts. */
  end(out: Outbox, job: JobId, facts: CloseFacts | undefined): void {
    if (this.#assigned.delete(job)) out.write(keys.trustJob(job), null)
    if (facts === undefined) return
    const waiting = { appliedMs: out.now, facts }
    this.#hold(waiting)
    out.write(keys.trustClose(job), encodeBody(waitingCodec, waiting))
  }

  folded(out: Outbox, jobs: readonly JobId[]): void {
    for (const job of jobs) {
      this.#closes.delete(job)
      out.write(keys.trustClose(job), null)
    }
    const times = [...this.#closes.values()].map(({ appliedMs }) => appliedMs)
    this.#sinceMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
    this.#fullMs = times.length >= LIMITS.closes ? out.now : undefined
  }

  /** The closes applied first, at most as many as a snapshot folds, by ascending id. */
  oldest(): readonly JobId[] {
    return [...this.#closes]
      .sort(([a, one], [b, other]) => one.appliedMs - other.appliedMs || (a < b ? -1 : 1))
      .slice(0, LIMITS.closes)
      .map(([job]) => job)
      .sort()
  }

  /** Closes applied at or before a time. */
  appliedBy(ms: number): readonly JobId[] {
    return [...this.#closes].filter(([, { appliedMs }]) => appliedMs <= ms).map(([job]) => job)
  }

  restore({ key, value }: StoredRecord): void {
    if (key.startsWith(PREFIXES.trustClose)) this.#hold(decodeRecord(waitingCodec, value, key))
    else if (key.startsWith(PREFIXES.trustJob)) {
      const job = key.slice(PREFIXES.trustJob.length) as JobId
      this.#assigned.set(job, decodeRecord(assignedCodec, value, key))
    }
  }

  #hold(waiting: Waiting): void {
    const { appliedMs, facts } = waiting
    this.#closes.set(facts.job, waiting)
    this.#heard += 1
    this.#sinceMs = Math.min(this.#sinceMs ?? appliedMs, appliedMs)
    if (this.#closes.size >= LIMITS.closes) this.#fullMs ??= appliedMs
  }
}
