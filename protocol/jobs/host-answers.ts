import type { JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Event } from '../peer/event.ts'
import type { Outbox } from '../peer/outbox.ts'
import { verdictToken } from './close.ts'
import type { JobContext } from './context.ts'
import { writeHolding } from './holdings.ts'
import type { Runner } from './runner.ts'
import { onStaged } from './staging.ts'

type Fetched = Extract<Event, { type: 'fetched' }>
type Computed = Extract<Event, { type: 'computed' }>

/** A body that was asked for is here, or nobody gave it; false for one that no job asked for. */
export function takeBody(
  { context, runner }: { readonly context: JobContext; readonly runner: Runner },
  out: Outbox,
  { token, blob, ok }: Fetched,
): boolean {
  const [purpose, job] = token.split('/')
  const open = context.book.get(job as JobId)
  if (purpose !== 'stage' && purpose !== 'prompt' && purpose !== 'answer') return false
  if (open === undefined) return true
  open.asked.delete(token)
  const own = open.record.account === context.signer.id
  if (ok) writeHolding(out, blob, { job: open.job, what: purpose === 'answer' ? purpose : 'prompt', own })
  if (purpose === 'prompt') runner.onPrompt(out, open, ok)
  else if (purpose === 'stage' && ok) onStaged(context, out, open)
  else if (
    purpose === 'answer' &&
    ok &&
    open.attempt !== undefined &&
    open.attempt.bodies.size < LIMITS.slots
  ) {
    open.attempt.bodies.add(blob.digest)
    context.book.show(out, open)
    context.stir(out, open)
  }
  return true
}

/** A verdict that was asked for; one that couldn't be reached is asked for again when its job is looked at. */
export function takeVerdict(context: JobContext, out: Outbox, { token, verdict }: Computed): void {
  const [, job, key] = token.split('/')
  const open = context.book.get(job as JobId)
  open?.asked.delete(token)
  if (open === undefined || key === undefined || verdict === null) return
  const known = [...open.verdicts.keys()].find((one) => verdictToken(open.job, one) === token)
  if (known !== undefined) return
  // A witness judges at most a few different sets of answers of one attempt; the oldest may be computed again.
  const oldest = open.verdicts.keys().next().value
  if (open.verdicts.size >= LIMITS.slots && oldest !== undefined) open.verdicts.delete(oldest)
  const named = key as Parameters<typeof verdictToken>[1]
  open.verdicts.set(named, { key: named, verdict })
  context.book.note(out, open, 'judged', { evidence: named })
  out.notify(open.job)
  context.stir(out, open)
}
