import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** Parts of a million: the unit of every probability here, so that no draw depends on a float. */
const CERTAIN_PPM = 1_000_000
const WORD_RANGE = 2 ** 32

/** An inclusive range of integers. */
export interface Range {
  readonly min: number
  readonly max: number
}

/**
 * A seeded source of integers. The same seed gives the same draws on any machine. `fork` depends on the seed
 * and the label alone, never on what was drawn before, so one part's draws don't shift another's.
 */
export interface Random {
  fork(label: string): Random
  /** 0..bound-1, every value equally likely; bound 1..2^32. */
  below(bound: number): number
  between(range: Range): number
  chance(ppm: number): boolean
  /** One of at least one item. */
  pick<T>(items: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
  bytes(length: number): Uint8Array
}

export function createRandom(seed: string): Random {
  return randomOf(sha256(utf8ToBytes(seed)))
}

function randomOf(key: Uint8Array): Random {
  const next = xoshiro128(key)
  const below = (bound: number) => {
    // Words at or above the largest multiple of `bound` are drawn again: a plain remainder would be biased.
    const limit = WORD_RANGE - (WORD_RANGE % bound)
    let word = next()
    while (word >= limit) word = next()
    return word % bound
  }
  const shuffled = <T>(items: readonly T[]): T[] => {
    const rest = [...items]
    return items.flatMap(() => rest.splice(below(rest.length), 1))
  }
  return {
    fork: (label) => randomOf(sha256(concatBytes(key, utf8ToBytes(label)))),
    below,
    between: ({ min, max }) => min + below(max - min + 1),
    chance: (ppm) => below(CERTAIN_PPM) < ppm,
    pick: (items) => itemAt(items, below(items.length)),
    shuffled,
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
  }
}

function itemAt<T>(items: readonly T[], at: number): T {
  for (const item of items.slice(at, at + 1)) return item
  throw new RangeError('nothing to pick from')
}

/** xoshiro128** (Blackman and Vigna 2018); its state is the first 16 bytes of a digest, never all zero in practice. */
function xoshiro128(key: Uint8Array): () => number {
  const words = new DataView(key.buffer, key.byteOffset)
  let a = words.getUint32(0)
  let b = words.getUint32(4)
  let c = words.getUint32(8)
  let d = words.getUint32(12)
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotated(d, 11)
    return result
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
