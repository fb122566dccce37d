import type { PeerId, SwarmId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { decodeBody, encodeBody } from './body.ts'
import { bytes, type Codec, digest, type Infer, peerId, struct, text } from './codec.ts'
import { type EvidenceSink, TRUSTED } from './evidence.ts'
import { type BodyOf, type KindName, KINDS } from './kinds.ts'
import type { Signed } from './signed.ts'

/** The outermost frame of every message. `sig` is empty for kinds that speak only for the connection. */
export const envelopeCodec = struct({
  kind: text({ min: 1, max: 32 }),
  swarm: digest<SwarmId>(),
  signer: peerId,
  body: bytes({ max: LIMITS.frameBytes }),
  sig: bytes({ max: 64 }),
})
export type Envelope = Infer<typeof envelopeCodec>

export function decodeEnvelope(frame: Uint8Array): Envelope {
  return decodeBody(envelopeCodec, frame, 'envelope', TRUSTED)
}

function codecOf<K extends KindName>(kind: K): Codec<BodyOf<K>> {
  return KINDS[kind].body as unknown as Codec<BodyOf<K>>
}

export function decodeKind<K extends KindName>(kind: K, body: Uint8Array, sink: EvidenceSink): BodyOf<K> {
  return decodeBody(codecOf(kind), body, kind, sink)
}

/** A frame for a kind that isn't signed: it speaks for `sender`, whom the connection proves. */
export function plainFrame<K extends KindName>(
  swarm: SwarmId,
  sender: PeerId,
  kind: K,
  body: BodyOf<K>,
): Uint8Array {
  const encoded = encodeBody(codecOf(kind), body)
  return encodeBody(envelopeCodec, { kind, swarm, signer: sender, body: encoded, sig: new Uint8Array(0) })
}

export function signedFrame(swarm: SwarmId, kind: KindName, signed: Signed<unknown>): Uint8Array {
  return encodeBody(envelopeCodec, {
    kind,
    swarm,
    signer: signed.signer,
    body: signed.bytes,
    sig: signed.sig,
  })
}
