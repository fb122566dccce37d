import type { BodyOf } from '../encoding/kinds.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import type { JobContext } from './context.ts'
import { REVEAL, type Seal, sealDigestOf } from './messages.ts'
import type { Attempt } from './open-job.ts'
import type { RunRecord } from './run-record.ts'
import { sealersOf } from './sealers.ts'

/** The seals of an attempt's sealers, by witness; undefined while they are no quorum. */
export function quorumOfSeals({ roster }: JobContext, attempt: Attempt): readonly Signed<Seal>[] | undefined {
  const { isSealer, sizes } = sealersOf(roster, attempt)
  const held = [...attempt.seals.values()].filter(({ signer }) => isSealer(signer))
  if (held.length < sizes.quorum) return undefined
  return held.sort((a, b) => (a.signer < b.signer ? -1 : 1))
}

/** A runner's commit opened, once q witnesses have sealed and t of the seals have it; undefined before, or if they don't. */
export function revealOf(
  context: JobContext,
  attempt: Attempt,
  { job, step, slot, salt, answer, commit }: RunRecord,
): BodyOf<'reveal'> | undefined {
  const { signer, roster } = context
  const seals = quorumOfSeals(context, attempt)
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
