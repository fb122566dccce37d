import type { Digest, PeerId } from '../ids.ts'
import { type Charter, foundingGovernance } from './charter.ts'
import { digest, struct, uint } from '../encoding/codec.ts'
import { type Governance, governanceCodec } from './governance.ts'
import { type QuorumSizes, quorumSizes } from './quorum-size.ts'

/** One epoch: its witnesses, sorted by id (bitmaps count along this order), and all else that it fixes. */
export interface Epoch {
  readonly number: number
  readonly witnesses: readonly PeerId[]
  readonly sizes: QuorumSizes
  readonly governance: Governance
  /** Digest of the value that was decided to begin it; null for epoch 0, which the charter begins. */
  readonly decision: Digest | null
}

export function epochUnder(number: number, governance: Governance, decision: Digest | null): Epoch {
  const { witnesses } = governance
  return { number, witnesses, sizes: quorumSizes(witnesses.length), governance, decision }
}

/** As a store keeps an epoch behind the founding one. */
export const epochRecord = struct({ number: uint(), governance: governanceCodec, decision: digest() })

export function foundingEpoch(charter: Charter): Epoch {
  return epochUnder(0, foundingGovernance(charter), null)
}
