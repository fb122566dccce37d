import { encodeBody } from '../encoding/body.ts'
import { amount, type Codec, digest, list, signature, uint } from '../encoding/codec.ts'
import { cosign } from '../encoding/multi-signed.ts'
import { packed, packedPeer } from '../encoding/packed.ts'
import { type TextForm, textForm } from '../encoding/text-form.ts'
import type { SwarmId } from '../ids.ts'
import { LIMITS, PPM } from '../params.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import type { SignedOrder } from './value.ts'

/** `hle1...`: an order for the next epoch on its way from one operator to the next. */
export interface PartialOrder {
  readonly swarm: SwarmId
  readonly order: SignedOrder
}

const params = packed({
  priorTrust: uint(PPM - 1, 1),
  minConfidence: uint(PPM),
  fee: amount(),
  maxPrice: amount(),
  trustBidders: uint(LIMITS.bids),
})

/** The whole governance, not what changes: each operator signs what the epoch will be. */
const governance = packed({
  witnesses: list(packedPeer, { min: 1, max: LIMITS.witnesses }),
  operators: packed({
    keys: list(packedPeer, { min: 1, max: LIMITS.operators }),
    needed: uint(LIMITS.operators, 1),
  }),
  minters: list(packedPeer, { max: LIMITS.minters }),
  treasury: packedPeer,
  params,
  rules: digest(),
})

/** Witnesses may sign an order as well as operators (5.6). */
const signatures = list(packed({ signer: packedPeer, sig: signature }), {
  max: Math.max(LIMITS.operators, LIMITS.witnesses),
})

const wire = packed({
  swarm: digest<SwarmId>(),
  number: uint(Number.MAX_SAFE_INTEGER, 1),
  governance,
  signatures,
})

const codec: Codec<PartialOrder> = {
  toWire: ({ swarm, order: { body, signatures: sigs } }) => wire.toWire({ swarm, ...body, signatures: sigs }),
  fromWire(raw, path, sink) {
    const { swarm, signatures: sigs, ...body } = wire.fromWire(raw, path, sink)
    const unsigned = { body, bytes: encodeBody(EPOCH_ORDER.body, body), signatures: [] }
    return { swarm, order: cosign(unsigned, sigs) }
  },
}

export const PARTIAL_ORDER: TextForm<PartialOrder> = textForm('hle', codec)
