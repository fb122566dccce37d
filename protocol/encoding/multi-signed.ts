import type { Signer } from '../crypto/signer.ts'
import type { PeerId, SwarmId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { decodeBody, encodeBody } from './body.ts'
import { bytes, type Codec, list, peerId, signature, struct } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import { type SignedKind, signingBytes } from './signed.ts'

/** One body that several keys signed: what m of n operators say together. */
export interface MultiSigned<T> {
  readonly body: T
  /** The canonical body that each signature covers. */
  readonly bytes: Uint8Array
  /** Ascending by signer, so that one set of signatures has one encoding; each signer occurs once. */
  readonly signatures: readonly KeySignature[]
}

export interface KeySignature {
  readonly signer: PeerId
  readonly sig: Uint8Array
}

/** Signatures beyond a charter's number of operators, or a swarm's of witnesses, add nothing. */
const SIGNERS_MAX = LIMITS.witnesses

const frame = struct({
  body: bytes({ max: LIMITS.frameBytes }),
  signatures: list(struct({ signer: peerId, sig: signature }), { min: 1, max: SIGNERS_MAX }),
})

export function multiSignedCodec<T>(kind: SignedKind<T>): Codec<MultiSigned<T>> {
  return {
    toWire: ({ bytes: body, signatures }) => frame.toWire({ body, signatures }),
    fromWire(raw, path, sink) {
      const { body: encoded, signatures } = frame.fromWire(raw, path, sink)
      const body = decodeBody(kind.body, encoded, `${path}.body`, sink)
      signatures.forEach(({ signer, sig }, at) => {
        const before = signatures[at - 1]
        if (before !== undefined && before.signer >= signer)
          throw new DecodeError('out_of_range', `${path}.signatures.${at}`)
        sink.signed({ kind: kind.kind, signer, body: encoded, sig })
      })
      return { body, bytes: encoded, signatures }
    },
  }
}

/** What `signers` say together; more signatures are added by `cosign`. */
export function signTogether<T>(
  signers: readonly Signer[],
  swarm: SwarmId,
  kind: SignedKind<T>,
  body: T,
): MultiSigned<T> {
  const encoded = encodeBody(kind.body, body)
  const message = signingBytes(kind.kind, swarm, encoded)
  return cosign(
    { body, bytes: encoded, signatures: [] },
    signers.map((signer) => ({ signer: signer.id, sig: signer.sign(message) })),
  )
}

/** Adds signatures over the same body; of two by one signer the first stays. */
export function cosign<T>(signed: MultiSigned<T>, added: readonly KeySignature[]): MultiSigned<T> {
  const bySigner = new Map([...added, ...signed.signatures].map((one) => [one.signer, one]))
  const signatures = [...bySigner.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
  return { ...signed, signatures }
}

/** Whether at least `needed` of `keys` signed; signatures of other keys count for nothing. */
export function isSignedBy(
  { signatures }: MultiSigned<unknown>,
  { keys, needed }: { readonly keys: readonly PeerId[]; readonly needed: number },
): boolean {
  return signatures.filter(({ signer }) => keys.includes(signer)).length >= needed
}
