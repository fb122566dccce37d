import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { hash } from '../crypto/digest.ts'
import type { Digest } from '../ids.ts'
import { createStateDigest } from './state-digest.ts'

const leafOf = (text: string): Digest => hash('test-leaf', utf8ToBytes(text))
const build = (leaves: readonly (readonly [string, string])[]) => {
  const digest = createStateDigest()
  for (const [key, leaf] of leaves) digest.set(key, leafOf(leaf))
  return digest
}

describe('the state digest', () => {
  it('depends on the leaves and not on their order or on what they replaced', () => {
    const leaves = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[0-9a-zA-Z]{1,12}$/), fc.string()), {
      selector: ([key]) => key,
      maxLength: 60,
    })
    const shuffled = leaves.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.shuffledSubarray(list),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([list, order, stale]) => {
        const other = build(stale.map(([key]) => [key, 'an older leaf']))
        other.root()
        for (const [key, leaf] of order) other.set(key, leafOf(leaf))
        expect(other.root()).toBe(build(list).root())
        expect(other.buckets()).toEqual(build(list).buckets())
      }),
    )
  })

  it('is so also where many leaves share the lowest level of the tree', () => {
    const leaves = Array.from({ length: 9_000 }, (_, at) => [`key-${at}`, `${at}`] as const)
    expect(build(leaves.toReversed()).root()).toBe(build(leaves).root())
  })

  it('is the same in every program that keeps its rule', () => {
    expect(createStateDigest().root()).toBe(GOLDEN_EMPTY)
    expect(
      build([
        ['a', '1'],
        ['b', '2'],
        ['epoch', '0'],
      ]).root(),
    ).toBe(GOLDEN_THREE)
  })

  it('changes exactly one bucket with one leaf, and names its keys', () => {
    const digest = build(Array.from({ length: 3_000 }, (_, at) => [`key-${at}`, 'x'] as const))
    const before = digest.buckets()
    const root = digest.root()
    digest.set('key-77', leafOf('y'))
    const changed = digest.buckets().flatMap((bucket, at) => (bucket === before[at] ? [] : [at]))
    expect(changed).toHaveLength(1)
    expect(digest.keysOf(changed[0] ?? 0)).toContain('key-77')
    expect(digest.root()).not.toBe(root)
    digest.set('key-77', leafOf('x'))
    expect(digest.root()).toBe(root)
  })

  it('has every key in exactly one bucket, and null for empty ones', () => {
    const digest = build(Array.from({ length: 100 }, (_, at) => [`key-${at}`, 'x'] as const))
    const keys = Array.from({ length: 256 }, (_, bucket) => digest.keysOf(bucket))
    expect(keys.flat().sort()).toEqual(Array.from({ length: 100 }, (_, at) => `key-${at}`).sort())
    expect(digest.buckets().map((bucket) => bucket === null)).toEqual(keys.map(({ length }) => length === 0))
  })
})

// Computed by a few lines of another language from the rule alone.
const GOLDEN_EMPTY = '831a648ee663580872e0e7fc2c439b15f2edad1e8c9e67e6adcf91cc8e4e33b9'
const GOLDEN_THREE = '465308bce90e560d3c38cb72a02d90ea566a486e50b022c5f81e68a318ff90c1'
