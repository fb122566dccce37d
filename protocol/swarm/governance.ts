import { amount, digest, type Infer, list, peerId, struct, uint } from '../encoding/codec.ts'
import type { SignedKind } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import { LIMITS, PPM } from '../params.ts'

/** m of n keys that speak for the swarm. They need not be members. */
export const operatorsCodec = struct({
  keys: list(peerId, { min: 1, max: LIMITS.operators }),
  needed: uint(LIMITS.operators, 1),
})

export const paramsCodec = struct({
  /** Trust of a node without a history, parts per million. */
  priorTrust: uint(PPM - 1, 1),
  minConfidence: uint(PPM),
  fee: amount(),
  /** Highest price per replica where a job doesn't name one. */
  maxPrice: amount(),
  trustBidders: uint(LIMITS.bids),
})

/** What one epoch fixes and the next may change (5.6): who witnesses, who operates, who mints, and by which figures. */
export const governanceCodec = struct({
  /** Ascending. */
  witnesses: list(peerId, { min: 1, max: LIMITS.witnesses }),
  operators: operatorsCodec,
  minters: list(peerId, { max: LIMITS.minters }),
  treasury: peerId,
  params: paramsCodec,
  /** Comparator code version and tables by which verdicts are recomputed. */
  rules: digest(),
})
export type Governance = Infer<typeof governanceCodec>

export type GovernanceFault =
  | 'witnesses_not_ascending'
  | 'operator_twice'
  | 'minter_twice'
  | 'operators_needed_out_of_range'

/** What field bounds can't express; the first fault, or undefined. */
export function governanceFault({
  witnesses,
  operators,
  minters,
}: Pick<Governance, 'witnesses' | 'operators' | 'minters'>): GovernanceFault | undefined {
  if (!witnesses.every((peer, at) => at === 0 || (witnesses[at - 1] ?? '') < peer))
    return 'witnesses_not_ascending'
  if (hasRepeats(operators.keys)) return 'operator_twice'
  if (hasRepeats(minters)) return 'minter_twice'
  return operators.needed > operators.keys.length ? 'operators_needed_out_of_range' : undefined
}

function hasRepeats(keys: readonly PeerId[]): boolean {
  return new Set(keys).size !== keys.length
}

/** The operators' order for the next epoch: `number` is the epoch that it begins. */
export const EPOCH_ORDER = {
  kind: 'epoch-order',
  body: struct({ number: uint(Number.MAX_SAFE_INTEGER, 1), governance: governanceCodec }),
} as const satisfies SignedKind<unknown>
