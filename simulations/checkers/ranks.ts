import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { RunOrder } from '../../protocol/peer/effect.ts'
import { ranksOf } from './assignments.ts'
import type { CreateChecker } from './checker.ts'
import { createLeaseWatch } from './lease-watch.ts'

/**
 * A standby begins only once it has heard nothing of all lower ranks for leaseMs and its rank's grace (6.5), or that they
 * failed; and each commit names the rank that its runner has. By what reached this peer in this life of its process.
 */
export const createRanksChecker: CreateChecker = (facts, report) => {
  const watch = createLeaseWatch(facts)

  const begins = (peer: PeerId, { job, step, slot }: RunOrder) => {
    const viewed = { peer, job, step }
    const known = watch.attemptOf(viewed)
    if (known === undefined) return
    const { leaseMs, graceMs } = known.spec
    const ranks = ranksOf(known.attempt, slot)
    const rank = ranks.indexOf(peer)
    const needed = leaseMs + rank * graceMs
    for (const lower of ranks.slice(0, Math.max(0, rank))) {
      const silentMs = watch.silentMs(viewed, lower, slot)
      if (silentMs < needed)
        report(
          `${peer} begins slot ${slot} of ${job}/${step} as rank ${rank} after ${silentMs} of ${needed} ms`,
        )
    }
  }

  return {
    observe(observation) {
      if (observation.type === 'effect' && observation.effect.type === 'run')
        begins(observation.peer, observation.effect.order)
      watch.observe(observation)
    },
    evidence(peer, { message }) {
      if (message?.kind !== 'job-commit' || !facts.correct.has(peer)) return
      const { job, step, slot, rank } = message.body as BodyOf<'job-commit'>
      const known = watch.attemptOf({ peer, job, step })
      if (known !== undefined && ranksOf(known.attempt, slot)[rank] !== peer)
        report(`${peer} commits as rank ${rank} of slot ${slot} of ${job}/${step}`)
    },
  }
}
