import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { JobContext } from './context.ts'
import { commitsIn } from './counting.ts'
import { sealDigestOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import type { TimelineEvent } from './record.ts'
import type { AgainValue, CloseValue } from './value.ts'

/**
 * Fills a job's record with what the decision on an attempt shows: commits, seals and reveals go to those who decide, so
 * any other peer sees of a running job little more than that it runs. Afterwards all show the same of it; only the
 * times are each peer's own.
 */
export function fillFrom(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  value: CloseValue | AgainValue,
): void {
  const { attempt } = open
  if (attempt === undefined) return
  const note = noting(context, out, open)
  const slotOf = new Map<PeerId, number>()
  for (const { commit } of commitsIn(open.job, attempt, value.seals).values()) {
    slotOf.set(commit.signer, commit.body.slot)
    note('committed', commit.signer, commit.body.commitment, commit.body.slot)
  }
  for (const seal of value.seals) note('sealed', seal.signer, sealDigestOf(seal))
  for (const { signer, body } of value.reveals) note('revealed', signer, body.answer.digest, body.slot)
  fillSlots(context, open, attempt, value, slotOf)
}

/** Notes what this peer hasn't noted of this attempt. */
function noting({ book }: JobContext, out: Outbox, open: OpenJob) {
  const { timeline } = open.record
  const begun = timeline.findLastIndex(({ phase }) => phase === 'assigned')
  const known = new Set(timeline.slice(begun + 1).map(({ phase, peer }) => `${phase} ${peer}`))
  return (phase: TimelineEvent['phase'], peer: PeerId, evidence: Digest, slot?: number): void => {
    if (known.has(`${phase} ${peer}`)) return
    book.note(out, open, phase, { peer, evidence, ...(slot === undefined ? {} : { slot }) })
  }
}

/** A slot is that of whoever is named in the result; one without an answer stays with whom this peer saw last. */
function fillSlots(
  { book }: JobContext,
  open: OpenJob,
  attempt: Attempt,
  { result }: Pick<CloseValue, 'result'>,
  committed: ReadonlyMap<PeerId, number>,
): void {
  const slots = open.record.slots.map((shown) => {
    if (shown.step !== attempt.step) return shown
    const replica = result.replicas.find(({ slot }) => slot === shown.slot)
    if (replica === undefined) return shown
    const { peer, rank } = replica
    if (replica.answer !== null) return { ...shown, peer, rank, state: 'revealed' as const }
    if (committed.get(shown.peer) === shown.slot) return { ...shown, state: 'committed' as const }
    return shown
  })
  book.update(open, { slots })
}
