import { writeFileSync } from 'node:fs'
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { type Ed25519Vector, rfc8032, speccheck } from './published-ed25519.ts'

hashes.sha512 = sha512

const GROUP_ORDER = Point.CURVE().n
const FIELD_PRIME = Point.CURVE().p
// A point of order 8; its multiples are all points of small order.
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
const SECRET = scalarOf('secret')
const NONCE = scalarOf('nonce')

/**
 * Builds `ed25519.json`. Expected outcomes never come from a verifier: the published cases carry the outcome
 * that the strict rule has by the conditions their authors state, the built ones are valid or not by the way
 * they are built. Run `node protocol/vectors/ed25519.build.ts` to write the file anew; a test compares the two.
 */
export function buildEd25519Vectors(): Ed25519Vector[] {
  return [
    ...rfc8032(),
    ...speccheck(),
    ...mixedOrder(),
    ...smallOrderKeys(),
    ...smallOrderCommitments(),
    ...malleableScalars(),
  ]
}

/**
 * A = aB + iT, R = rB + jT, S = r + ka, where T has order 8: the equation with the cofactor always holds, the one
 * without it if and only if j + ki = 0 mod 8. For each (i, j) one message of either kind, as far as there is one.
 */
function mixedOrder(): Ed25519Vector[] {
  const vectors: Ed25519Vector[] = []
  for (let inKey = 0; inKey < 8; inKey++) {
    for (let inCommitment = 0; inCommitment < 8; inCommitment++) {
      const publicKey = encode(Point.BASE.multiply(SECRET).add(torsion(inKey)))
      const commitment = encode(Point.BASE.multiply(NONCE).add(torsion(inCommitment)))
      for (const valid of [true, false]) {
        const holds = (k: bigint) => (BigInt(inCommitment) + k * BigInt(inKey)) % 8n === 0n
        const found = grind(publicKey, commitment, (k) => holds(k) === valid)
        if (found === undefined) continue
        vectors.push({
          name: `A = aB + ${inKey}T, R = rB + ${inCommitment}T, ${valid ? 'cofactorless' : 'cofactored only'}`,
          publicKey: bytesToHex(publicKey),
          message: bytesToHex(found.message),
          sig: bytesToHex(concatBytes(commitment, scalarBytes(mod(NONCE + found.k * SECRET)))),
          valid,
        })
      }
    }
  }
  return vectors
}

/** Every encoding of a point of small order as a key, with a signature for which the bare equation holds. */
function smallOrderKeys(): Ed25519Vector[] {
  return smallOrderEncodings().map((publicKey) => {
    const commitment = encode(Point.BASE.multiply(NONCE))
    const found = grind(publicKey, commitment, (k) => k % 8n === 0n)
    return {
      name: `small-order A ${bytesToHex(publicKey)}`,
      publicKey: bytesToHex(publicKey),
      message: bytesToHex(found?.message ?? new Uint8Array(0)),
      sig: bytesToHex(concatBytes(commitment, scalarBytes(NONCE))),
      valid: false,
    }
  })
}

/** R of small order, S = ka: the equation holds for the canonical encodings, and the rule refuses them all. */
function smallOrderCommitments(): Ed25519Vector[] {
  const publicKey = encode(Point.BASE.multiply(SECRET).add(TORSION))
  return smallOrderEncodings().map((commitment, inCommitment) => {
    const found = grind(publicKey, commitment, (k) => (BigInt(inCommitment) + k) % 8n === 0n)
    return {
      name: `small-order R ${bytesToHex(commitment)}`,
      publicKey: bytesToHex(publicKey),
      message: bytesToHex(found?.message ?? new Uint8Array(0)),
      sig: bytesToHex(concatBytes(commitment, scalarBytes(mod((found?.k ?? 0n) * SECRET)))),
      valid: false,
    }
  })
}

/** S + nL for every n that fits into 32 bytes, and S = L: other encodings of one and the same scalar. */
function malleableScalars(): Ed25519Vector[] {
  const seed = sha512(utf8ToBytes('seed')).subarray(0, 32)
  const publicKey = bytesToHex(getPublicKey(seed))
  const message = utf8ToBytes('malleable S')
  const signed = sign(message, seed)
  const scalar = littleEndian(signed.subarray(32))
  const withScalar = (name: string, value: bigint): Ed25519Vector => ({
    name,
    publicKey,
    message: bytesToHex(message),
    sig: bytesToHex(concatBytes(signed.subarray(0, 32), scalarBytes(value))),
    valid: value === scalar,
  })
  const vectors = [withScalar('S = L', GROUP_ORDER), withScalar('S = 0', 0n)]
  for (let value = scalar, times = 0; value < 2n ** 256n; value += GROUP_ORDER, times++) {
    vectors.push(withScalar(`S + ${times}L`, value))
  }
  return vectors
}

/** The 8 canonical encodings of the points of small order and the 6 non-canonical ones. */
function smallOrderEncodings(): Uint8Array[] {
  const canonical = Array.from({ length: 8 }, (_, times) => encode(torsion(times)))
  const nonCanonical = [
    [1n, true],
    [FIELD_PRIME - 1n, true],
    [FIELD_PRIME, false],
    [FIELD_PRIME, true],
    [FIELD_PRIME + 1n, false],
    [FIELD_PRIME + 1n, true],
  ] as const
  return [...canonical, ...nonCanonical.map(([y, sign]) => scalarBytes(sign ? y + 2n ** 255n : y))]
}

/** The first of 256 messages whose challenge has the wanted property; undefined when the property has no solution. */
function grind(publicKey: Uint8Array, commitment: Uint8Array, wanted: (k: bigint) => boolean) {
  for (let counter = 0; counter < 256; counter++) {
    const message = Uint8Array.of(counter)
    const k = challenge(commitment, publicKey, message)
    if (wanted(k)) return { message, k }
  }
  return undefined
}

function challenge(commitment: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return mod(littleEndian(sha512(concatBytes(commitment, publicKey, message))))
}

function torsion(times: number): Point {
  return TORSION.multiplyUnsafe(BigInt(times))
}

function encode(point: Point): Uint8Array {
  return point.toBytes()
}

function scalarOf(label: string): bigint {
  return mod(littleEndian(sha512(utf8ToBytes(label))))
}

function mod(value: bigint): bigint {
  return value % GROUP_ORDER
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(Uint8Array.from(bytes).reverse())}`)
}

function scalarBytes(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0')).reverse()
}

if (import.meta.main) {
  const file = new URL('ed25519.json', import.meta.url)
  writeFileSync(file, `${JSON.stringify(buildEd25519Vectors(), null, 2)}\n`)
}
