import { PPM } from './limits.ts'
import { squareRoot } from './square-root.ts'

/** A power of two: the bucket is the low bits of a hash. 8 KiB an answer, few collisions at a thousand words. */
const EMBEDDING_DIMENSIONS = 2_048
const BUCKET_MASK = EMBEDDING_DIMENSIONS - 1
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const GRAM_SHORTEST = 3
const GRAM_LONGEST = 5

/** Signed counts of hashed features, and the sum of their squares. */
export interface Embedding {
  readonly vector: Int32Array
  readonly square: bigint
}

/**
 * Signed feature hashing (Weinberger et al. 2009) of word 1-2-grams and character 3-5-grams; FNV-1a over UTF-16
 * units, finished by MurmurHash3's mixer. Tells texts on one subject from others. It says nothing about whether
 * they agree: a flipped negation hardly moves it.
 */
export function embed(words: readonly string[]): Embedding {
  const vector = new Int32Array(EMBEDDING_DIMENSIONS)
  let previous: string | undefined
  for (const word of words) {
    add(vector, hash(word, FNV_OFFSET))
    if (previous !== undefined) add(vector, hash(word, hash(`${previous}\0`, FNV_OFFSET)))
    previous = word
  }
  addGrams(vector, ` ${words.join(' ')} `)
  return { vector, square: BigInt(dot(vector, vector)) }
}

function addGrams(vector: Int32Array, text: string): void {
  for (let from = 0; from + GRAM_SHORTEST <= text.length; from += 1) {
    const longest = Math.min(GRAM_LONGEST, text.length - from)
    // A seed apart from words, so that "the" the word and "the" the gram are two features.
    let state = Math.imul(FNV_OFFSET ^ 1, FNV_PRIME)
    for (let length = 1; length <= longest; length += 1) {
      state = Math.imul(state ^ text.charCodeAt(from + length - 1), FNV_PRIME)
      if (length >= GRAM_SHORTEST) add(vector, state)
    }
  }
}

function hash(text: string, seed: number): number {
  let state = seed
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), FNV_PRIME)
  return state
}

function add(vector: Int32Array, state: number): void {
  let mixed = state ^ (state >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  mixed ^= mixed >>> 16
  const bucket = mixed & BUCKET_MASK
  vector[bucket] = (vector[bucket] ?? 0) + (mixed < 0 ? -1 : 1)
}

/** Below 2^53: an answer has fewer than 2^22 features, so the sum of products stays under 2^44. */
function dot(a: Int32Array, b: Int32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0)
  return sum
}

/** Cosine in parts per million, rounded down; negative ones and those with an empty answer are 0. */
export function cosine(a: Embedding, b: Embedding): number {
  const product = BigInt(dot(a.vector, b.vector))
  if (product <= 0n) return 0
  const scale = BigInt(PPM)
  return Number(squareRoot((product * product * scale * scale) / (a.square * b.square)))
}
