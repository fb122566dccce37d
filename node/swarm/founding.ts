import { randomBytes } from 'node:crypto'
import type { Digest, PeerId } from '../../protocol/ids.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'

interface Founding {
  readonly name: string
  /** The first one mints, holds the treasury and may change the charter. */
  readonly founders: readonly [Founder, ...Founder[]]
  readonly rules: Digest
}

export interface Founder {
  readonly peer: PeerId
  readonly operator: string
}

/** Newcomers are believed to be mostly right: a new swarm has no history, and its operators are known people. */
const PRIOR_TRUST = 800_000
/** Units: 0.05 credits, five times what a peer asks by default. */
const MAX_PRICE = 50_000n
/**
 * A close earns trust if so many operators bid: twice the usual three replicas, so that an election says
 * something. A smaller swarm asks all but one of its founders, who may be away.
 */
const TRUST_BIDDERS = { min: 2, max: 6 } as const

/** The charter of a swarm whose founders all witness: no fee, and one vote for each operator. */
export function foundSwarm({ name, founders, rules }: Founding): Charter {
  const [{ peer: first }] = founders
  const witnesses = founders.map(({ peer }) => peer)
  return {
    name,
    random: new Uint8Array(randomBytes(32)),
    operators: { keys: [first], needed: 1 },
    founders: founders.map(({ peer, operator }) => ({ peer, roles: ['peer', 'witness'], operator })),
    witnesses: witnesses.sort((a, b) => (a < b ? -1 : 1)),
    minters: [first],
    treasury: first,
    admission: 'invite',
    guests: false,
    diversity: 'operator',
    params: {
      priorTrust: PRIOR_TRUST,
      minConfidence: 0,
      fee: 0n,
      maxPrice: MAX_PRICE,
      trustBidders: Math.min(TRUST_BIDDERS.max, Math.max(TRUST_BIDDERS.min, founders.length - 1)),
    },
    rules,
  }
}
