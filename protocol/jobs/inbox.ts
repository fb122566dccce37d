import type { JobId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { holdBid } from './bidding.ts'
import type { JobContext } from './context.ts'
import { EarlyMessages } from './early-messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import type { Runner } from './runner.ts'
import { holdCommit, holdReveal, holdSeal, withState } from './sealing.ts'
import { holdReceipt, onStage } from './staging.ts'

type JobKind = 'bid' | 'beacon' | 'stage' | 'stored' | 'lease' | 'job-commit' | 'seal' | 'reveal'
export type JobMessage = Extract<Message, { kind: JobKind }>

/** What others say of jobs: held where it belongs, and kept for a while where the job or its attempt isn't known yet. */
export class JobInbox {
  readonly #context: JobContext
  readonly #runner: Runner
  readonly #early = new EarlyMessages<JobMessage>()

  constructor(context: JobContext, runner: Runner) {
    this.#context = context
    this.#runner = runner
  }

  /** It is too early for a message; leases and reveals are large or fleeting, and are sent again anyway. */
  keep(job: JobId, message: JobMessage): void {
    if (message.kind !== 'lease' && message.kind !== 'reveal') this.#early.keep(job, message.from, message)
  }

  /** A job, or a new attempt of it, came into view: what was too early isn't any more. */
  catchUp(out: Outbox, open: OpenJob): void {
    for (const message of this.#early.take(open.job)) this.hear(out, open, message)
  }

  /** The job is over. */
  drop(job: JobId): void {
    this.#early.take(job)
  }

  /** Somebody says something of a job that this peer knows. */
  hear(out: Outbox, open: OpenJob, message: JobMessage): void {
    switch (message.kind) {
      case 'bid':
        holdBid(this.#context, out, open, message)
        break
      case 'beacon':
        if (!this.#context.roster.isWitness(message.signer)) return
        open.beacons.set(message.signer, message)
        break
      case 'stage':
        return onStage(this.#context, out, open, message)
      case 'stored':
        holdReceipt(open, message)
        break
      default:
        return this.#onAttempt(out, open, message)
    }
    this.#context.stir(out, open)
  }

  #onAttempt(
    out: Outbox,
    open: OpenJob,
    message: Extract<JobMessage, { kind: 'lease' | 'job-commit' | 'seal' | 'reveal' }>,
  ): void {
    const step = message.kind === 'reveal' ? message.body.reveal.body.step : message.body.step
    const { attempt } = open
    if (attempt === undefined || step > attempt.step) return this.keep(open.job, message)
    if (step < attempt.step) return
    switch (message.kind) {
      case 'lease':
        return this.#onLease(out, open, attempt, message)
      case 'job-commit':
        holdCommit(this.#context, out, open, attempt, message)
        break
      case 'seal':
        holdSeal(this.#context, out, open, attempt, message)
        this.#runner.onSeals(out, open)
        break
      case 'reveal':
        holdReveal(this.#context, out, open, attempt, message)
        break
    }
    // This peer's own seal may be the one its runner waited for.
    if (message.kind === 'job-commit') this.#runner.onSeals(out, open)
    this.#context.stir(out, open)
  }

  #onLease(
    out: Outbox,
    open: OpenJob,
    attempt: Attempt,
    { from, body }: Extract<JobMessage, { kind: 'lease' }>,
  ): void {
    const slot = attempt.slots.find((one) => one.slot === body.slot && one.peer === from)
    const shown = open.record.slots.find((one) => one.slot === body.slot)
    if (
      slot === undefined ||
      shown === undefined ||
      (shown.state !== 'assigned' && shown.state !== 'started')
    )
      return
    if (!attempt.started.has(slot.slot)) {
      attempt.started.set(slot.slot, from)
      this.#context.book.note(out, open, 'started', { peer: from, slot: slot.slot })
    }
    this.#context.book.update(open, { slots: withState(open, slot.slot, 'started', body.tokens) })
    out.notify(open.job)
  }
}
