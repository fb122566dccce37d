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
  row(bearer: Bearer, model: Digest): TrustRow
}

/** Whose trust is read: a peer under the label that a value was decided with, or that the reader's roster has for it. */
export interface Bearer {
  readonly peer: PeerId
  readonly operator: string | undefined
}

/**
 * Whether nobody has vouched for a peer's label: it came in by itself, and its label is its own id. Rosters say the same
 * of it at different times, a later invitation among them; so what judges have to agree on goes by the label that
 * their value carries. Whoever is invited under its own id as its label begins with nothing, too.
 */
function isUninvited({ peer, operator }: Bearer, { admission, founders }: Charter): boolean {
  return admission === 'open' && operator === peer && founders.every((founder) => founder.peer !== peer)
}

/** Snapshot 0: nobody has a history, so everybody has the prior: the charter's, or nothing for whom nobody invited. */
export function foundingSnapshot(charter: Charter): TrustSnapshot {
  return {
    number: 0,
    row: (bearer) => ({ trust: priorTrustOf(bearer, charter), latencyMs: undefined }),
  }
}

/** The trust that a bearer begins with: where nobody has vouched, it is assumed that nothing good will come. */
export function priorTrustOf(bearer: Bearer, charter: Charter): number {
  return isUninvited(bearer, charter) ? 0 : charter.params.priorTrust
}
