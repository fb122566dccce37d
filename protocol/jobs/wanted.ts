import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, list, nullable, peerId, struct, uint } from '../encoding/codec.ts'
import type { BlobRef, Digest, JobId, PeerId } from '../ids.ts'
import { LIMITS, RETENTION, TIMES } from '../params.ts'
import type { Event } from '../peer/event.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { JobContext } from './context.ts'
import { writeHolding } from './holdings.ts'
import { blobRef } from './spec.ts'
import type { JobResult } from './value.ts'

const PURPOSE = 'wanted'
const TIMER = 'job/wanted'

const wantedCodec = struct({
  untilMs: uint(),
  /** Whose witnesses closed the job; null where a program of version 4 didn't write it down. */
  epoch: nullable(uint()),
  answers: list(struct({ answer: blobRef, author: peerId }), { max: LIMITS.slots }),
})

interface Wanted extends Pick<Infer<typeof wantedCodec>, 'untilMs' | 'epoch'> {
  /** Answers that aren't on this peer's disk yet, and who gave them. */
  readonly answers: Map<Digest, { readonly answer: BlobRef; readonly author: PeerId }>
  /** Fetches under way. */
  asked: number
  pauseMs: number
  nextMs: number
}

/**
 * The answers of jobs that this peer's account paid for. Once a close is applied, however late, they are brought here
 * and synced: from those who judged them, from their authors, and as the last resort from whoever the hash table
 * names. What is wanted is in the batch of the close, so neither a crash nor a day's absence loses it; it is given up
 * when nobody has to hold it any more. No decision waits for any of it.
 */
export class WantedAnswers {
  readonly #context: JobContext
  readonly #wanted = new Map<JobId, Wanted>()

  constructor(context: JobContext) {
    this.#context = context
  }

  restore({ key, value }: StoredRecord): void {
    if (!key.startsWith(PREFIXES.wanted)) return
    const wanted = wantedOf(decodeRecord(wantedCodec, value, key))
    this.#wanted.set(key.slice(PREFIXES.wanted.length) as JobId, wanted)
  }

  start(out: Outbox): void {
    this.#ask(out)
  }

  /** How many jobs' answers are still asked for. */
  get size(): number {
    return this.#wanted.size
  }

  /** `epoch`: the one that closed the job; its witnesses judged the answers, and hold them for a day. */
  want(out: Outbox, job: JobId, { replicas }: JobResult, epoch: number): void {
    const answers = replicas.flatMap(({ answer, peer }) =>
      answer === null ? [] : [{ answer, author: peer }],
    )
    if (answers.length === 0) return
    const [oldest] = this.#wanted.keys()
    if (this.#wanted.size >= RETENTION.wantedJobs && oldest !== undefined) this.#forget(out, oldest)
    this.#wanted.set(job, wantedOf({ untilMs: out.now + RETENTION.bodiesMs, epoch, answers }))
    this.#write(out, job)
    this.#ask(out)
  }

  onFetched(out: Outbox, { token, blob, ok }: Extract<Event, { type: 'fetched' }>): boolean {
    const [purpose, job] = token.split('/') as [string, JobId | undefined]
    if (purpose !== PURPOSE) return false
    const wanted = job === undefined ? undefined : this.#wanted.get(job)
    if (job === undefined || wanted === undefined) return true
    wanted.asked -= 1
    if (ok && wanted.answers.delete(blob.digest)) {
      writeHolding(out, blob, { job, what: 'answer', own: true })
      out.notify(job)
      if (wanted.answers.size === 0) this.#forget(out, job)
      else this.#write(out, job)
    }
    if (wanted.asked === 0) this.#ask(out)
    return true
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== TIMER) return false
    this.#ask(out)
    return true
  }

  /** Asks for what is due, a few jobs at a time, and looks again when the next is. */
  #ask(out: Outbox): void {
    const isUnderWay = ({ asked, untilMs }: Wanted) => asked > 0 && out.now < untilMs
    let asking = [...this.#wanted.values()].filter(isUnderWay).length
    let nextMs = Number.POSITIVE_INFINITY
    for (const [job, wanted] of this.#wanted) {
      if (out.now >= wanted.untilMs) this.#forget(out, job)
      else if (wanted.asked > 0) continue
      else if (wanted.nextMs > out.now) nextMs = Math.min(nextMs, wanted.nextMs)
      else if (asking < RETENTION.wantedAtOnce) {
        asking += 1
        this.#fetch(out, job, wanted)
      }
    }
    // What found no place is asked for when one of those under way is answered.
    if (Number.isFinite(nextMs)) out.timer(TIMER, nextMs - out.now)
  }

  #fetch(out: Outbox, job: JobId, wanted: Wanted): void {
    wanted.asked = wanted.answers.size
    wanted.nextMs = out.now + wanted.pauseMs
    wanted.pauseMs = Math.min(2 * wanted.pauseMs, RETENTION.wantedMsMax)
    const { signer } = this.#context
    const judges = this.#judges(wanted)
    for (const { answer, author } of wanted.answers.values()) {
      const from = [...new Set([...judges, author])].filter((peer) => peer !== signer.id)
      const token = `${PURPOSE}/${job}/${answer.digest}`
      out.emit({ type: 'fetch', token, job, blob: answer, from, care: 'keep' })
    }
  }

  /** Those who closed the job, whether they still witness or not; today's may have judged it as well, or asked for it. */
  #judges({ epoch }: Wanted): readonly PeerId[] {
    const { roster } = this.#context
    const closing = epoch === null ? undefined : roster.epochOf(epoch)
    return [...(closing?.witnesses ?? []), ...roster.epoch.witnesses]
  }

  #write(out: Outbox, job: JobId): void {
    const wanted = this.#wanted.get(job)
    if (wanted === undefined) return
    const { untilMs, epoch } = wanted
    const answers = [...wanted.answers.values()]
    out.write(keys.wanted(job), encodeBody(wantedCodec, { untilMs, epoch, answers }))
  }

  #forget(out: Outbox, job: JobId): void {
    this.#wanted.delete(job)
    out.write(keys.wanted(job), null)
  }
}

function wantedOf({ untilMs, epoch, answers }: Infer<typeof wantedCodec>): Wanted {
  const named = new Map(answers.map((one) => [one.answer.digest, one]))
  return { untilMs, epoch, answers: named, asked: 0, pauseMs: TIMES.retryMs, nextMs: 0 }
}
