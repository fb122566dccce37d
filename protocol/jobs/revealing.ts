import type { BodyOf } from '../encoding/kinds.ts'
import { sign } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import type { JobContext } from './context.ts'
import { REVEAL, sealDigestOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import type { RunRecord } from './run-record.ts'
import { quorumOfSeals, sealersOf } from './sealers.ts'

/** A runner's commit opened, once q witnesses have sealed and t of the seals have it; undefined before, or if they don't. */
export function revealOf(
  context: JobContext,
  attempt: Attempt,
  { job, step, slot, salt, answer, commit }: RunRecord,
): BodyOf<'reveal'> | undefined {
  const { signer, roster } = context
  const seals = quorumOfSeals(roster, attempt)
  if (seals === undefined) return undefined
  const counting = seals.filter(({ body }) =>
    body.commits.some(
      ({ signer: runner, body: { commitment } }) =>
        runner === commit.signer && commitment === commit.body.commitment,
    ),
  )
  if (counting.length < sealersOf(roster, attempt).sizes.counting) return undefined
  const named = seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) }))
  // Signed anew when more seals have come: a reveal has no slot that two bodies could compete for.
  const reveal = sign(signer, roster.swarm, REVEAL, { job, step, slot, salt, answer, seals: named })
  return { reveal, seals }
}

/**
 * Whether a commit is in q hands (6.12): so many sealers have said that their seals will have it. That isn't all that it takes
 * to count, but whoever begins to copy the answer now is behind all of them.
 */
export function isInHands({ roster }: JobContext, attempt: Attempt, heldBy: ReadonlySet<PeerId>): boolean {
  const { isSealer, sizes } = sealersOf(roster, attempt)
  return [...heldBy].filter(isSealer).length >= sizes.quorum
}

/** Whether a commit made now would come too late, or isn't wanted: most have sealed, or do so at this moment. */
export function isTooLate({ roster }: JobContext, open: OpenJob, attempt: Attempt, now: number): boolean {
  return (
    open.cancel !== undefined ||
    quorumOfSeals(roster, attempt) !== undefined ||
    now >= attempt.assignedMs + open.record.spec.commitMs
  )
}
