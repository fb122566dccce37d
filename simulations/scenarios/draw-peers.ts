import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import { type AdversaryName, MEMBER_ADVERSARIES, WITNESS_ADVERSARIES } from '../adversaries/adversaries.ts'
import type { Random } from '../random.ts'
import type { PeerPlan } from '../peer-plan.ts'
import type { LedgerPlan } from './ledger-plan.ts'

const SKEW_MS = 5_000
const BAD_MEMBER_PPM = 600_000
const LIAR_PPM = 700_000
/** The first peer mints and is always correct: a lying minter owns the money anyway. */
export function drawPeers(random: Random, witnesses: number, members: number): LedgerPlan['peers'] {
  const { faulty } = quorumSizes(witnesses)
  const liars = faulty > 0 && random.chance(LIAR_PPM) ? 1 + random.below(faulty) : 0
  const peerAt = (at: number): PeerPlan => {
    const witness = at < witnesses
    const adversaries: AdversaryName[] = []
    if (witness && at >= 1 && at <= liars) adversaries.push(...drawSome(random, WITNESS_ADVERSARIES, 3))
    const isLiar = adversaries.length > 0
    if (isLiar || (!witness && random.chance(BAD_MEMBER_PPM)))
      adversaries.push(...drawSome(random, MEMBER_ADVERSARIES, 2))
    return {
      operator: `operator ${at}`,
      witness,
      runner: 'honest',
      price: BigInt(random.between({ min: 2_000, max: 9_000 })),
      skewMs: random.below(SKEW_MS),
      adversaries: [...new Set(adversaries)],
    }
  }
  const [first, ...others] = Array.from({ length: witnesses + members }, (_, at) => peerAt(at))
  if (first === undefined) throw new Error('a swarm has a first member')
  return [first, ...others]
}

export function drawSome<T>(random: Random, names: readonly T[], most: number): readonly T[] {
  return random.shuffled(names).slice(0, 1 + random.below(most))
}
