import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, struct, uint, type ValueOf } from '../encoding/codec.ts'
import { type MultiSigned, multiSignedCodec } from '../encoding/multi-signed.ts'
import { type Signed, type SignedKind, signedCodec } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'

export type EpochOrder = Infer<typeof EPOCH_ORDER.body>
export type SignedOrder = MultiSigned<EpochOrder>
export const signedOrder = multiSignedCodec<EpochOrder>(EPOCH_ORDER)

/** A peer that an order adds to the witnesses agrees, and had caught up with the ledger when it did. */
const acceptCodec = struct({ number: uint(Number.MAX_SAFE_INTEGER, 1), order: digest() })
export type Accept = Infer<typeof acceptCodec>
export const ACCEPT: SignedKind<Accept> = { kind: 'epoch-accept', body: acceptCodec }
export const signedAccept = signedCodec(ACCEPT)
export type SignedAccept = Signed<Accept>

/** The name under which facts wait for an epoch, where others wait for an entry's or a job's id. */
export function epochId(number: number): Digest {
  return hash('epoch', encodeBody(struct({ number: uint() }), { number }))
}

/** Names an order by what was signed, whoever signed it. */
export function orderDigestOf(order: SignedOrder): Digest {
  return hash('epoch-order', order.bytes)
}

/**
 * What `epoch/<number>` decides (5.6): the order with the accepts of all whom it adds, the state root that the closed
 * epoch ends with, and the list of the handover by its name: the list names the parts.
 */
export const epochValues = {
  epoch: struct({
    order: signedOrder,
    accepts: list(signedAccept, { max: LIMITS.witnesses }),
    root: digest(),
    handover: digest(),
  }),
} as const
export type EpochValue = ValueOf<typeof epochValues>
