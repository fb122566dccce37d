/** A cell of a cloth: true where the warp lies on top. */
export type Weave = readonly (readonly boolean[])[]

const HEX_DIGIT_BITS = 4

function bitsOf(hex: string): readonly boolean[] {
  return [...hex].flatMap((digit) => {
    const value = Number.parseInt(digit, 16)
    return Array.from(
      { length: HEX_DIGIT_BITS },
      (_, bit) => ((value >> (HEX_DIGIT_BITS - 1 - bit)) & 1) === 1,
    )
  })
}

/**
 * A digest as a woven ornament: its first side x side bits fill one quarter, which is mirrored both ways. Equal
 * digests give equal cloths; unequal ones that share those bits don't differ, so the digest stands beside it.
 */
export function weaveOf(digest: string, side: number): Weave {
  const bits = bitsOf(digest)
  const fold = (at: number) => (at < side ? at : 2 * side - 1 - at)
  const positions = Array.from({ length: 2 * side }, (_, at) => fold(at))
  return positions.map((row) => positions.map((column) => bits[row * side + column] === true))
}
