import { PPM } from './limits.ts'

export interface Ballot {
  readonly voter: string
  /** Parts per million. */
  readonly trust: number
}

/** Trusts of the voters that stand behind a cluster, one each. */
export type Votes = readonly number[]

/**
 * One vote for each voter, whatever the number of its answers: it counts for the cluster of its lowest slot, so
 * an operator whose peers answer differently can't stand on both sides. Trust is kept inside (0, 1): nobody is
 * certain, and a newcomer still counts.
 */
export function votesOf(clusters: readonly (readonly number[])[], ballots: readonly Ballot[]): Votes[] {
  const first = new Map<string, number>()
  ballots.forEach(({ voter }, at) => {
    if (!first.has(voter)) first.set(voter, at)
  })
  return clusters.map((members) =>
    members.flatMap((member) => {
      const ballot = ballots[member]
      return ballot !== undefined && first.get(ballot.voter) === member ? [boundedTrust(ballot.trust)] : []
    }),
  )
}

function boundedTrust(trust: number): number {
  return Math.min(Math.max(trust, 1), PPM - 1)
}

/** The cluster with more than half of all weight and, where there is a choice, at least two votes. */
export function majorityOf(votes: readonly Votes[], votesMin: number): number | undefined {
  const weights = votes.map((trusts) => trusts.reduce((sum, trust) => sum + trust, 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const winner = weights.findIndex((weight, at) => weight * 2 > total && (votes[at]?.length ?? 0) >= votesMin)
  return winner === -1 ? undefined : winner
}
