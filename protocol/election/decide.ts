import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { digest as digestCodec, peerId, struct } from '../encoding/codec.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Offer } from '../jobs/offer.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { type Ineligible, ineligibleBid } from './eligibility.ts'
import { type ScoreTerms, scoreOf, scoreTerms } from './score.ts'

/** One bid as the election sees it; `operator` is undefined for somebody who isn't a member. */
export interface Candidacy {
  readonly peer: PeerId
  readonly operator: string | undefined
  readonly offer: Offer
}

/** How one bid fared, in the order of the ranking; `duplicate` names a better bid of the same operator. */
export interface RankedBid {
  readonly peer: PeerId
  readonly operator: string
  readonly offer: Offer
  readonly ineligible: Ineligible | 'same_operator' | 'other_model' | undefined
  readonly terms: ScoreTerms
  readonly score: number
  readonly tieBreak: Digest
}

export interface Election {
  readonly ranking: readonly RankedBid[]
  /** Digest of the one model that all slots run. */
  readonly modelDigest: Digest | undefined
  readonly slots: readonly PeerId[]
  readonly standbys: readonly PeerId[]
}

const tieBreakInput = struct({ seed: digestCodec(), peer: peerId })

/**
 * Elects replicas and standbys (6.3). Pure and integer-only: filter, score, break ties by a hash that nobody
 * could foresee, keep the best bid of each operator (or peer), take one model digest. Fewer eligible bidders
 * than `spec.replicas` elect nobody, so the job waits and is then refunded.
 */
export function decide(
  spec: JobSpec,
  candidates: readonly Candidacy[],
  snapshot: TrustSnapshot,
  seed: Digest,
): Election {
  const ranked = candidates.map((candidate) => rank(spec, candidate, snapshot, seed)).sort(better)
  const modelDigest = mostOffered(ranked)
  const ranking = withoutDoubles(spec, ranked, modelDigest)
  const chosen = ranking.filter(({ ineligible }) => ineligible === undefined).map(({ peer }) => peer)
  if (chosen.length < spec.replicas) return { ranking, modelDigest, slots: [], standbys: [] }
  return {
    ranking,
    modelDigest,
    slots: chosen.slice(0, spec.replicas),
    standbys: chosen.slice(spec.replicas, spec.replicas + spec.standbys),
  }
}

function rank(spec: JobSpec, candidate: Candidacy, snapshot: TrustSnapshot, seed: Digest): RankedBid {
  const { peer, operator, offer } = candidate
  const terms = scoreTerms(spec, offer, snapshot.row(candidate, offer.modelDigest))
  return {
    peer,
    operator: operator ?? '',
    offer,
    ineligible: ineligibleBid(spec, candidate),
    terms,
    score: scoreOf(terms),
    tieBreak: hash('tie', encodeBody(tieBreakInput, { seed, peer })),
  }
}

/** Eligible first, then score, then the hash: a total order, since tie-breaks of distinct peers differ. */
function better(a: RankedBid, b: RankedBid): number {
  const eligible = Number(a.ineligible !== undefined) - Number(b.ineligible !== undefined)
  if (eligible !== 0) return eligible
  if (a.score !== b.score) return b.score - a.score
  return a.tieBreak < b.tieBreak ? -1 : 1
}

/** The model digest with most eligible bids; among equals the one whose best bid ranks higher. */
function mostOffered(ranked: readonly RankedBid[]): Digest | undefined {
  const counts = new Map<Digest, number>()
  for (const { ineligible, offer } of ranked) {
    if (ineligible === undefined) counts.set(offer.modelDigest, (counts.get(offer.modelDigest) ?? 0) + 1)
  }
  let best: { digest: Digest; count: number } | undefined
  for (const [digest, count] of counts) if (best === undefined || count > best.count) best = { digest, count }
  return best?.digest
}

function withoutDoubles(
  spec: JobSpec,
  ranked: readonly RankedBid[],
  modelDigest: Digest | undefined,
): readonly RankedBid[] {
  const seen = new Set<string>()
  return ranked.map((bid) => {
    if (bid.ineligible !== undefined) return bid
    if (bid.offer.modelDigest !== modelDigest) return { ...bid, ineligible: 'other_model' as const }
    const voter = spec.diversity === 'operator' ? bid.operator : bid.peer
    if (seen.has(voter)) return { ...bid, ineligible: 'same_operator' as const }
    seen.add(voter)
    return bid
  })
}
