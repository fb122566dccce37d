import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Event } from '../../protocol/peer/event.ts'
import { ranksOf } from './assignments.ts'
import type { CreateChecker } from './checker.ts'
import { createLeaseWatch, type KnownAttempt, type Viewed } from './lease-watch.ts'

type Seal = BodyOf<'seal'>

/**
 * A witness seals when each slot has a commit whose lower ranks it hears no more, or nobody left to give one; otherwise
 * after commitMs or on a cancel (6.6). Who is still heard at work is waited for.
 */
export const createSealedInTurnChecker: CreateChecker = (facts, report) => {
  const watch = createLeaseWatch(facts)
  const sealed = new Set<string>()
  const cancelled = new Set<string>()

  const seals = (peer: PeerId, seal: Seal) => {
    const viewed = { peer, job: seal.job, step: seal.step }
    const name = `${peer} ${seal.job}/${seal.step}`
    if (sealed.has(name)) return
    sealed.add(name)
    const known = watch.attemptOf(viewed)
    const assignedMs = watch.assignedMs(viewed)
    // A later life's clock may have been set.
    if (known === undefined || assignedMs === undefined || cancelled.has(seal.job)) return
    if (facts.now() - assignedMs >= known.spec.commitMs) return
    for (const { slot } of known.attempt.slots)
      if (!isSettled(viewed, known, seal, slot)) report(`${name} is sealed while slot ${slot} is worked on`)
  }

  const isSettled = (
    viewed: Viewed,
    { attempt, spec }: KnownAttempt,
    { commits }: Seal,
    slot: number,
  ): boolean => {
    const ranks = ranksOf(attempt, slot)
    const answered = ranks.findIndex((peer) =>
      commits.some(({ signer, body }) => signer === peer && body.slot === slot),
    )
    if (answered >= 0)
      return ranks.slice(0, answered).every((lower) => watch.silentMs(viewed, lower, slot) >= spec.leaseMs)
    return ranks.every(
      (peer) => watch.hasFailed(viewed, peer) || commits.some(({ signer }) => signer === peer),
    )
  }

  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'event') {
        const job = cancelledIn(observation.event)
        if (job !== undefined) cancelled.add(job)
      }
      watch.observe(observation)
      if (observation.type !== 'effect' || observation.effect.type !== 'send') return
      if (observation.effect.channel !== 'job') return
      const { kind, signer, body } = decodeEnvelope(observation.effect.frame)
      // A deadline cancels without anybody's word.
      if (kind === 'cancel') cancelled.add(decodeKind(kind, body, TRUSTED).cancel.body.job)
      if (kind === 'seal' && signer === peer) seals(peer, decodeKind('seal', body, TRUSTED))
    },
  }
}

/** Whoever said it: what only the payer may say, another checker asks. */
function cancelledIn(event: Event): string | undefined {
  if (event.type === 'command' && event.command.type === 'cancel-job') return event.command.job
  if (event.type === 'message' && event.message.kind === 'cancel') return event.message.body.cancel.body.job
  return undefined
}
