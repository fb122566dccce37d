import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { hash } from '../crypto/digest.ts'
import { type Digest, digestToBytes } from '../ids.ts'

/**
 * The digest of everything certified, kept up to date leaf by leaf (4.9). It depends only on which leaves
 * there are, never on the order in which they came.
 */
export interface StateDigest {
  /** Sets or replaces a leaf. Keys hold neither `=` nor `;`. */
  set(key: string, leaf: Digest): void
  /** Hashes some of what changed, so that no later `root` has to do it all at once; called after each event. */
  tidy(): void
  root(): Digest
  /** 256 digests by the first byte of sha256(key); null for a bucket without leaves. */
  buckets(): readonly (Digest | null)[]
  /** Keys of one bucket; a later key never comes before an earlier one of the same 16th of the bucket. */
  keysOf(bucket: number): readonly string[]
}

// A tree with 16 children a node and three levels below the root: its second level are the buckets, its third
// the 4,096 twigs that hold the leaves. With 100,000 leaves a change hashes 3 KB of leaves and three times
// 512 bytes, some 30 us, and that only when somebody asks for the root.
const WIDTH = 16
const TWIGS = 3
const DIGEST_BYTES = 32
/** Twigs that one call of `tidy` hashes, each with its bucket: 40 us each bound it to a third of an event. */
const TIDIED_AT_ONCE = 8

export function createStateDigest(): StateDigest {
  const leaves = Array.from({ length: WIDTH ** TWIGS }, () => new Map<string, Digest>())
  // By level and position; undefined is to be computed, null an empty part of the tree.
  const known = [0, 1, 2, TWIGS].map((level) =>
    Array.from({ length: WIDTH ** level }, (): Known => undefined),
  )

  /** Twigs whose digest, or whose bucket's, is to be computed. */
  const changed = new Set<number>()

  function digestAt(level: number, at: number): Digest | null {
    const before = known[level]?.[at]
    if (before !== undefined) return before
    const digest = level === TWIGS ? digestOfLeaves(leaves[at]) : digestOfChildren(childrenOf(level, at))
    const row = known[level]
    if (row !== undefined) row[at] = digest
    return digest
  }

  function childrenOf(level: number, at: number): readonly (Digest | null)[] {
    return Array.from({ length: WIDTH }, (_, child) => digestAt(level + 1, at * WIDTH + child))
  }

  return {
    set(key, leaf) {
      const twig = twigOf(key)
      const held = leaves[twig]
      if (held === undefined || held.get(key) === leaf) return
      held.set(key, leaf)
      changed.add(twig)
      known.forEach((row, level) => {
        row[Math.floor(twig / WIDTH ** (TWIGS - level))] = undefined
      })
    },
    tidy() {
      let count = 0
      for (const twig of changed) {
        if (count >= TIDIED_AT_ONCE) return
        count += 1
        changed.delete(twig)
        digestAt(TWIGS - 1, Math.floor(twig / WIDTH))
      }
    },
    root() {
      changed.clear()
      return digestAt(0, 0) ?? EMPTY_ROOT
    },
    buckets: () => Array.from({ length: WIDTH * WIDTH }, (_, at) => digestAt(2, at)),
    keysOf: (bucket) =>
      leaves.slice(bucket * WIDTH, (bucket + 1) * WIDTH).flatMap((held) => [...held.keys()]),
  }
}

const EMPTY_ROOT = hash('state-branch', new Uint8Array(0))

type Known = Digest | null | undefined

/** The first twelve bits of the key's hash. */
function twigOf(key: string): number {
  const [first = 0, second = 0] = sha256(utf8ToBytes(key))
  return (first << 4) | (second >> 4)
}

function digestOfLeaves(leaves: ReadonlyMap<string, Digest> | undefined): Digest | null {
  if (leaves === undefined || leaves.size === 0) return null
  const lines = [...leaves].map(([key, leaf]) => `${key}=${leaf};`)
  // Without an argument `sort` compares UTF-16 units: the same order everywhere.
  return hash('state-leaves', utf8ToBytes(lines.sort().join('')))
}

/** Which bucket a key's leaf lies in. */
export function bucketOf(key: string): number {
  return Math.floor(twigOf(key) / WIDTH)
}

/** The digest of a bucket that holds these leaves and no others; null without any. Keys must be the bucket's. */
export function bucketDigestOf(
  bucket: number,
  leaves: readonly { readonly key: string; readonly leaf: Digest }[],
): Digest | null {
  const twigs = Array.from({ length: WIDTH }, () => new Map<string, Digest>())
  for (const { key, leaf } of leaves) twigs[twigOf(key) - bucket * WIDTH]?.set(key, leaf)
  return digestOfChildren(twigs.map(digestOfLeaves))
}

/** The root of a state with these bucket digests. */
export function rootOfBuckets(buckets: readonly (Digest | null)[]): Digest {
  const branches = Array.from({ length: WIDTH }, (_, at) =>
    digestOfChildren(buckets.slice(at * WIDTH, (at + 1) * WIDTH)),
  )
  return digestOfChildren(branches) ?? EMPTY_ROOT
}

function digestOfChildren(children: readonly (Digest | null)[]): Digest | null {
  if (children.every((child) => child === null)) return null
  const body = new Uint8Array(children.length * DIGEST_BYTES)
  children.forEach((child, at) => {
    if (child !== null) body.set(digestToBytes(child), at * DIGEST_BYTES)
  })
  return hash('state-branch', body)
}
