import type { Digest } from '../ids.ts'
import type { Roster } from '../swarm/roster.ts'
import type { BodyRole, ReadableBody } from './access.ts'
import type { OpenJob } from './open-job.ts'
import { electedIn } from './ranks.ts'
import { quorumOfSeals } from './sealers.ts'

/** A body of a job that goes on, as this peer knows it: who is elected now, and whether the answer was revealed. */
export function openBody(roster: Roster, open: OpenJob, what: BodyRole, digest: Digest): ReadableBody {
  const { record, attempt, staged } = open
  return {
    what,
    job: record,
    isCertified: open.escrow !== undefined,
    isOver: false,
    elected: [...electedIn(attempt), ...(staged?.peers ?? [])],
    isRevealed: what === 'answer' && isRevealed(roster, open, digest),
  }
}

/**
 * Answers of earlier attempts are in the decision that began this one. One of this attempt leaves its holder when a
 * quorum's seals are here: then no witness is left whose seal a copy could still get into often enough (6.7).
 */
function isRevealed(roster: Roster, { attempt, earlier }: OpenJob, answer: Digest): boolean {
  if (earlier.some((replica) => replica.answer?.digest === answer)) return true
  if (attempt === undefined) return false
  return quorumOfSeals(roster, attempt) !== undefined
}
