import type { Agreement } from '../agreement/agreement.ts'
import type { Decision } from '../agreement/messages.ts'
import { type InstanceId, type JobId, jobInstance, type PeerId, parseJobInstance } from '../ids.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import type { ApplyResult, OpenedJob } from '../ledger/ledger.ts'
import type { Event } from '../peer/event.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import { bid, giveBeacon } from './bidding.ts'
import { type CancelOutcome, cancelOwn, spreadCancel } from './cancel.ts'
import { closeEvidence } from './close.ts'
import { type JobContext, workersOn } from './context.ts'
import { adopt, applyDecision, decidedOf, markOpened, takeTrust } from './deciding.ts'
import { Deadlines } from './deadlines.ts'
import { fetchLacking, repeatDuties } from './duties.ts'
import { JobInbox, type JobMessage, jobOf } from './inbox.ts'
import { nextStep, nextTickMs } from './instance-clock.ts'
import { takeBody, takeVerdict } from './host-answers.ts'
import { JobHeads } from './job-heads.ts'
import { NodeRoom } from './node-room.ts'
import { takeUp } from './offering.ts'
import type { OpenJob } from './open-job.ts'
import { Runner } from './runner.ts'
import { sealIfDue } from './sealing.ts'
import type { JobDecided } from '../trust/outcomes.ts'
import { WantedAnswers } from './wanted.ts'
import { stageTimer } from './staging.ts'

const TICK = 'job/tick/'
const STAGE = stageTimer('' as JobId)

export interface JobsOptions {
  readonly context: Omit<JobContext, 'stir' | 'cancelled' | 'hasRoom'>
  readonly digest: StateDigest
  readonly agreement: () => Agreement
  /** A decision of a job was applied. */
  readonly decided: (out: Outbox, decided: JobDecided) => void
}

