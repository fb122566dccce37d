/** Thresholds of n witnesses (1). */
export interface QuorumSizes {
  readonly witnesses: number
  /** f = floor((n - 1) / 3): Byzantine witnesses that safety survives. */
  readonly faulty: number
  /** q = ceil((n + f + 1) / 2): any two quorums share a correct witness. */
  readonly quorum: number
  /** t = n - q + 1: at least f + 1, and every quorum contains one of any t. */
  readonly counting: number
}

export function quorumSizes(witnesses: number): QuorumSizes {
  const faulty = Math.floor((witnesses - 1) / 3)
  const quorum = Math.ceil((witnesses + faulty + 1) / 2)
  return { witnesses, faulty, quorum, counting: witnesses - quorum + 1 }
}
