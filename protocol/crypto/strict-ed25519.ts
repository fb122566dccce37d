import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../encoding/bytes.ts'

// The synchronous functions of @noble/ed25519 ship without a hash; this is its documented way to wire one.
hashes.sha512 = sha512

export const SEED_BYTES = 32
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

const GROUP_ORDER = Point.CURVE().n

/**
 * The one rule for signatures in Hyperlooms. A signature (R, S) by key A over a message is valid if and only
 * if
 *
 * 1. A is the canonical encoding of a curve point (RFC 8032 5.1.3: y < p, no negative zero);
 * 2. S < L, the group order, so that nobody can make a second signature out of a first one;
 * 3. the encoding of S*B - k*A equals the bytes of R, with k = SHA-512(R, A, message) mod L. This is the
 *    equation without the cofactor; since what is compared is an encoding, a non-canonical R never matches;
 * 4. neither A nor R is of small order. For A this ties a signature to one message and key. For R it costs no
 *    honest signer anything, and runtimes differ there: some releases of Node and browsers' Web Crypto
 *    refuse such an R, others don't.
 *
 * A or R with a small-order component besides a large one is left to the equation. Verifiers that multiply by
 * the cofactor, noble's own among them, accept more; two peers that disagree on one signature disagree on the
 * ledger, which is why the rule is spelled out here and pinned by `vectors/ed25519.json`.
 *
 * Never throws, whatever the bytes and their lengths.
 */
export function verifyStrict(publicKey: Uint8Array, message: Uint8Array, sig: Uint8Array): boolean {
  if (sig.length !== SIGNATURE_BYTES) return false
  const key = decodeKey(publicKey)
  if (key === undefined) return false
  const scalar = littleEndian(sig.subarray(32))
  if (scalar >= GROUP_ORDER) return false
  const commitment = sig.subarray(0, 32)
  const challenge = littleEndian(
    sha512.create().update(commitment).update(publicKey).update(message).digest(),
  )
  const expected = Point.BASE.multiplyUnsafe(scalar).add(key.negate().multiplyUnsafe(challenge % GROUP_ORDER))
  return equalBytes(expected.toBytes(), commitment) && !expected.isSmallOrder()
}

/** The 32-byte public key of a 32-byte RFC 8032 seed. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  return getPublicKey(seed)
}

/** The 64-byte RFC 8032 signature; deterministic, so signing again after a restart gives the same bytes. */
export function signWithSeed(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return sign(message, seed)
}

function decodeKey(publicKey: Uint8Array): Point | undefined {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return undefined
  try {
    const point = Point.fromBytes(publicKey)
    return point.isSmallOrder() ? undefined : point
  } catch {
    return undefined
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n
  for (let at = bytes.length - 1; at >= 0; at--) number = (number << 8n) | BigInt(bytes[at] ?? 0)
  return number
}
