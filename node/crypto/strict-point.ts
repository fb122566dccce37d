const FIELD_PRIME = 2n ** 255n - 19n
const ORDER_EIGHT_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
// y of the points whose order divides 8 (x only chooses between P and -P, which have one order): orders 1, 2,
// 4, and twice 8.
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  1n,
  FIELD_PRIME - 1n,
  0n,
  ORDER_EIGHT_Y,
  FIELD_PRIME - ORDER_EIGHT_Y,
])
const Y_MASK = 2n ** 255n - 1n

/**
 * What the strict rule asks of the 32 bytes of A and R beyond what OpenSSL does with them: y is below the
 * field's prime, and the point is not of small order. (The other non-canonical encoding, x = 0 with the sign
 * bit set, exists at two of the small-order y only.) Whether there is such a point is left to OpenSSL.
 */
export function isStrictPoint(encoding: Uint8Array): boolean {
  const y = BigInt(`0x${Buffer.from(encoding).reverse().toString('hex')}`) & Y_MASK
  return y < FIELD_PRIME && !SMALL_ORDER_Y.has(y)
}
