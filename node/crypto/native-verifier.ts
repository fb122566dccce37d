import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SignatureCheck, Verifier } from '../../protocol/crypto/verifier.ts'
import { publicKeyOf } from '../../protocol/ids.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { isStrictPoint } from './strict-point.ts'

export interface NativeVerifierOptions {
  /** Maximum of each of the two caches: key objects by signer, and checks found valid. */
  readonly cacheEntriesMax: number
}

const POINT_BYTES = 32
const SIGNATURE_BYTES = 64
// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * The daemon's verifier: OpenSSL through node:crypto. OpenSSL checks S < L and the equation without the
 * cofactor; `isStrictPoint` adds what it doesn't check of A and R, or checks in some releases only, so its
 * answers are `verifyStrict`'s.
 *
 * Key objects are cached because building one costs a quarter of a verification. Only checks that were valid
 * are remembered: rejected ones cost their sender's quota each time and can't push valid ones out.
 */
export function createNativeVerifier({ cacheEntriesMax }: NativeVerifierOptions): Verifier {
  const keys = createBoundedCache<KeyObject>(cacheEntriesMax)
  const valid = createBoundedCache<true>(cacheEntriesMax)

  function keyOf(signer: PeerId): KeyObject | undefined {
    const cached = keys.get(signer)
    if (cached !== undefined) return cached
    const key = decodeKey(signer)
    if (key !== undefined) keys.set(signer, key)
    return key
  }

  function isValid(check: SignatureCheck): boolean {
    if (check.sig.length !== SIGNATURE_BYTES || !isStrictPoint(check.sig.subarray(0, POINT_BYTES)))
      return false
    const key = keyOf(check.signer)
    if (key === undefined) return false
    const name = nameOf(check)
    if (valid.get(name) !== undefined) return true
    if (!verify(null, check.message, key, check.sig)) return false
    valid.set(name, true)
    return true
  }

  return {
    verify: async (checks) => checks.map(isValid),
  }
}

/**
 * Two checks share a name only if they are equal: signer and signature have fixed lengths, the message is
 * last.
 */
function nameOf({ signer, message, sig }: SignatureCheck): string {
  return createHash('sha256').update(signer).update(sig).update(message).digest('base64')
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
