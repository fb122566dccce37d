import type { Roster } from '../swarm/roster.ts'
import { createIntakeQuota, type IntakeQuota } from './quota.ts'

/** Budgets grow with the quorum; an epoch that changes it begins them anew. */
export function quotaOfEpoch(roster: Roster, now: () => number): () => IntakeQuota {
  let { quorum } = roster.epoch.sizes
  let quota = createIntakeQuota(now, quorum)
  return () => {
    if (quorum !== roster.epoch.sizes.quorum) {
      ;({ quorum } = roster.epoch.sizes)
      quota = createIntakeQuota(now, quorum)
    }
    return quota
  }
}
