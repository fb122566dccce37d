import type { Message } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { JobContext } from './context.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { isItsTurn } from './leases.ts'
import { rankOf } from './ranks.ts'
import type { Runner } from './runner.ts'
import { holdCommit, holdReveal, holdSeal, sealIfDue, showSlot } from './sealing.ts'

export type AttemptMessage = Extract<Message, { kind: 'lease' | 'job-commit' | 'held' | 'seal' | 'reveal' }>

interface Roles {
  readonly context: JobContext
  readonly runner: Runner
}

/** What runners and witnesses say of the attempt under way. */
export function onAttemptMessage(
  { context, runner }: Roles,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: AttemptMessage,
): void {
  const seals = attempt.seals.size
  hear({ context, runner }, out, open, attempt, message)
  // Only what is new is answered with a reveal, to all deciders: else one small frame, said again and again, is answered
  // with as many large ones. This peer's own seal may be the one its runner waited for.
  if (attempt.seals.size > seals) runner.onSeals(out, open)
}

function hear(
  { context, runner }: Roles,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: AttemptMessage,
): void {
  switch (message.kind) {
    case 'lease':
      return onLease({ context, runner }, out, open, attempt, message)
    case 'held':
      return runner.onHeld(out, open, attempt, message)
    case 'job-commit':
      return holdCommit(context, out, open, attempt, message)
    case 'seal':
      return holdSeal(context, out, open, attempt, message)
    case 'reveal':
      return holdReveal(context, out, open, attempt, message)
  }
}

/** A runner's word on its own connection that it is at work, or that it failed; anybody else's is nothing. */
function onLease(
  { context, runner }: Roles,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  { from, body }: Extract<AttemptMessage, { kind: 'lease' }>,
): void {
  const { slot, rank, tokens } = body
  if (rankOf(attempt, slot, from) !== rank) return
  const isFailed = body.state === 'failed'
  const before = attempt.leases.get(from)
  attempt.leases.set(from, { slot, heardMs: out.now, isFailed })
  const state = isFailed ? 'failed' : 'started'
  const shown = open.record.slots.find((one) => one.slot === slot)?.peer
  const isShown =
    isItsTurn(open.record.spec, attempt, { slot, rank }, out.now) &&
    showSlot(context, open, { slot, rank, peer: from, state, tokens })
  if (isShown) out.notify(open.job)
  if (rank === 0 && before === undefined) context.book.note(out, open, 'started', { peer: from, slot })
  if (rank > 0 && isShown && shown !== from) context.book.note(out, open, 'taken-over', { peer: from, slot })
  if (!isFailed || before?.isFailed === true) return
  runner.onFailure(out, open)
  sealIfDue(context, out, open, attempt)
}
