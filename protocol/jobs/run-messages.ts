import type { BodyOf } from '../encoding/kinds.ts'
import type { PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { type JobContext, deciders } from './context.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { sealersOf } from './sealers.ts'

/** A slot that this peer fills in the attempt under way. In memory only: after a restart it begins anew. */
export interface Work {
  readonly step: number
  readonly slot: number
  readonly rank: number
  state: 'fetching' | BodyOf<'lease'>['state']
  tokens: number
  /** Those who decide and have its commit in a synced record. */
  readonly heldBy: Set<PeerId>
  /** All deciders were shown its reveal. */
  isRevealed: boolean
}

/** Says that this peer is at work, or has failed at it, to all who wait for it: those who decide, and the standbys. */
export function sendLease(context: JobContext, out: Outbox, open: OpenJob, work: Work): void {
  const { step, slot, rank, state, tokens } = work
  if (state === 'fetching') return
  const lease = { job: open.job, step, slot, rank, state, tokens }
  const others = (open.attempt?.standbys ?? []).filter((peer) => peer !== context.signer.id)
  for (const peer of new Set([...deciders(context, open), ...others])) out.send(peer, 'lease', lease)
}

/**
 * Whom to tell the commit again: a sealer until its seal is here, since it answers with that, which may have been lost;
 * a steward that doesn't seal until it holds the commit.
 */
export function unawareOf(
  context: JobContext,
  open: OpenJob,
  attempt: Attempt,
  heldBy: ReadonlySet<PeerId> | undefined,
): readonly PeerId[] {
  const { isSealer } = sealersOf(context.roster, attempt)
  return deciders(context, open).filter((peer) =>
    isSealer(peer) ? !attempt.seals.has(peer) : heldBy?.has(peer) !== true,
  )
}
