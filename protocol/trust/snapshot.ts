import type { Digest, PeerId } from '../ids.ts'
import type { Charter } from '../swarm/charter.ts'

/** What elections read of one member: fixed at a snapshot, the same for every judge. */
export interface TrustRow {
  /** Lower bound of trust, parts per million. */
  readonly trust: number
  /** Lower median of the witnesses' reports in milliseconds; undefined without one (weight 0). */
  readonly latencyMs: number | undefined
}

export interface TrustSnapshot {
  readonly number: number
  /** `model` is the digest of its weights: trust is earned with one model and says nothing of another. */
  row(peer: PeerId, model: Digest): TrustRow
}

/** Snapshot 0: nobody has a history, so everybody has the charter's prior. */
export function foundingSnapshot(charter: Charter): TrustSnapshot {
  const row: TrustRow = { trust: charter.params.priorTrust, latencyMs: undefined }
  return { number: 0, row: () => row }
}
