import type { Offer } from '../jobs/offer.ts'
import type { JobSpec } from '../jobs/spec.ts'
import { PPM } from '../params.ts'
import type { TrustRow } from '../trust/snapshot.ts'

/** Each term in parts per million of its best, before weighting. */
export interface ScoreTerms {
  readonly trust: number
  readonly price: number
  readonly load: number
  readonly vram: number
  readonly latency: number
  readonly cached: number
  readonly eta: number
}

/**
 * Weights in percent of the sum. Trust leads, since a wrong answer costs most; price follows, so that
 * competition pays; the rest break ties between equals. Latency has weight only where witnesses reported it.
 */
const SCORE_WEIGHTS: Readonly<Record<keyof ScoreTerms, number>> = {
  trust: 40,
  price: 30,
  load: 10,
  vram: 5,
  latency: 5,
  cached: 5,
  eta: 5,
}

/** Free VRAM beyond this adds nothing: 24 GB hold every model that one consumer card can run. */
const VRAM_ENOUGH_MB = 24_576
/** An answer promised within a second is as good as instant; beyond a minute the term is used up. */
const ETA_WORST_MS = 60_000
const LATENCY_WORST_MS = 1_000

function shareOf(part: number, whole: number): number {
  return Math.floor((Math.min(part, whole) * PPM) / whole)
}

/** 1,000,000 for a free offer, 0 at the job's maximum price. */
function priceTerm(price: bigint, maxPrice: bigint): number {
  if (maxPrice === 0n) return PPM
  return Number(((maxPrice - price) * BigInt(PPM)) / maxPrice)
}

export function scoreTerms(spec: JobSpec, offer: Offer, row: TrustRow): ScoreTerms {
  return {
    trust: row.trust,
    price: priceTerm(offer.price, spec.maxPrice),
    load: PPM - shareOf(offer.loadMilli, 1_000),
    vram: shareOf(offer.vramFreeMb, VRAM_ENOUGH_MB),
    latency: row.latencyMs === undefined ? 0 : PPM - shareOf(row.latencyMs, LATENCY_WORST_MS),
    cached: offer.cached ? PPM : 0,
    eta: PPM - shareOf(offer.etaMs, ETA_WORST_MS),
  }
}

/** Weighted sum, an integer below 2^53. */
export function scoreOf(terms: ScoreTerms): number {
  return Object.entries(SCORE_WEIGHTS).reduce(
    (sum, [name, weight]) => sum + terms[name as keyof ScoreTerms] * weight,
    0,
  )
}
