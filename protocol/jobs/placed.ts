import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { JobId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { JobBook } from './job-book.ts'
import type { JobHeads } from './job-heads.ts'
import { isReturnOf, placedCodec, RETURNS_MAX, type Ticket } from './ticket.ts'
import { Window } from './window.ts'

/** A job that isn't assigned by then keeps no place: a fork may have left its entry behind, so that it never will be. */
const STUCK_MS = 6 * TIMES.assignMs
/** Nor is it looked at any more after a day, unless it is in the book. */
const FORGOTTEN_MS = 86_400_000

interface Place {
  readonly ticket: Ticket
  readonly signedMs: number
  isAssigned: boolean
}

export interface PlacedParts {
  readonly book: Pick<JobBook, 'get' | 'all'>
  readonly heads: () => Pick<JobHeads, 'get'>
}

/**
 * Jobs of this peer's owner that were opened and aren't over: what the window learns from, and what may come back to the
 * queue. A job that found no node because all were busy is void with all its money back, and its submission waits again
 * at its old place; the batch that writes the ticket takes this record away, so a crash leaves one of the two.
 */
export class Placed {
  readonly window = new Window()
  readonly #parts: PlacedParts
  readonly #places = new Map<JobId, Place>()

  constructor(parts: PlacedParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#places.size
  }

  restore({ key, value }: StoredRecord): void {
    if (!key.startsWith(PREFIXES.placed)) return
    const { name, ticket, signedMs } = decodeRecord(placedCodec, value, key)
    const job = key.slice(PREFIXES.placed.length) as JobId
    // What happened before says nothing of the room that there is now.
    this.#places.set(job, { ticket: { name, ...ticket }, signedMs, isAssigned: true })
  }

  /** In the batch of the entry that opens the job. */
  add(out: Outbox, job: JobId, { name, ...ticket }: Ticket): void {
    const signedMs = out.now
    this.#places.set(job, { ticket: { name, ...ticket }, signedMs, isAssigned: false })
    out.write(keys.placed(job), encodeBody(placedCodec, { name, ticket, signedMs }))
  }

  /** It never comes back: it is over, or its owner wants no more of it. */
  forget(out: Outbox, job: JobId): void {
    if (this.#places.delete(job)) out.write(keys.placed(job), null)
  }

  /** The job that was opened in place of one that found no node. */
  returnOf(job: JobId): JobId | undefined {
    for (const [next, { ticket }] of this.#places) if (isReturnOf(ticket, job)) return next
    return undefined
  }

  /** Jobs that nodes aren't done with. */
  inFlight(now: number): number {
    let count = 0
    for (const [job, place] of this.#places) if (this.#isInFlight(now, job, place)) count += 1
    return count
  }

  /** Looks at what became of them, and returns the submissions that are to wait again. */
  watch(out: Outbox): readonly { readonly job: JobId; readonly ticket: Ticket }[] {
    const returning: { readonly job: JobId; readonly ticket: Ticket }[] = []
    const inFlight = this.inFlight(out.now)
    for (const [job, place] of this.#places) {
      if (this.#isLost(out.now, job, place)) this.forget(out, job)
      else if (this.#end(job) === null) this.#learn(out.now, { job, place, inFlight })
      else {
        // Over before anybody looked: it was assigned as well.
        if (this.#end(job) !== 'void') this.#assigned(out.now, place, inFlight + 1)
        this.forget(out, job)
        if (this.#mayReturn(out.now, job, place.ticket)) returning.push({ job, ticket: place.ticket })
      }
    }
    return returning
  }

  #end(job: JobId) {
    return this.#parts.heads().get(job)?.end ?? null
  }

  #learn(
    now: number,
    about: { readonly job: JobId; readonly place: Place; readonly inFlight: number },
  ): void {
    const { job, place, inFlight } = about
    if (this.#parts.book.get(job)?.attempt !== undefined) this.#assigned(now, place, inFlight)
    else if (!place.isAssigned && now - place.signedMs > this.window.slowMs) this.window.unassigned(now)
  }

  #assigned(now: number, place: Place, inFlight: number): void {
    if (place.isAssigned) return
    place.isAssigned = true
    this.window.assigned(now - place.signedMs, inFlight)
  }

  /** Void before anybody was elected, and nodes were at work meanwhile: it wasn't the job's fault. */
  #mayReturn(now: number, job: JobId, { returns, deadlineMs }: Ticket): boolean {
    const { book, heads } = this.#parts
    const head = heads().get(job)
    if (head?.end !== 'void' || head.step !== 0) return false
    const isLate = deadlineMs !== null && deadlineMs <= now
    return returns < RETURNS_MAX && !isLate && [...book.all()].some(({ attempt }) => attempt !== undefined)
  }

  #isLost(now: number, job: JobId, { signedMs }: Place): boolean {
    return this.#end(job) === null && this.#parts.book.get(job) === undefined && now > signedMs + FORGOTTEN_MS
  }

  #isInFlight(now: number, job: JobId, { signedMs }: Place): boolean {
    if (this.#end(job) !== null) return false
    const open = this.#parts.book.get(job)
    // Signed, and on its way into the book.
    if (open?.attempt === undefined) return now < signedMs + STUCK_MS
    return open.record.slots.some(
      ({ state }) => state === 'assigned' || state === 'started' || state === 'failed',
    )
  }
}