/** Every role that this peer plays in jobs: bidder, runner, witness, steward (6). */
export class Jobs {
  readonly context: JobContext
  readonly heads: JobHeads
  readonly runner: Runner
  readonly wanted: WantedAnswers
  readonly room = new NodeRoom()
  readonly #agreement: () => Agreement
  readonly #decided: JobsOptions['decided']
  readonly #inbox: JobInbox
  readonly #deadlines = new Deadlines({
    isOver: (job) => (this.heads.get(job)?.end ?? null) !== null,
    cancel: (out, job) => this.context.book.get(job) !== undefined && this.cancel(out, job) !== 'job_over',
  })

  constructor({ context, digest, agreement, decided }: JobsOptions) {
    this.context = {
      ...context,
      stir: (out, open) => this.#stir(out, open),
      cancelled: (out, open) => this.#cancelled(out, open),
      hasRoom: () => this.room.hasRoom(context.capabilities().slots, this.runner.busy()),
    }
    this.heads = new JobHeads(digest)
    this.runner = new Runner(this.context)
    this.wanted = new WantedAnswers(this.context)
    this.#inbox = new JobInbox(this.context, this.runner)
    this.#agreement = agreement
    this.#decided = decided
    context.book.onDropped = (out, open) => {
      agreement().abandon(out, jobInstance(open.job, nextStep(open)))
      this.#leave(out, open)
    }
  }

  restore(record: StoredRecord): void {
    this.context.book.restore(record)
    this.heads.restore(record)
    this.runner.restore(record)
    this.wanted.restore(record)
    this.#deadlines.restore(record)
  }

  /** After a restart: what time and others owe us is asked for again. */
  start(out: Outbox): void {
    this.wanted.start(out)
    this.#deadlines.start(out)
    for (const opened of this.context.ledger.openedJobs()) {
      const open = this.context.book.get(opened.job) ?? adopt(this.context, out, opened)
      markOpened(this.context, out, open, opened)
    }
    for (const open of this.context.book.all()) {
      // Leases aren't kept: everybody is given the time anew.
      if (open.attempt !== undefined) open.attempt.watchedMs = out.now
      fetchLacking(this.context, out, open)
      this.#enter(out, open)
    }
  }

  /** Other witnesses decide from now on: they are told what they need, and this peer does its own new duties. */
  onEpoch(out: Outbox): void {
    for (const open of this.context.book.all()) {
      const { attempt } = open
      if (attempt === undefined) {
        bid(this.context, out, open)
        if (open.escrow !== undefined) giveBeacon(this.context, out, open)
      } else this.#wake(out, open, () => sealIfDue(this.context, out, open, attempt))
      this.runner.onEpoch(out, open)
      this.#tick(out, open)
    }
  }

  /** Somebody's signed entry was gossiped, or this peer's own was signed: its jobs are on offer. */
  onEntry(out: Outbox, entry: SignedEntry): void {
    const settled = (job: JobId) => this.heads.get(job) !== undefined
    for (const open of takeUp(this.context, out, entry, settled)) this.#enter(out, open)
  }

  /** The ledger certified an `open`. */
  onOpened(out: Outbox, opened: OpenedJob): void {
    const open = this.context.book.get(opened.job)
    if (open === undefined) adopt(this.context, out, opened)
    else markOpened(this.context, out, open, opened)
    const taken = this.context.book.get(opened.job)
    if (taken !== undefined) this.#enter(out, taken)
  }

  onMessage(out: Outbox, message: JobMessage): void {
    const job = jobOf(message)
    const open = this.context.book.get(job)
    if (open !== undefined) return this.#inbox.hear(out, open, message)
    const head = this.heads.get(job)
    if (head === undefined) this.#inbox.keep(job, message)
    // Whoever still works on a settled job hears how it ended.
    else if (message.kind === 'job-commit' || message.kind === 'reveal' || message.kind === 'cancel')
      this.#serveDecision(out, job, head.step, message.from)
  }

  applyDecision(out: Outbox, decision: Decision): ApplyResult {
    const parsed = parseJobInstance(decision.instance)
    const before = parsed === undefined ? undefined : this.context.book.get(parsed.job)
    // A terminal decision ends the ledger's knowledge of the job.
    const opened = parsed === undefined ? undefined : this.context.ledger.opened(parsed.job)
    const result = applyDecision(this.context, this.heads, out, decision)
    if (result.status !== 'applied' || parsed === undefined) return result
    const decided = opened && decidedOf(this.context.roster, decision, opened)
    // What it means for trust is written in its own batch.
    if (decided !== undefined) this.#decided(out, decided)
    const { value } = decision
    if (opened?.account === this.context.signer.id && value.type === 'close')
      this.wanted.want(out, parsed.job, value.result, decision.quorum.epoch)
    this.#agreement().forget(out, decision.instance)
    const open = this.context.book.get(parsed.job)
    if (open !== undefined) this.#enter(out, open)
    else {
      this.#deadlines.forget(out, parsed.job)
      if (before !== undefined) this.#leave(out, before)
    }
    return result
  }

  /** Sends how an instance was decided; false while it isn't. */
  serveDecided(out: Outbox, instance: InstanceId, to: PeerId): boolean {
    const parsed = parseJobInstance(instance)
    const head = parsed === undefined ? undefined : this.heads.get(parsed.job)
    if (parsed === undefined || head === undefined || head.step < parsed.step) return false
    this.#serveDecision(out, parsed.job, parsed.step, to)
    return true
  }

  /** Those who work on a job and must hear of a decision without waiting for gossip. */
  audience(instance: InstanceId): readonly PeerId[] {
    const job = parseJobInstance(instance)?.job
    const open = job === undefined ? undefined : this.context.book.get(job)
    return open === undefined ? [] : workersOn(this.context, open)
  }

  /** A snapshot can be read from now on: jobs that name it waited for it. */
  onSnapshot(out: Outbox, number: number): void {
    for (const open of this.context.book.all()) {
      if (open.record.spec.trust !== number) continue
      if (open.attempt !== undefined && open.record.trust === null) {
        takeTrust(this.context, open)
        this.context.book.save(out, open)
      }
      this.#stir(out, open)
    }
  }

  /** This peer's node can do more than before: bid where nobody was elected yet. */
  onCapabilities(out: Outbox): void {
    for (const open of this.context.book.all()) bid(this.context, out, open)
  }

  /** After each event: a node that has room again bids for what found none. */
  tend(out: Outbox): void {
    if (this.room.isFreed(this.context.capabilities().slots, this.runner.busy())) this.onCapabilities(out)
  }

  onFetched(out: Outbox, event: Extract<Event, { type: 'fetched' }>): boolean {
    return this.wanted.onFetched(out, event) || takeBody(this, out, event)
  }

  onComputed(out: Outbox, event: Extract<Event, { type: 'computed' }>): void {
    takeVerdict(this.context, out, event)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (this.runner.onTimer(out, id) || this.wanted.onTimer(out, id)) return true
    if (this.#deadlines.onTimer(out, id)) return true
    if (!id.startsWith(TICK) && !id.startsWith(STAGE)) return false
    const open = this.context.book.get(id.slice(id.startsWith(TICK) ? TICK.length : STAGE.length) as JobId)
    if (open !== undefined) this.#tick(out, open)
    return true
  }

  /** A job that this peer's owner has just paid for, and when to cancel it. */
  setDeadline(out: Outbox, job: JobId, atMs: number): void {
    this.#deadlines.set(out, job, atMs)
  }

  /** The owner wants no more of a job. */
  cancel(out: Outbox, job: JobId): CancelOutcome {
    const outcome = cancelOwn(this.context, out, job)
    const open = this.context.book.get(job)
    if (open !== undefined && outcome === 'cancelled') this.#stir(out, open)
    return outcome
  }

  #cancelled(out: Outbox, open: OpenJob): void {
    const { attempt } = open
    if (attempt === undefined) return
    this.runner.onCancel(out, open)
    this.#wake(out, open, () => sealIfDue(this.context, out, open, attempt))
  }

  /** Does a witness's duty; its own seal may be the one that this peer's runner waited for. */
  #wake(out: Outbox, open: OpenJob, duty: () => void): void {
    const seals = open.attempt?.seals.size
    duty()
    if (open.attempt?.seals.size !== seals) this.runner.onSeals(out, open)
  }

  /** A job, or a new attempt of it, came into view: play this peer's roles in it. */
  #enter(out: Outbox, open: OpenJob): void {
    if (open.attempt === undefined) {
      bid(this.context, out, open)
      if (open.escrow !== undefined) giveBeacon(this.context, out, open)
    } else {
      this.runner.take(out, open)
    }
    if (open.cancel !== undefined) {
      // Those of a new attempt may not have heard of it.
      spreadCancel(this.context, out, open)
      this.#cancelled(out, open)
    }
    this.#inbox.catchUp(out, open)
    this.#stir(out, open)
  }

  #leave(out: Outbox, open: OpenJob): void {
    this.runner.forget(out, open)
    out.cancelTimer(`${TICK}${open.job}`)
    this.#inbox.drop(open.job)
  }

  #stir(out: Outbox, open: OpenJob): void {
    if (this.context.book.get(open.job) !== open) return
    const { attempt } = open
    if (
      attempt !== undefined &&
      attempt.readyMs === undefined &&
      closeEvidence(this.context, open, out.now) !== undefined
    ) {
      attempt.readyMs = out.now
    }
    this.#arm(out, open)
    this.#agreement().stir(out, jobInstance(open.job, nextStep(open)))
  }

  #arm(out: Outbox, open: OpenJob): void {
    const atMs = out.now + nextTickMs(this.context, open, out.now)
    open.tickMs = Math.min(open.tickMs ?? atMs, atMs)
    out.timer(`${TICK}${open.job}`, open.tickMs - out.now)
  }

  /** Time passed: duties are done, and it is looked again. */
  #tick(out: Outbox, open: OpenJob): void {
    open.tickMs = undefined
    this.#wake(out, open, () => repeatDuties(this.context, out, open))
    this.context.book.settle(out, open)
    fetchLacking(this.context, out, open)
    this.#stir(out, open)
  }

  #serveDecision(out: Outbox, job: JobId, step: number, to: PeerId): void {
    const { serve, signer } = this.context
    if (to !== signer.id) serve.facts(out, to, [keys.decision(job, step)])
  }
}
