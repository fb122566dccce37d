import { bytes, type Infer, list, signature, struct, uint } from './codec.ts'
import { LIMITS } from '../params.ts'

/**
 * Signatures of a quorum of one epoch's witnesses over one and the same body. `signers` is a bitmap over the
 * epoch's witnesses sorted by id, least significant bit first; `sigs` follow in that order.
 */
export const quorumCodec = struct({
  epoch: uint(),
  signers: bytes({ min: 1, max: LIMITS.witnesses / 8 }),
  sigs: list(signature, { min: 1, max: LIMITS.witnesses }),
})
export type Quorum = Infer<typeof quorumCodec>

/** Positions of the set bits, ascending. */
export function bitmapPositions(bitmap: Uint8Array): readonly number[] {
  const positions: number[] = []
  bitmap.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit += 1) if ((byte >> bit) & 1) positions.push(at * 8 + bit)
  })
  return positions
}

/** Assembles a quorum from signatures by witness position; the caller has checked that they suffice. */
export function quorumOf(epoch: number, size: number, sigs: ReadonlyMap<number, Uint8Array>): Quorum {
  const signers = new Uint8Array(Math.ceil(size / 8))
  const positions = [...sigs.keys()].sort((a, b) => a - b)
  for (const position of positions) {
    const at = position >> 3
    signers[at] = (signers[at] ?? 0) | (1 << (position & 7))
  }
  return { epoch, signers, sigs: positions.flatMap((position) => sigs.get(position) ?? []) }
}
