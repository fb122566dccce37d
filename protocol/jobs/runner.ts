import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { sign } from '../encoding/signed.ts'
import type { JobId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { TIMES } from '../params.ts'
import type { Event } from '../peer/event.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type JobContext, deciders } from './context.ts'
import { writeHolding } from './holdings.ts'
import { nextTakeover, takeoverMs } from './leases.ts'
import { COMMIT, commitmentOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { isInHands, isTooLate, revealOf } from './revealing.ts'
import { sendLease, unawareOf, type Work } from './run-messages.ts'
import { type RunRecord, runRecordCodec } from './run-record.ts'
import { quorumOfSeals } from './sealers.ts'
import { showSlot } from './sealing.ts'
import { promptHolders } from './staging.ts'

const RETRY = 'job/run/'
const LEASE = 'job/lease/'
const WATCH = 'job/watch/'
/** Leases in one leaseMs: two of them may be lost. */
const LEASES = 3
/** A run that is committed by then needn't be said to have begun: that costs each of the others a message. */
const FIRST_LEASE_MS = 50

/**
 * The part of an elected replica, and of a standby once the ranks before it are silent: fetch the prompt, run, commit, and
 * reveal once a quorum of seals shows the commit counted. It starts only on the decision (6.4). Before the seals nothing
 * of the answer leaves but a hiding commitment, so whoever watches can't copy it.
 *
 * A peer signs one commit for an attempt, whatever happens: `run/<job>/<step>/<slot>` is written before it leaves, and
 * with it there a peer takes no other slot of that step, nor runs again. A store that is restored from a backup may lack
 * the record, so it doesn't know its own bid any more (`records/restored`) and takes no slot; the commits that it does
 * have are sent again.
 */
export class Runner {
  readonly #context: JobContext
  /** By job and step: a standby that took a slot over in one attempt may be given one in the next. */
  readonly #runs = new Map<JobId, Map<number, RunRecord>>()
  readonly #work = new Map<JobId, Work>()

  constructor(context: JobContext) {
    this.#context = context
  }

  restore(record: StoredRecord): void {
    if (!record.key.startsWith(PREFIXES.run)) return
    this.#keep(decodeRecord(runRecordCodec, record.value, record.key))
  }

  /** An attempt has begun, or this peer has restarted during it: go on, begin, or watch whom it stands by for. */
  take(out: Outbox, open: OpenJob): void {
    const { attempt } = open
    if (attempt === undefined) return
    if ((this.#work.get(open.job)?.step ?? attempt.step) !== attempt.step) this.stop(out, open)
    const run = this.#committed(open)
    if (run !== undefined) return this.#goOn(out, open, run)
    // Elected by a bid that this store has forgotten: it may have forgotten a commit, too.
    if (!open.bids.has(this.#context.signer.id) || isTooLate(this.#context, open, attempt, out.now)) return
    const work = this.#work.get(open.job)
    if (work?.state === 'fetching') return this.#fetchPrompt(out, open)
    if (work !== undefined) return
    const mine = attempt.slots.find(({ peer }) => peer === this.#context.signer.id)
    if (mine === undefined) this.#standBy(out, open, attempt)
    else this.#begin(out, open, { step: attempt.step, slot: mine.slot, rank: 0 })
  }

  /**
   * Runs that this peer has begun and not answered yet. One whose prompt isn't here is none: its payer may never serve it,
   * and would keep the node from all other work.
   */
  busy(): number {
    let count = 0
    for (const [job, { step, state }] of this.#work) {
      const isAtWork = state !== 'fetching' && state !== 'failed'
      if (isAtWork && this.#runs.get(job)?.has(step) !== true) count += 1
    }
    return count
  }

  onPrompt(out: Outbox, open: OpenJob, held: boolean): void {
    const work = this.#work.get(open.job)
    const { attempt } = open
    if (attempt === undefined || work?.state !== 'fetching' || work.step !== attempt.step) return
    if (!held) return out.timer(`${RETRY}${open.job}`, TIMES.retryMs)
    const { spec, bids } = open.record
    const offer = bids.find(({ peer }) => peer === this.#context.signer.id)?.offer
    const model = spec.model ?? offer?.model ?? this.#context.capabilities().offers[0]?.model
    if (model === undefined) return
    const { prompt, sampling } = spec
    const { step, slot, rank } = work
    if (rank > 0 && !this.#takesOver(out, open, attempt, work)) return
    work.state = 'started'
    out.emit({ type: 'run', order: { job: open.job, step, slot, prompt, model, sampling } })
    // Whoever takes a slot over says so at once, since the next rank is about to.
    if (rank > 0) this.#report(out, open, work)
    else out.timer(`${LEASE}${open.job}`, FIRST_LEASE_MS)
  }

  onProgress(open: OpenJob, tokens: number): void {
    const work = this.#work.get(open.job)
    if (work === undefined || work.state === 'fetching' || work.state === 'failed') return
    work.state = 'progress'
    work.tokens = tokens
  }

  onFinished(out: Outbox, open: OpenJob, event: Extract<Event, { type: 'finished' }>): void {
    const work = this.#work.get(open.job)
    const isMine = work !== undefined && event.step === work.step && event.slot === work.slot
    if (!isMine || open.attempt?.step !== work.step || this.#committed(open) !== undefined) return
    if (!event.outcome.ok) {
      work.state = 'failed'
      return this.#report(out, open, work)
    }
    const { signer, roster } = this.#context
    const { job } = open
    const { step, slot, rank } = work
    const { answer } = event.outcome
    const salt = event.entropy
    const commitment = commitmentOf({ job, step, slot, peer: signer.id, salt, answer })
    const commit = sign(signer, roster.swarm, COMMIT, { job, step, slot, rank, commitment })
    const run: RunRecord = { job, step, slot, salt, answer, commit }
    this.#keep(run)
    out.write(keys.run(job, step, slot), encodeBody(runRecordCodec, run))
    writeHolding(out, answer, { job, what: 'answer', own: open.record.account === signer.id })
    this.#remind(out, open)
  }

  /** Seals have arrived: reveals when a quorum of them is here and enough of those count the commit; else it is over. */
  onSeals(out: Outbox, open: OpenJob): void {
    const { attempt } = open
    if (attempt === undefined) return
    const run = this.#committed(open)
    if (run !== undefined) this.#reveal(out, open, attempt, run)
    else if (quorumOfSeals(this.#context.roster, attempt) !== undefined) this.stop(out, open)
  }

  /** Somebody who decides has this peer's commit in its synced record: where that one seals, its seal will have it. */
  onHeld(out: Outbox, open: OpenJob, attempt: Attempt, { from, body }: MessageOf<'held'>): void {
    if (this.#committed(open)?.commit.body.commitment !== body.commitment) return
    const heldBy = this.#work.get(open.job)?.heldBy
    if (heldBy === undefined || heldBy.has(from) || !deciders(this.#context, open).includes(from)) return
    heldBy.add(from)
    if (isInHands(this.#context, attempt, heldBy)) this.#release(out, open, attempt)
  }

  /** Somebody else's run of this attempt has failed: a standby may be next. */
  onFailure(out: Outbox, open: OpenJob): void {
    if (this.#committed(open) === undefined) this.take(out, open)
  }

  /** The payer wants no more of it: what isn't committed ends; what is goes on to be revealed, and paid if it agrees. */
  onCancel(out: Outbox, open: OpenJob): void {
    if (this.#committed(open) === undefined) this.stop(out, open)
  }

  onTimer(out: Outbox, id: string): boolean {
    const prefix = [RETRY, LEASE, WATCH].find((each) => id.startsWith(each))
    if (prefix === undefined) return false
    const open = this.#context.book.get(id.slice(prefix.length) as JobId)
    if (open === undefined) return true
    if (prefix === LEASE) this.#renew(out, open)
    else if (prefix === RETRY && this.#committed(open) !== undefined) this.#remind(out, open)
    else this.take(out, open)
    return true
  }

  /** Witnesses that are new haven't heard of this peer's commit or reveal. */
  onEpoch(out: Outbox, open: OpenJob): void {
    if (this.#committed(open) !== undefined) this.#remind(out, open)
  }

  /** Nothing of this attempt is to be run here any more; what was committed may still be revealed. */
  stop(out: Outbox, open: OpenJob): void {
    out.cancelTimer(`${LEASE}${open.job}`)
    out.cancelTimer(`${WATCH}${open.job}`)
    if (this.#work.delete(open.job)) out.emit({ type: 'stop-run', job: open.job })
  }

  /** The job is terminal. */
  forget(out: Outbox, open: OpenJob): void {
    out.cancelTimer(`${RETRY}${open.job}`)
    this.stop(out, open)
    for (const { job, step, slot } of this.#runs.get(open.job)?.values() ?? [])
      out.write(keys.run(job, step, slot), null)
    this.#runs.delete(open.job)
  }

  #keep(run: RunRecord): void {
    const runs = this.#runs.get(run.job) ?? new Map<number, RunRecord>()
    this.#runs.set(run.job, runs.set(run.step, run))
  }

  #committed(open: OpenJob): RunRecord | undefined {
    return open.attempt && this.#runs.get(open.job)?.get(open.attempt.step)
  }

  #goOn(out: Outbox, open: OpenJob, { step, slot, commit }: RunRecord): void {
    if (!this.#work.has(open.job)) {
      const { rank } = commit.body
      this.#work.set(open.job, {
        step,
        slot,
        rank,
        state: 'progress',
        tokens: 0,
        heldBy: new Set(),
        isRevealed: false,
      })
      this.#renew(out, open)
    }
    this.#remind(out, open)
  }

  #begin(out: Outbox, open: OpenJob, place: Pick<Work, 'step' | 'slot' | 'rank'>): void {
    this.#work.set(open.job, { ...place, state: 'fetching', tokens: 0, heldBy: new Set(), isRevealed: false })
    this.#fetchPrompt(out, open)
  }

  #fetchPrompt(out: Outbox, open: OpenJob): void {
    const { prompt } = open.record.spec
    const { job } = open
    out.emit({
      type: 'fetch',
      token: `prompt/${job}`,
      job,
      blob: prompt,
      from: promptHolders(open),
      care: 'plain',
    })
  }

  /** A standby brings the prompt here while those who hold it are alive, and watches. */
  #standBy(out: Outbox, open: OpenJob, attempt: Attempt): void {
    if (!attempt.standbys.includes(this.#context.signer.id)) return
    if (attempt.leases.size === 0) this.#fetchPrompt(out, open)
    this.#watch(out, open, attempt)
  }

  /** A standby looks again when the ranks before it could have been silent for long enough, and begins if they were. */
  #watch(out: Outbox, open: OpenJob, attempt: Attempt): void {
    const { signer } = this.#context
    const next = nextTakeover(open.record.spec, attempt, signer.id)
    if (next === undefined) return
    if (next.atMs > out.now) return out.timer(`${WATCH}${open.job}`, next.atMs - out.now)
    this.#begin(out, open, { step: attempt.step, slot: next.slot, rank: next.rank })
  }

  /** With the prompt here, a standby begins unless a rank before it was heard again meanwhile. */
  #takesOver(out: Outbox, open: OpenJob, attempt: Attempt, { slot, rank }: Work): boolean {
    const { signer, book } = this.#context
    if (takeoverMs(open.record.spec, attempt, slot, rank) > out.now) {
      this.#work.delete(open.job)
      this.#watch(out, open, attempt)
      return false
    }
    attempt.leases.set(signer.id, { slot, heardMs: out.now, isFailed: false })
    book.note(out, open, 'taken-over', { peer: signer.id, slot })
    showSlot(this.#context, open, { slot, rank, peer: signer.id, state: 'started' })
    book.save(out, open)
    return true
  }

  /**
   * Says that this peer is at work, and goes on saying so after its commit until a quorum has sealed: were it dead
   * before it can reveal, a standby's answer would be the slot's only one. A run that nobody waits for ends.
   */
  #renew(out: Outbox, open: OpenJob): void {
    const work = this.#work.get(open.job)
    const { attempt } = open
    if (work === undefined || attempt === undefined || work.step !== attempt.step) return
    if (!isTooLate(this.#context, open, attempt, out.now)) this.#report(out, open, work)
    else if (this.#committed(open) === undefined) this.stop(out, open)
  }

  #report(out: Outbox, open: OpenJob, work: Work): void {
    if (work.state === 'fetching') return
    sendLease(this.#context, out, open, work)
    out.timer(`${LEASE}${open.job}`, Math.floor(open.record.spec.leaseMs / LEASES))
  }

  /** Sends the commit, or the reveal once it may, again until the job is terminal. */
  #remind(out: Outbox, open: OpenJob): void {
    const run = this.#committed(open)
    const { attempt } = open
    if (run === undefined || attempt === undefined) return
    if (!this.#sendReveal(out, open, attempt, run)) {
      const heldBy = this.#work.get(open.job)?.heldBy
      for (const peer of unawareOf(this.#context, open, attempt, heldBy))
        out.sendSigned(peer, 'job-commit', run.commit)
    }
    out.timer(`${RETRY}${open.job}`, TIMES.nudgeMs)
  }

  /** A host that has nothing to release, or has done so, takes no notice. */
  #release(out: Outbox, open: OpenJob, { step }: Attempt): void {
    out.emit({ type: 'release', job: open.job, step })
  }

  /**
   * Once: whoever has the q seals that a reveal shows needs no further one to count its commit. What the line loses is
   * sent again with the next reminder, with all seals that are here then.
   */
  #reveal(out: Outbox, open: OpenJob, attempt: Attempt, run: RunRecord): void {
    if (this.#work.get(open.job)?.isRevealed !== true) this.#sendReveal(out, open, attempt, run)
  }

  #sendReveal(out: Outbox, open: OpenJob, attempt: Attempt, run: RunRecord): boolean {
    const shown = revealOf(this.#context, attempt, run)
    if (shown === undefined) return false
    const work = this.#work.get(open.job)
    if (work !== undefined) work.isRevealed = true
    this.#release(out, open, attempt)
    for (const peer of deciders(this.#context, open)) out.send(peer, 'reveal', shown)
    return true
  }
}
