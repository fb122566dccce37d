import type { Signed } from '../encoding/signed.ts'
import { type GuardItems, NO_ITEMS } from '../agreement/instance-rules.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { JobContext } from './context.ts'
import type { Cancel } from './messages.ts'
import type { OpenJob } from './open-job.ts'

/**
 * Whether this is the payer's own word about this very job (6.10). Nobody else can say it, a steward neither; and as
 * it names the job, it says nothing of one that tries the same again.
 */
export function isCancelOf(open: OpenJob, cancel: Signed<Cancel>): boolean {
  return cancel.body.job === open.job && cancel.signer === open.record.account
}

/** Keeps the payer's word; what rests on it is in the same batch or a later one. */
export function holdCancel(context: JobContext, out: Outbox, open: OpenJob, cancel: Signed<Cancel>): void {
  if (open.cancel !== undefined || !isCancelOf(open, cancel)) return
  open.cancel = cancel
  context.book.update(open, { cancelledMs: out.now })
  context.book.note(out, open, 'cancelled', { peer: cancel.signer })
  context.book.save(out, open)
}

/**
 * What a fresh value that would let runners begin leaves out. Only a guard: a value that was prepared before the payer's
 * word came is carried on, and the job ends by what its runners answer.
 */
export function cancelItems(open: OpenJob): GuardItems | undefined {
  return open.cancel && { ...NO_ITEMS, cancels: [open.cancel] }
}
