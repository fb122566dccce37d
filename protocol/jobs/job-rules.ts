import { type InstanceRules, type Judgement, WAITING } from '../agreement/instance-rules.ts'
import type { Refusal } from '../agreement/messages.ts'
import type { Signed } from '../encoding/signed.ts'
import type { InstanceId } from '../ids.ts'
import { parseJobInstance } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { buildAssign, judgeAssign } from './assign.ts'
import { cancelItems, holdCancel, isCancelOf } from './cancel.ts'
import { buildClose, judgeClose } from './close.ts'
import type { JobContext } from './context.ts'
import { dueAt, nextStep, voidAt } from './instance-clock.ts'
import { ineligibleFor } from '../election/eligibility.ts'
import { type Reveal, sealDigestOf } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import { fetchAnswer, holdReveal } from './sealing.ts'
import { hasHolder, stillStaging } from './staging.ts'
import { type AssignValue, isJobValue, type JobValue } from './value.ts'

/** The open job whose next decision this instance is. */
function current(context: JobContext, instance: InstanceId): OpenJob | undefined {
  const parsed = parseJobInstance(instance)
  const open = parsed === undefined ? undefined : context.book.get(parsed.job)
  return open !== undefined && nextStep(open) === parsed?.step ? open : undefined
}

/** Full refund, once its guard can pass (6.11), or at once when nobody is to begin any more (6.10). */
function buildVoid(open: OpenJob, now: number): JobValue | undefined {
  const at = voidAt(open)
  if (at === undefined) return undefined
  if (open.attempt === undefined && open.cancel !== undefined)
    return { type: 'void', reason: 'cancelled', cancel: open.cancel }
  if (now < at) return undefined
  return { type: 'void', reason: open.attempt === undefined ? 'unassigned' : 'expired', cancel: null }
}

type Void = Extract<JobValue, { type: 'void' }>

/** Once somebody is assigned a cancel only keeps others from being: what is answered is paid (6.10). */
function judgeVoid(open: OpenJob, { reason, cancel }: Void, now: number): Judgement {
  if (reason === 'cancelled') {
    const isValid = open.attempt === undefined && cancel !== null && isCancelOf(open, cancel)
    return { verdict: isValid ? 'prepare' : 'not_valid' }
  }
  if (cancel !== null) return { verdict: 'not_valid' }
  if (reason !== (open.attempt === undefined ? 'unassigned' : 'expired')) return { verdict: 'not_valid' }
  const at = voidAt(open)
  return at !== undefined && now >= at ? { verdict: 'prepare' } : WAITING
}

function judge(context: JobContext, out: Outbox, open: OpenJob, value: JobValue): Judgement {
  const first = open.attempt === undefined
  switch (value.type) {
    case 'void':
      return judgeVoid(open, value, out.now)
    case 'assign':
      return first ? judgeFirst(context, out, open, value) : { verdict: 'not_valid' }
    case 'close':
    case 'again':
      if (first) return { verdict: 'missing', ids: [open.job] }
      return judgeClose(context, out, open, value, (reveals) => lacking(context, out, open, reveals))
  }
}

function judgeFirst(context: JobContext, out: Outbox, open: OpenJob, value: AssignValue): Judgement {
  const cancelled = cancelItems(open)
  return cancelled === undefined
    ? judgeAssign(context, open, value, out.now)
    : { verdict: 'guard', items: cancelled }
}

/** Fetches the answers that a verdict needs, earlier attempts' ones too; true while some are on their way. */
function lacking(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  reveals: readonly Signed<Reveal>[],
): boolean {
  const now = reveals.map(({ signer, body }) => ({ author: signer, answer: body.answer }))
  const before = open.earlier.flatMap(({ peer, answer }) =>
    answer === null ? [] : [{ author: peer, answer }],
  )
  const absent = [...now, ...before].filter(({ answer }) => open.attempt?.bodies.has(answer.digest) !== true)
  for (const { answer, author } of absent) fetchAnswer(context, out, open, answer, author)
  return absent.length > 0
}

/** What the instances `job/<id>/<step>` bring to the agreement. */
export function createJobRules(context: JobContext): InstanceRules {
  return {
    naturalProposer: (instance) => current(context, instance)?.record.spec.steward,
    dueAt(instance) {
      const open = current(context, instance)
      return open === undefined ? undefined : dueAt(open)
    },
    judge(out, instance, value) {
      const open = current(context, instance)
      if (!isJobValue(value)) return { verdict: 'not_valid' }
      return open === undefined ? { verdict: 'wait' } : judge(context, out, open, value)
    },
    build(out, instance) {
      const open = current(context, instance)
      if (open === undefined) return undefined
      // Whatever else could be proposed has had its time: others may refuse it for ever (invariant 8).
      const refund = buildVoid(open, out.now)
      if (refund !== undefined) return refund
      if (open.attempt !== undefined)
        return lacking(context, out, open, []) ? undefined : buildClose(context, out, open)
      const value = buildAssign(context, open, out.now)
      if (value === undefined || !hasHolder(context, open, value)) return undefined
      return stillStaging(context, out, open, value) ? undefined : value
    },
    learn(out, refusal) {
      const open = current(context, refusal.instance)
      if (open !== undefined) learn(context, out, open, refusal)
    },
  }
}

/** Takes over bids, reveals and a cancel that a witness holds and this peer lacked. */
function learn(context: JobContext, out: Outbox, open: OpenJob, refusal: Refusal): void {
  for (const bid of refusal.bids) {
    const fits = bid.body.job === open.job && ineligibleFor(open.record.spec, bid.body.offer) === undefined
    // Held for long enough by whoever refused, hence at once by this peer too.
    if (fits && !open.bids.has(bid.signer))
      open.bids.set(bid.signer, { bid, heldMs: out.now - TIMES.bidGraceMs })
  }
  for (const cancel of refusal.cancels) holdCancel(context, out, open, cancel)
  const { attempt } = open
  if (attempt === undefined) return
  for (const reveal of refusal.reveals) {
    const named = new Map(reveal.body.seals.map(({ witness, seal }) => [witness, seal]))
    const seals = [...attempt.seals.values()].filter((seal) => named.get(seal.signer) === sealDigestOf(seal))
    holdReveal(context, out, open, attempt, { body: { reveal, seals } })
  }
}
