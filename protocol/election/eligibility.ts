import type { JobSpec } from '../jobs/spec.ts'
import type { Offer } from '../jobs/offer.ts'

export type Ineligible =
  | 'price_above_maximum'
  | 'model_differs'
  | 'region_differs'
  | 'mode_missing'
  | 'not_a_member'

/** Whether a bid may be elected at all: a member's, with an offer that meets the job's hard conditions. */
export function ineligibleBid(
  spec: JobSpec,
  { operator, offer }: { readonly operator: string | undefined; readonly offer: Offer },
): Ineligible | undefined {
  return operator === undefined ? 'not_a_member' : ineligibleFor(spec, offer)
}

/** Whether an offer meets the job's hard conditions; the first that it fails, or undefined. */
export function ineligibleFor(spec: JobSpec, offer: Offer): Ineligible | undefined {
  if (offer.price > spec.maxPrice) return 'price_above_maximum'
  if (spec.model !== null && offer.model !== spec.model) return 'model_differs'
  if (spec.region !== null && offer.region !== spec.region) return 'region_differs'
  if (!offer.modes.includes(spec.mode)) return 'mode_missing'
  return undefined
}
