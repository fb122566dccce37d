import { describe, expect, it } from 'vitest'
import { encodeBody } from '../encoding/body.ts'
import type { PeerId } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import type { Handover } from './messages.ts'
import { pieceCodec } from './messages.ts'
import { type Cut, cutHandover, emptyListOf, pieceDigestOf } from './pieces.ts'
import { entriesUpTo, entryAt, TestLists } from './testing-lists.ts'

const [first, second, third] = [1, 2, 3].map((at) => testSigner(at).id) as [PeerId, PeerId, PeerId]
/** Bytes that may wait for one peer on one channel; whatever comes on top of them is lost. */
const QUEUE_BYTES_MAX = 4 * 1_024 * 1_024

const handoverOf = (locks: Handover['locks']): Handover => ({ locks, prepared: [] })
const cutOf = (locks: Handover['locks']): Cut => cutHandover(handoverOf(locks), 1)
/** A list as a liar would make it, of parts that don't belong together. */
function liesOf(parts: readonly Handover[]): Cut {
  const named = new Map(parts.map((part) => [pieceDigestOf({ type: 'part', number: 1, ...part }), part]))
  return { name: pieceDigestOf({ type: 'list', number: 1, parts: [...named.keys()] }), parts: named }
}

describe('a list', () => {
  it('of 100,000 entries comes in small pieces, however little may wait on the way', () => {
    const locks = entriesUpTo(100_000)
    const cut = cutOf(locks)
    const test = new TestLists()
    test.give(first, cut)
    expect(test.want('a', cut.name, [first])).toBe('wait')
    test.answer()
    expect(test.fetched).toBe(1 + cut.parts.size)
    expect(test.mostBytes).toBeLessThan(QUEUE_BYTES_MAX)
    const all = test.want('a', cut.name, [first])
    expect(all === 'wait' || all === 'broken' ? all : all.locks.length).toBe(locks.length)
    expect(all).toEqual(handoverOf(locks))
  })

  it('with as many parts as there may be fits a frame', () => {
    const parts = Array.from({ length: LIMITS.handoverParts }, () => 'a'.repeat(64) as never)
    const bytes = encodeBody(pieceCodec, { type: 'list', number: 1, parts })
    expect(bytes.length).toBeLessThan(LIMITS.frameBytes)
  })

  it('that lists nothing is here at once', () => {
    const test = new TestLists()
    expect(test.want('a', emptyListOf(1), [first])).toEqual(handoverOf([]))
    expect(test.asked).toEqual([])
  })

  it('is had of another who has it, where the first is gone in the middle', () => {
    const cut = cutOf(entriesUpTo(2_000))
    const test = new TestLists()
    const [someParts] = [[...cut.parts].slice(0, 3)]
    test.give(first, { name: cut.name, parts: cut.parts })
    const pieces = test.given.get(first) ?? new Map()
    test.given.set(first, new Map([...pieces].slice(0, 1 + someParts.length)))
    test.give(second, cut)
    test.want('a', cut.name, [first, third, second])
    for (let count = 0; count < 6; count += 1) {
      test.answer()
      test.lists.repeat(test.out)
    }
    test.answer()
    expect(test.want('a', cut.name, [first])).toEqual(
      handoverOf([...cut.parts.values()].flatMap((part) => part.locks)),
    )
    expect(test.lists.isBusy).toBe(false)
  })

  it('is asked for again of one that gave nothing for a while', () => {
    const cut = cutOf(entriesUpTo(3))
    const test = new TestLists()
    test.want('a', cut.name, [first, second])
    expect(test.lists.isAsking(first)).toBe(true)
    expect(test.lists.isAsking(second)).toBe(false)
    test.lists.resume(test.out, second)
    test.lists.resume(test.out, first)
    const asked = { to: first, piece: cut.name }
    expect(test.asked).toEqual([asked, asked])
  })

  it('that takes the place of another begins with what they have in common', () => {
    const [before, after] = [cutOf(entriesUpTo(20_000)), cutOf(entriesUpTo(20_001).slice(1))]
    const test = new TestLists()
    test.give(first, before)
    test.give(second, after)
    test.want('first', before.name, [first])
    test.answer()
    test.fetched = 0
    test.want('second', after.name, [second])
    test.answer()
    expect(test.lists.isHere('second', after.name)).toBe(true)
    expect(test.fetched).toBeLessThan(10)
  })

  it('is hardly fetched by whoever holds most of it itself', () => {
    const test = new TestLists()
    const theirs = cutOf(entriesUpTo(5_000))
    test.give(first, theirs)
    test.lists.place('own', cutOf(entriesUpTo(4_999)))
    test.want('a', theirs.name, [first])
    test.answer()
    expect(test.lists.isHere('a', theirs.name)).toBe(true)
    expect(test.fetched).toBeLessThan(4)
  })
})

describe('of what a liar sends nothing is kept', () => {
  const locks = entriesUpTo(3)
  const part = handoverOf(locks)

  it('that nobody asked for', () => {
    const test = new TestLists()
    expect(test.lists.take(test.out, { type: 'part', number: 1, ...part })).toBe(false)
    const cut = liesOf([part])
    test.want('a', cut.name, [first])
    // A part before its list, and a list that wasn't named.
    expect(test.lists.take(test.out, { type: 'part', number: 1, ...part })).toBe(false)
    expect(test.lists.take(test.out, { type: 'list', number: 1, parts: [] })).toBe(false)
  })

  it.each<[string, readonly Handover[], (part: Handover) => Handover | undefined]>([
    ['what may not be listed', [part], () => undefined],
    ['the same once more', [part, handoverOf(locks.slice(1))], (one) => one],
    ['what stands before it', [handoverOf([entryAt(5)]), part], (one) => one],
    ['a part out of order', [handoverOf(locks.toReversed())], (one) => one],
    ['nothing in a part', [part, handoverOf([])], (one) => one],
  ])('behind the first part that lists %s', (_name, parts, sift) => {
    const test = new TestLists()
    const more = handoverOf([entryAt(9)])
    const cut = liesOf([...parts, more, handoverOf([entryAt(10)]), handoverOf([entryAt(11)])])
    test.give(first, cut)
    test.want('a', cut.name, [first], sift)
    test.answer()
    expect(test.want('a', cut.name, [first], sift)).toBe('broken')
    expect(test.fetched).toBeLessThanOrEqual(1 + parts.length + 1)
    expect(test.lists.isBusy).toBe(false)
  })

  it('but the last list that it named', () => {
    const test = new TestLists()
    for (let at = 0; at < 20; at += 1) {
      const cut = cutOf([entryAt(at)])
      test.give(first, cut)
      test.want('a', cut.name, [first])
      test.answer()
    }
    const [before, last] = [cutOf([entryAt(18)]), cutOf([entryAt(19)])]
    expect(test.lists.isHere('a', last.name)).toBe(true)
    test.fetched = 0
    test.want('b', before.name, [first])
    test.answer()
    expect(test.fetched).toBe(2)
  })

  it('for another epoch', () => {
    const test = new TestLists()
    const cut = cutHandover(part, 2)
    test.want('a', cut.name, [first])
    test.lists.take(test.out, { type: 'list', number: 2, parts: [...cut.parts.keys()] })
    expect(test.want('a', cut.name, [first])).toBe('broken')
  })
})
