import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import { type PeerId, publicKeyOf } from '../../protocol/ids.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { isStrictPoint } from './strict-point.ts'

export const SIGNATURE_BYTES = 64
const POINT_BYTES = 32
// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * One strict check without memory of results. OpenSSL checks S < L and the equation without the cofactor;
 * `isStrictPoint` adds what it doesn't check of A and R, or checks in some releases only, so the answers are
 * `verifyStrict`'s. Key objects are cached because building one costs a quarter of a verification.
 */
export function createSignatureCheck(keysMax: number): (check: SignatureCheck) => boolean {
  const keys = createBoundedCache<KeyObject>(keysMax)

  function keyOf(signer: PeerId): KeyObject | undefined {
    const cached = keys.get(signer)
    if (cached !== undefined) return cached
    const key = decodeKey(signer)
    if (key !== undefined) keys.set(signer, key)
    return key
  }

  return ({ signer, message, sig }) => {
    if (sig.length !== SIGNATURE_BYTES || !isStrictPoint(sig.subarray(0, POINT_BYTES))) return false
    const key = keyOf(signer)
    return key !== undefined && verify(null, message, key, sig)
  }
}

function decodeKey(signer: PeerId): KeyObject | undefined {
  const publicKey = publicKeyOf(signer)
  if (publicKey === undefined || !isStrictPoint(publicKey)) return undefined
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
