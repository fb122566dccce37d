import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, nullable, oneOf, struct, uint } from '../encoding/codec.ts'
import type { Digest, JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { jobLeaf } from '../sync/leaves.ts'
import type { StateDigest } from '../sync/state-digest.ts'

const endCodec = nullable(oneOf('completed', 'unresolved', 'void'))
const headCodec = struct({ step: uint(LIMITS.steps), value: digest(), chain: digest(), end: endCodec })

export interface JobHead {
  readonly step: number
  readonly value: Digest
  /** `chainedValue` of all its decisions. */
  readonly chain: Digest
  /** How the job ended; null while it goes on. */
  readonly end: 'completed' | 'unresolved' | 'void' | null
}

/** Newest decision of every job ever heard of: what sync compares and what makes a job settle only once. */
export class JobHeads {
  readonly #digest: StateDigest
  readonly #heads = new Map<JobId, JobHead>()
  readonly #ends = { completed: 0, unresolved: 0, void: 0 }

  constructor(stateDigest: StateDigest) {
    this.#digest = stateDigest
  }

  get(job: JobId): JobHead | undefined {
    return this.#heads.get(job)
  }

  set(out: Outbox, job: JobId, head: JobHead): void {
    this.#take(job, head)
    out.write(keys.jobHead(job), encodeBody(headCodec, head))
  }

  restore(record: StoredRecord): void {
    if (!record.key.startsWith(PREFIXES.jobHead)) return
    this.#take(
      record.key.slice(PREFIXES.jobHead.length) as JobId,
      decodeRecord(headCodec, record.value, record.key),
    )
  }

  ends(): Readonly<Record<'completed' | 'unresolved' | 'void', number>> {
    return { ...this.#ends }
  }

  #take(job: JobId, head: JobHead): void {
    this.#heads.set(job, head)
    this.#digest.set(job, jobLeaf(head.step, head.chain))
    if (head.end !== null) this.#ends[head.end] += 1
  }
}
