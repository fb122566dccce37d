/** An answer's place in a set of answers sorted by slot, with what pairs of it are like. */
export interface Ties {
  readonly count: number
  readonly agree: (a: number, b: number) => boolean
  readonly cosine: (a: number, b: number) => number
}

/**
 * Complete-linkage clusters over "agree" edges: every two members agree, so a chain of near misses never makes
 * a crowd. The closest pair of clusters merges first (by their least cosine, then the lower slots), which leaves
 * one result whatever the order of the answers. Members and clusters are in ascending order.
 */
export function clustersOf(ties: Ties): number[][] {
  const clusters = Array.from({ length: ties.count }, (_, at) => [at])
  for (let best = closestPair(clusters, ties); best !== undefined; best = closestPair(clusters, ties)) {
    const [keep, join] = best
    const merged = [...(clusters[keep] ?? []), ...(clusters[join] ?? [])].sort((a, b) => a - b)
    clusters.splice(join, 1)
    clusters[keep] = merged
  }
  return clusters.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}

function closestPair(clusters: readonly number[][], ties: Ties): [number, number] | undefined {
  let best: [number, number] | undefined
  let closest = -1
  for (let left = 0; left < clusters.length; left += 1) {
    for (let right = left + 1; right < clusters.length; right += 1) {
      const closeness = linkage(clusters[left] ?? [], clusters[right] ?? [], ties)
      if (closeness <= closest) continue
      closest = closeness
      best = [left, right]
    }
  }
  return best
}

/** Least cosine between two clusters, or -1 when any two of their members don't agree. */
function linkage(a: readonly number[], b: readonly number[], ties: Ties): number {
  let least = Number.MAX_SAFE_INTEGER
  for (const left of a) {
    for (const right of b) {
      if (!ties.agree(left, right)) return -1
      least = Math.min(least, ties.cosine(left, right))
    }
  }
  return least
}

/** The member with the highest sum of cosines to the others; ties go to the lowest. */
export function medoidOf(members: readonly number[], ties: Ties): number {
  let medoid = members[0] ?? 0
  let highest = -1
  for (const member of members) {
    const sum = members.reduce(
      (total, other) => total + (other === member ? 0 : ties.cosine(member, other)),
      0,
    )
    if (sum <= highest) continue
    highest = sum
    medoid = member
  }
  return medoid
}
