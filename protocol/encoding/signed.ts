import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Signer } from '../crypto/signer.ts'
import type { PeerId, SwarmId } from '../ids.ts'
import { decodeBody, encodeBody } from './body.ts'
import { bytes, type Codec, peerId, signature, struct } from './codec.ts'
import { LIMITS } from '../params.ts'

/** More than the kinds that this code names: only a process that plays many swarms ever begins anew. */
const PREFIXES_MAX = 1_024
const prefixes = new Map<string, Uint8Array>()

/** What is signed: `hyperlooms/1/<kind>` NUL `<swarm>` NUL body. Kind and swarm keep a signature from being replayed elsewhere. */
export function signingBytes(kind: string, swarm: SwarmId, body: Uint8Array): Uint8Array {
  const name = `hyperlooms/1/${kind}\0${swarm}\0`
  const prefix = prefixes.get(name) ?? utf8ToBytes(name)
  if (prefixes.size >= PREFIXES_MAX) prefixes.clear()
  prefixes.set(name, prefix)
  return concatBytes(prefix, body)
}

/** A body with its author's signature. `bytes` is the canonical body that the signature covers. */
export interface Signed<T> {
  readonly signer: PeerId
  readonly body: T
  readonly bytes: Uint8Array
  readonly sig: Uint8Array
}

/** A message kind that may be signed: its name is the signature's domain. */
export interface SignedKind<T> {
  readonly kind: string
  readonly body: Codec<T>
}

export function sign<T>(signer: Signer, swarm: SwarmId, kind: SignedKind<T>, body: T): Signed<T> {
  const encoded = encodeBody(kind.body, body)
  return {
    signer: signer.id,
    body,
    bytes: encoded,
    sig: signer.sign(signingBytes(kind.kind, swarm, encoded)),
  }
}

const frame = struct({ signer: peerId, body: bytes({ max: LIMITS.frameBytes }), sig: signature })

/** Codec of a signed body nested in another message; the swarm is the surrounding message's. */
export function signedCodec<T>(kind: SignedKind<T>): Codec<Signed<T>> {
  return {
    toWire: (value) => frame.toWire({ signer: value.signer, body: value.bytes, sig: value.sig }),
    fromWire(raw, path, sink) {
      const outer = frame.fromWire(raw, path, sink)
      const body = decodeBody(kind.body, outer.body, `${path}.body`, sink)
      sink.signed({ kind: kind.kind, signer: outer.signer, body: outer.body, sig: outer.sig })
      return { signer: outer.signer, body, bytes: outer.body, sig: outer.sig }
    },
  }
}
