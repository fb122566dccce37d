import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { Digest, JobId, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { writeHolding } from './holdings.ts'
import { type OpenJob, openJobOf } from './open-job.ts'
import { openJobRecordCodec, recordOf } from './open-job-record.ts'
import { type JobRecord, jobRecordCodec, TIMELINE_MAX, type TimelineEvent } from './record.ts'

/** Closed jobs kept in memory until their records are surely written: what a busy swarm closes in two seconds. */
const LATELY_MAX = 64

/** Jobs that aren't terminal: in memory, and persisted whenever something is promised or shown. */
export class JobBook {
  readonly #self: PeerId
  readonly #open = new Map<JobId, OpenJob>()
  readonly #lately = new Map<JobId, JobRecord>()
  /** Jobs changed by the event that is being handled. */
  readonly #changed = new Set<OpenJob>()
  /** Jobs of which more is known than their records say. */
  readonly #ahead = new Set<OpenJob>()
  /** Called with a job that is dropped undecided, so that nothing of it stays behind elsewhere. */
  onDropped: (out: Outbox, open: OpenJob) => void = () => undefined

  constructor(self: PeerId) {
    this.#self = self
  }

  get(job: JobId): OpenJob | undefined {
    return this.#open.get(job)
  }

  all(): Iterable<OpenJob> {
    return this.#open.values()
  }

  /**
   * Takes a job up. A full book drops the oldest job whose `open` isn't certified: only such ones can be made
   * up for nothing. Undefined when every place is taken by real ones.
   */
  add(out: Outbox, record: JobRecord): OpenJob | undefined {
    if (this.#open.size >= LIMITS.openJobs) {
      const oldest = this.#mostOffered()
      if (oldest === undefined) return undefined
      this.#open.delete(oldest.job)
      this.#ahead.delete(oldest)
      out.write(keys.job(oldest.job), null)
      out.write(keys.body(oldest.record.spec.prompt.digest, oldest.job), null)
      out.write(keys.jobTime(oldest.record.heardMs, oldest.job), null)
      this.onDropped(out, oldest)
    }
    const open = openJobOf(record)
    this.#open.set(record.job, open)
    out.write(keys.jobTime(record.heardMs, record.job), new Uint8Array(0))
    // Whoever signed the `open` has put the prompt here; anybody else could have named a body that isn't theirs.
    const { job, account, spec } = record
    if (account === this.#self) writeHolding(out, spec.prompt, { job, what: 'prompt', own: true })
    return open
  }

  /** The oldest uncertified job of the account that offers most of them: a flood pushes out only itself. */
  #mostOffered(): OpenJob | undefined {
    const uncertified = [...this.#open.values()].filter(({ escrow }) => escrow === undefined)
    const counts = new Map<PeerId, number>()
    for (const { record } of uncertified) counts.set(record.account, (counts.get(record.account) ?? 0) + 1)
    const most = Math.max(0, ...counts.values())
    return uncertified.find(({ record }) => counts.get(record.account) === most)
  }

  /** Writes what must survive a restart, and tells whoever watches. */
  save(out: Outbox, open: OpenJob): void {
    this.#changed.add(open)
    out.notify(open.job)
  }

  /**
   * Tells whoever watches of what nothing that this peer said rests on: others' seals and reveals, which they show again
   * until the job is over. It is written with the next `save`, or when the job's time for repetitions comes; most jobs
   * are over by then. Encoding the record with each of them was a tenth of what a job takes.
   */
  show(out: Outbox, open: OpenJob): void {
    this.#ahead.add(open)
    out.notify(open.job)
  }

  /** Time has passed: what was only shown is written. */
  settle(out: Outbox, open: OpenJob): void {
    if (this.#ahead.has(open)) this.save(out, open)
  }

  /** Ends an event: what it changed is encoded once, into the same batch as everything else. */
  flush(out: Outbox): void {
    for (const open of this.#changed) if (this.#open.get(open.job) === open) this.#write(out, open)
    for (const open of this.#changed) this.#ahead.delete(open)
    this.#changed.clear()
  }

  #write(out: Outbox, open: OpenJob): void {
    out.write(keys.job(open.job), encodeBody(openJobRecordCodec, recordOf(open, this.#self)))
  }

  update(open: OpenJob, change: Partial<JobRecord>): void {
    open.record = { ...open.record, ...change }
  }

  /** Adds to the timeline; the last place is kept for the end of the story. */
  note(
    out: Outbox,
    open: OpenJob,
    phase: TimelineEvent['phase'],
    about: { readonly peer?: PeerId; readonly slot?: number; readonly evidence?: Digest } = {},
  ): void {
    const { timeline } = open.record
    if (timeline.length >= (phase === 'closed' ? TIMELINE_MAX : TIMELINE_MAX - 1)) return
    const { peer = null, slot = null, evidence = null } = about
    this.update(open, { timeline: [...timeline, { phase, atMs: out.now, peer, slot, evidence }] })
  }

  /** A job that was closed a moment ago: its record may not be written yet. */
  closedLately(job: JobId): JobRecord | undefined {
    return this.#lately.get(job)
  }

  /** The job is terminal: its record becomes cold. */
  close(out: Outbox, open: OpenJob): void {
    this.#open.delete(open.job)
    this.#ahead.delete(open)
    this.#lately.set(open.job, open.record)
    const [oldest] = this.#lately.keys()
    if (this.#lately.size > LATELY_MAX && oldest !== undefined) this.#lately.delete(oldest)
    out.write(keys.job(open.job), null)
    out.write(keys.closed(open.job), encodeBody(jobRecordCodec, open.record))
    out.notify(open.job)
  }

  restore(record: StoredRecord): OpenJob | undefined {
    if (!record.key.startsWith(PREFIXES.job)) return undefined
    const stored = decodeRecord(openJobRecordCodec, record.value, record.key)
    const open = openJobOf(stored.record)
    open.escrow = stored.escrow ?? undefined
    open.payees = stored.payees
    open.earlier = stored.earlier
    open.cancel = stored.cancel ?? undefined
    open.holders = stored.holders
    const { bid } = stored
    if (bid !== null) open.bids.set(bid.signer, { bid, heldMs: stored.record.heardMs })
    const { attempt } = stored
    if (attempt !== null) {
      open.attempt = {
        step: attempt.step,
        epoch: attempt.epoch,
        slots: attempt.slots,
        standbys: attempt.standbys,
        assignedMs: attempt.assignedMs,
        commits: new Map(attempt.commits.map((commit) => [commit.signer, commit])),
        leases: new Map(),
        watchedMs: attempt.assignedMs,
        seals: new Map(attempt.seals.map((seal) => [seal.signer, seal])),
        sealedMs: attempt.sealedMs ?? undefined,
        reveals: new Map(attempt.reveals.map((reveal) => [reveal.signer, reveal])),
        // Copies of answers aren't synced, so they are asked for again; those still here cost nothing.
        bodies: new Set(),
        readyMs: undefined,
      }
    }
    this.#open.set(open.job, open)
    return open
  }
}
