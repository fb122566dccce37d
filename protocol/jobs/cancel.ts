import { hash } from '../crypto/digest.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import { type GuardItems, NO_ITEMS } from '../agreement/instance-rules.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Digest, JobId } from '../ids.ts'
import { deciders, type JobContext } from './context.ts'
import { CANCEL, type Cancel } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import { electedIn } from './ranks.ts'

/**
 * Whether this is the payer's own word about this very job (6.10). Nobody else can say it, a steward neither; and as
 * it names the job, it says nothing of one that tries the same again.
 */
export function isCancelOf(open: OpenJob, cancel: Signed<Cancel>): boolean {
  return cancel.body.job === open.job && cancel.signer === open.record.account
}

/** Names a cancel by its body. */
export function cancelDigestOf({ bytes }: Signed<Cancel>): Digest {
  return hash('cancel', bytes)
}

/**
 * Keeps the payer's word, acts on it and passes it on, once. It is in the job's record: what rests on it, a seal, a vote
 * or the word itself, leaves once that is synced.
 *
 * A cancel stops only what is fresh: nobody begins, and no witness helps to prepare a value by which somebody would. A
 * value that was prepared before is carried on like any other, so decisions stay unique; its runners find the cancel with
 * whoever holds it and their attempt is sealed at once. A job that nobody can go on with still ends by its void.
 */
export function holdCancel(context: JobContext, out: Outbox, open: OpenJob, cancel: Signed<Cancel>): void {
  if (open.cancel !== undefined || !isCancelOf(open, cancel)) return
  noteCancel(context, out, open, cancel)
  context.book.save(out, open)
  spreadCancel(context, out, open)
  context.cancelled(out, open)
}

/** Shows it in the record; a peer that wasn't told learns it from the decision that rests on it. */
export function noteCancel({ book }: JobContext, out: Outbox, open: OpenJob, cancel: Signed<Cancel>): void {
  if (open.cancel !== undefined) return
  open.cancel = cancel
  book.update(open, { cancelledMs: out.now })
  book.note(out, open, 'cancelled', { peer: cancel.signer, evidence: cancelDigestOf(cancel) })
}

/** Tells all who act on it: those who decide, and those who run, may run, or were asked to hold the prompt. */
export function spreadCancel(context: JobContext, out: Outbox, open: OpenJob): void {
  const { attempt, cancel } = open
  if (cancel === undefined) return
  for (const peer of new Set([...deciders(context, open), ...electedIn(attempt)]))
    if (peer !== context.signer.id) out.send(peer, 'cancel', { cancel })
}

/** What became of the owner's wish to cancel: the job may be somebody else's, or over. */
export type CancelOutcome = 'cancelled' | 'not_the_payer' | 'job_over'

/** The payer's word, by its own peer. Said once: a second wish finds the first one held. */
export function cancelOwn(context: JobContext, out: Outbox, job: JobId): CancelOutcome {
  const open = context.book.get(job)
  if (open === undefined) return 'job_over'
  const { signer, roster } = context
  if (open.record.account !== signer.id) return 'not_the_payer'
  holdCancel(context, out, open, sign(signer, roster.swarm, CANCEL, { job }))
  return 'cancelled'
}

/**
 * What a fresh value that would let runners begin leaves out. Only a guard: a value that was prepared before the payer's
 * word came is carried on, and the job ends by what its runners answer.
 */
export function cancelItems(open: OpenJob): GuardItems | undefined {
  return open.cancel && { ...NO_ITEMS, cancels: [open.cancel] }
}
