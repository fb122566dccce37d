import { Point } from '@noble/ed25519'
import { describe, expect, it } from 'vitest'
import { isStrictPoint } from './strict-point.ts'

const FIELD_PRIME = Point.CURVE().p
const SIGN_BIT = 2n ** 255n

function encode(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')).reverse()
}

/** What noble says about a point that exists: a canonical encoding, and not of small order. */
function nobleSays(encoding: Uint8Array): boolean {
  try {
    return !Point.fromBytes(encoding).isSmallOrder()
  } catch {
    return false
  }
}

// Every y for which there is a point, canonical or not, near both ends of the field.
const edges = Array.from({ length: 60 }, (_, at) => BigInt(at))
  .flatMap((distance) => [distance, FIELD_PRIME - 1n - distance, FIELD_PRIME + distance])
  .filter((y) => y < SIGN_BIT)
  .flatMap((y) => [y, y + SIGN_BIT])
  .map(encode)
  .filter(exists)

function exists(encoding: Uint8Array): boolean {
  try {
    Point.fromBytes(encoding, true)
    return true
  } catch {
    return false
  }
}

// A Node that refuses points of small order itself would hide a fault here from the vectors.
describe('isStrictPoint', () => {
  it('agrees with noble wherever there is a point at the edges of the field', () => {
    expect(edges.length).toBeGreaterThan(100)
    for (const encoding of edges) {
      expect(isStrictPoint(encoding), Buffer.from(encoding).toString('hex')).toBe(nobleSays(encoding))
    }
  })

  it('refuses the eight points of small order and takes ordinary ones', () => {
    const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
    for (let times = 0n; times < 8n; times++) {
      const small = torsion.multiplyUnsafe(times)
      expect(isStrictPoint(small.toBytes())).toBe(false)
      expect(isStrictPoint(Point.BASE.add(small).toBytes())).toBe(true)
    }
  })
})
