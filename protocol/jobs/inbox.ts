import type { JobId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { type AttemptMessage, onAttemptMessage } from './attempt-messages.ts'
import { holdBid } from './bidding.ts'
import { holdCancel } from './cancel.ts'
import type { JobContext } from './context.ts'
import { EarlyMessages } from './early-messages.ts'
import type { OpenJob } from './open-job.ts'
import type { Runner } from './runner.ts'
import { holdReceipt, onStage } from './staging.ts'

export type JobMessage =
  | Extract<Message, { kind: 'bid' | 'beacon' | 'stage' | 'stored' | 'cancel' }>
  | AttemptMessage

/** The job that it is about, whoever says it. */
export function jobOf(message: JobMessage): JobId {
  if (message.kind === 'reveal') return message.body.reveal.body.job
  return message.kind === 'cancel' ? message.body.cancel.body.job : message.body.job
}

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
    if (message.kind !== 'lease' && message.kind !== 'held' && message.kind !== 'reveal')
      this.#early.keep(job, message.from, message)
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
      case 'cancel':
        holdCancel(this.#context, out, open, message.body.cancel)
        break
      case 'stored':
        holdReceipt(open, message)
        break
      default:
        return this.#onAttempt(out, open, message)
    }
    this.#context.stir(out, open)
  }

  #onAttempt(out: Outbox, open: OpenJob, message: AttemptMessage): void {
    const step = message.kind === 'reveal' ? message.body.reveal.body.step : message.body.step
    const { attempt } = open
    if (attempt === undefined || step > attempt.step) return this.keep(open.job, message)
    if (step < attempt.step) return
    onAttemptMessage({ context: this.#context, runner: this.#runner }, out, open, attempt, message)
    // What merely goes on changes nothing that could be decided.
    const goesOn = message.kind === 'held' || (message.kind === 'lease' && message.body.state !== 'failed')
    if (!goesOn) this.#context.stir(out, open)
  }
}
