import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest, JobId } from '../ids.ts'
import type { BodyOf } from '../encoding/kinds.ts'
import { TIMES } from '../params.ts'
import type { Event } from '../peer/event.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type JobContext, deciders } from './context.ts'
import { writeHolding } from './holdings.ts'
import { COMMIT, commitmentOf, REVEAL, sealDigestOf } from './messages.ts'
import type { AttemptSlot, OpenJob } from './open-job.ts'
import { sealersOf } from './sealers.ts'
import { type RunRecord, runRecordCodec } from './run-record.ts'

const RETRY = 'job/run/'

/**
 * The part of an elected replica: fetch the prompt, run, commit, and reveal once a quorum of seals shows the
 * commit counted. It starts only on the decision (6.4). Before the seals nothing of the answer leaves but a
 * hiding commitment, so whoever watches can't copy it.
 */
export class Runner {
  readonly #context: JobContext
  readonly #runs = new Map<JobId, RunRecord>()

  constructor(context: JobContext) {
    this.#context = context
  }

  restore(record: StoredRecord): void {
    if (!record.key.startsWith(PREFIXES.run)) return
    const run = decodeRecord(runRecordCodec, record.value, record.key)
    this.#runs.set(run.job, run)
  }

  /** This peer was elected, or has restarted while it was: bring the prompt here, then run. */
  take(out: Outbox, open: OpenJob): void {
    const mine = this.#slot(open)
    // Elected by a bid that this store has forgotten: it may have forgotten a commit, too.
    if (mine === undefined || !open.bids.has(this.#context.signer.id)) return
    if (this.#committed(open) !== undefined) return this.#remind(out, open)
    const { spec } = open.record
    const holders = [spec.steward, ...open.stored.keys()].filter((peer, at, all) => all.indexOf(peer) === at)
    const { job } = open
    out.emit({ type: 'fetch', token: `prompt/${job}`, job, blob: spec.prompt, from: holders, care: 'plain' })
  }

  onPrompt(out: Outbox, open: OpenJob, held: boolean): void {
    const mine = this.#slot(open)
    const { attempt } = open
    if (mine === undefined || attempt === undefined || this.#committed(open) !== undefined) return
    if (!held) {
      out.timer(`${RETRY}${open.job}`, TIMES.retryMs)
      return
    }
    const { spec, bids } = open.record
    const offer = bids.find(({ peer }) => peer === this.#context.signer.id)?.offer
    const model = spec.model ?? offer?.model ?? this.#context.capabilities().offers[0]?.model
    if (model === undefined) return
    const order = {
      job: open.job,
      step: attempt.step,
      slot: mine.slot,
      prompt: spec.prompt,
      model,
      sampling: spec.sampling,
    }
    out.emit({ type: 'run', order })
    this.#report(out, open, mine, 'started', 0)
  }

  onProgress(out: Outbox, open: OpenJob, tokens: number): void {
    const mine = this.#slot(open)
    if (mine !== undefined && this.#committed(open) === undefined)
      this.#report(out, open, mine, 'progress', tokens)
  }

  onFinished(out: Outbox, open: OpenJob, event: Extract<Event, { type: 'finished' }>): void {
    const mine = this.#slot(open)
    const { attempt } = open
    if (
      mine === undefined ||
      attempt === undefined ||
      event.step !== attempt.step ||
      event.slot !== mine.slot
    )
      return
    if (!event.outcome.ok || this.#committed(open) !== undefined) return
    const { signer, roster } = this.#context
    const { step, slot } = event
    const { answer } = event.outcome
    const salt = event.entropy
    const commitment = commitmentOf({
      job: open.job,
      step,
      slot,
      peer: signer.id,
      salt,
      answer,
    })
    const commit = sign(signer, roster.swarm, COMMIT, { job: open.job, step, slot, rank: 0, commitment })
    const run: RunRecord = { job: open.job, step, slot, salt, answer, commit }
    this.#runs.set(open.job, run)
    out.write(keys.run(open.job, step, slot), encodeBody(runRecordCodec, run))
    writeHolding(out, answer, { job: open.job, what: 'answer', own: open.record.account === signer.id })
    this.#remind(out, open)
  }

  /** Seals have arrived: reveals when a quorum of them is here and enough of those count the commit. */
  onSeals(out: Outbox, open: OpenJob): void {
    const run = this.#committed(open)
    if (run !== undefined) this.#sendReveal(out, open, run)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (!id.startsWith(RETRY)) return false
    const open = this.#context.book.get(id.slice(RETRY.length) as JobId)
    if (open === undefined) return true
    if (this.#committed(open) === undefined) this.take(out, open)
    else this.#remind(out, open)
    return true
  }

  /** Witnesses that are new haven't heard of this peer's commit or reveal. */
  onEpoch(out: Outbox, open: OpenJob): void {
    this.#remind(out, open)
  }

  /** Whether this answer is one that this peer gave to the job. */
  holds(open: OpenJob, answer: Digest): boolean {
    return this.#runs.get(open.job)?.answer.digest === answer
  }

  /** The job is terminal. */
  forget(out: Outbox, open: OpenJob): void {
    const run = this.#runs.get(open.job)
    out.cancelTimer(`${RETRY}${open.job}`)
    if (this.#slot(open) !== undefined) out.emit({ type: 'stop-run', job: open.job })
    if (run === undefined) return
    this.#runs.delete(open.job)
    out.write(keys.run(run.job, run.step, run.slot), null)
  }

  #slot(open: OpenJob): AttemptSlot | undefined {
    return open.attempt?.slots.find(({ peer }) => peer === this.#context.signer.id)
  }

  #committed(open: OpenJob): RunRecord | undefined {
    const run = this.#runs.get(open.job)
    return run !== undefined && run.step === open.attempt?.step ? run : undefined
  }

  /** Sends the commit, or the reveal once it may, again until the job is terminal. */
  #remind(out: Outbox, open: OpenJob): void {
    const run = this.#committed(open)
    if (run === undefined) return
    if (!this.#sendReveal(out, open, run)) {
      for (const peer of deciders(this.#context, open)) out.sendSigned(peer, 'job-commit', run.commit)
    }
    out.timer(`${RETRY}${open.job}`, TIMES.nudgeMs)
  }

  #sendReveal(out: Outbox, open: OpenJob, run: RunRecord): boolean {
    const { attempt } = open
    if (attempt === undefined) return false
    const { isSealer, sizes } = sealersOf(this.#context.roster, attempt)
    const held = [...attempt.seals.values()].filter(({ signer }) => isSealer(signer))
    if (held.length < sizes.quorum) return false
    const seals = held.sort((a, b) => (a.signer < b.signer ? -1 : 1))
    const counting = seals.filter(({ body }) =>
      body.commits.some(
        ({ signer, body: { commitment } }) =>
          signer === run.commit.signer && commitment === run.commit.body.commitment,
      ),
    )
    if (counting.length < sizes.counting) return false
    const { job, step, slot, salt, answer } = run
    const named = seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) }))
    // Signed anew when more seals have come: a reveal has no slot that two bodies could compete for.
    const reveal = sign(this.#context.signer, this.#context.roster.swarm, REVEAL, {
      job,
      step,
      slot,
      salt,
      answer,
      seals: named,
    })
    const shown = { reveal, seals }
    for (const peer of deciders(this.#context, open)) out.send(peer, 'reveal', shown)
    return true
  }

  #report(
    out: Outbox,
    open: OpenJob,
    mine: AttemptSlot,
    state: BodyOf<'lease'>['state'],
    tokens: number,
  ): void {
    const step = open.attempt?.step ?? 0
    const lease = { job: open.job, step, slot: mine.slot, state, tokens }
    for (const peer of deciders(this.#context, open)) out.send(peer, 'lease', lease)
  }
}
