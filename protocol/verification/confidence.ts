import { PPM } from './limits.ts'
import type { Votes } from './votes.ts'

const ONE = BigInt(PPM)

/**
 * Credibility of a group among groups of results (Sarmenta, "Sabotage-tolerance mechanisms for volunteer
 * computing systems", 2002, restated in iExec's PoCo): with odds(g) the product over g's voters of
 * trust / (1 - trust), confidence = odds(winner) / (1 + sum of odds(g) over all groups g). Returned in parts per
 * million, rounded down; exact until then, as a fraction of integers. Groups without a vote have no odds.
 */
export function confidenceOf(votes: readonly Votes[], winner: number): number {
  const groups = votes.map((trusts) => ({
    right: product(trusts.map((trust) => BigInt(trust))),
    wrong: product(trusts.map((trust) => ONE - BigInt(trust))),
    counts: trusts.length > 0,
  }))
  if (groups[winner]?.counts !== true) return 0
  const all = product(groups.map((group) => group.wrong))
  // Over the common denominator `all`, a group's odds are its `right` times the `wrong` of every other group.
  const shares = groups.map((group) => (group.counts ? (group.right * all) / group.wrong : 0n))
  const sum = shares.reduce((total, share) => total + share, all)
  return Number(((shares[winner] ?? 0n) * ONE) / sum)
}

function product(factors: readonly bigint[]): bigint {
  return factors.reduce((result, factor) => result * factor, 1n)
}
