import { CALM, type Faults } from '../faults.ts'
import type { CharterParams } from '../founding.ts'
import type { Random } from '../random.ts'
import type { PeerPlan } from '../peer-plan.ts'

/** One run's own mix of members and faults (swarm testing: features switched off find what a full mix hides). */
export interface JobsPlan {
  readonly peers: readonly [PeerPlan, ...PeerPlan[]]
  readonly charter: CharterParams
  readonly faults: Faults
  /** Most peers that crash in one pause between jobs. */
  readonly crashesMax: number
  /** Most jobs that are open at a time. */
  readonly concurrentMax: number
}

const OPERATORS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove'] as const
const OPERATORS_MIN = 4
// One credit is a million units; runs cost about a hundredth.
const PRICE_UNITS = { min: 2_000, max: 9_000 } as const
const MAX_PRICE_UNITS = 10_000n
const LIAR_PRICE_UNITS = 1_000n
const SKEW_MS = 5_000

export function drawPlan(random: Random): JobsPlan {
  const count = random.between({ min: OPERATORS_MIN, max: OPERATORS.length })
  const labels = random.between({ min: OPERATORS_MIN, max: count })
  // A liar is never the minter, whose mints the run begins with; it bids low and so is elected often.
  const liar = random.chance(500_000) ? 1 + random.below(count - 1) : undefined
  const peerAt = (at: number): PeerPlan => ({
    operator: OPERATORS[at % labels] ?? OPERATORS[0],
    witness: true,
    runner: at === liar ? 'liar' : 'honest',
    price: at === liar ? LIAR_PRICE_UNITS : BigInt(random.between(PRICE_UNITS)),
    skewMs: random.below(SKEW_MS),
  })
  const [first, ...others] = Array.from({ length: count }, (_, at) => peerAt(at))
  if (first === undefined) throw new Error('a swarm has a first member')
  return {
    peers: [first, ...others],
    charter: {
      diversity: random.pick(['operator', 'operator', 'peer'] as const),
      params: {
        priorTrust: 800_000,
        minConfidence: random.pick([0, 500_000, 900_000]),
        fee: BigInt(random.pick([0, 0, 1_000])),
        maxPrice: MAX_PRICE_UNITS,
        trustBidders: 0,
      },
    },
    faults: drawFaults(random),
    crashesMax: random.below(count + 1),
    concurrentMax: random.pick([1, 1, 2, 4]),
  }
}

function drawFaults(random: Random): Faults {
  const sometimes = (most: number) => (random.chance(500_000) ? random.below(most + 1) : 0)
  const baseMax = random.pick([2, 20, 80])
  return {
    link: {
      ...CALM.link,
      baseMs: { min: 1, max: baseMax },
      jitterMs: random.pick([0, 2, baseMax]),
      lossPpm: sometimes(80_000),
      duplicatePpm: sometimes(100_000),
      reorderPpm: sometimes(200_000),
      reorderMs: random.pick([5, 50, 400]),
    },
    host: {
      syncMs: { min: 0, max: random.pick([0, 3, 20]) },
      loadMs: { min: 0, max: random.pick([0, 5]) },
      verifyMs: { min: 0, max: random.pick([0, 2, 10]) },
      computeMs: { min: 1, max: random.pick([5, 60]) },
      runMs: { min: 10, max: random.pick([100, 900, 3_000]) },
      runFailurePpm: sometimes(50_000),
    },
  }
}
