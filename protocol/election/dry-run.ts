import { escrowOf, type JobSpec } from '../jobs/spec.ts'
import type { Offer } from '../jobs/offer.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Heartbeat } from '../jobs/messages.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { type Candidacy, decide, type Election } from './decide.ts'
import { ineligibleFor } from './eligibility.ts'

/** A member as far as an election asks of it. */
interface Standing {
  readonly peer: PeerId
  readonly operator: string
  readonly status: 'online' | 'late' | 'offline'
  readonly heartbeat: Heartbeat | undefined
}

/** What a job would cost and who would be elected for it, were it opened now and everybody bid. */
export interface DryRun extends Election {
  readonly spec: JobSpec
  /** Set aside while it runs; the most that it can cost. */
  readonly escrow: bigint
  /** What the elected ask, and the fee; null where too few nodes could be elected. */
  readonly expected: bigint | null
}

/**
 * The election on what heartbeats say, by the very rule that witnesses recompute. It says what is likely, not what will be:
 * heartbeats are some seconds old, busy nodes don't bid, and equals are told apart by a `seed` that is drawn here, whereas
 * nobody knows that of the election itself.
 */
export function dryRun(
  spec: JobSpec,
  nodes: readonly Standing[],
  snapshot: TrustSnapshot,
  seed: Digest,
): DryRun {
  const candidates = nodes.flatMap((node) => candidacyOf(spec, node))
  const election = decide(spec, candidates, snapshot, seed)
  const prices = election.slots.map((peer) => election.ranking.find((bid) => bid.peer === peer)?.offer.price)
  const expected = prices.reduce<bigint>((sum, price) => sum + (price ?? 0n), spec.fee)
  return { ...election, spec, escrow: escrowOf(spec), expected: prices.length === 0 ? null : expected }
}

/** The offer that the node would bid: its cheapest one that fits, or, where none does, the first, to say why. */
function candidacyOf(spec: JobSpec, { peer, operator, status, heartbeat }: Standing): readonly Candidacy[] {
  if (status === 'offline') return []
  const offers = (heartbeat?.nodes ?? []).flatMap(({ models, vramFreeMb, loadMilli, region, modes }) =>
    models.map(({ name, digest, warm, price }): Offer => {
      const [first, ...others] = modes
      const some = first === undefined ? [] : [first, ...others]
      return {
        price,
        etaMs: 0,
        model: name,
        modelDigest: digest,
        cached: warm,
        vramFreeMb,
        loadMilli,
        region,
        modes: some,
      }
    }),
  )
  const fitting = offers.filter((offer) => ineligibleFor(spec, offer) === undefined)
  const best = fitting.toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))[0]
  const shown = best ?? offers[0]
  return shown === undefined ? [] : [{ peer, operator, offer: shown }]
}
