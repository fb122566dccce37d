import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import type { Handover } from './messages.ts'
import { type Cut, cutHandover, pieceDigestOf } from './pieces.ts'
import { entriesOfOnePlace, entriesUpTo, entryAt, TestLists } from './testing-lists.ts'

const peers = Array.from({ length: 12 }, (_, at) => testSigner(at).id)
const [honest, liar] = peers as [PeerId, PeerId]

const honestCut = cutHandover({ locks: entriesUpTo(3_000), prepared: [] }, 1)
const PIECES = 1 + honestCut.parts.size

/** A list of these parts; whoever gives only the list itself lies. */
function listOf(parts: readonly (readonly [string, Handover])[]): Cut {
  const named = new Map(parts) as Map<never, Handover>
  return { name: pieceDigestOf({ type: 'list', number: 1, parts: [...named.keys()] }), parts: named }
}

/** Names parts and gives none of them. */
function lie(test: TestLists, by: PeerId, cut: Cut): void {
  test.give(by, cut)
  const list = test.given.get(by)?.get(cut.name)
  if (list !== undefined) test.given.set(by, new Map([[cut.name, list]]))
  test.want(by, cut.name, [by])
  test.answer()
}

/** How many repetitions it takes until the honest list is here. */
function repetitions(test: TestLists): number {
  test.give(honest, honestCut)
  test.want(honest, honestCut.name, [honest])
  test.answer()
  let count = 0
  for (; !test.lists.isHere(honest, honestCut.name) && count < 20; count += 1) {
    test.lists.repeat(test.out)
    test.answer()
  }
  return count
}

describe('a liar that names parts of an honest list, and gives none,', () => {
  const parts = [...honestCut.parts]

  it.each<[string, readonly (readonly [string, Handover])[]]>([
    ['all but the last', parts.slice(0, -1)],
    ['only the first', parts.slice(0, 1)],
    ['the second and what it made up', [...parts.slice(1, 2), ['a'.repeat(64), { locks: [], prepared: [] }]]],
    ['each other one', parts.filter((_, at) => at % 2 === 0)],
  ])('holds it back for no repetition: %s', (_name, named) => {
    const test = new TestLists()
    lie(test, liar, listOf(named))
    expect(repetitions(test)).toBe(0)
    expect(test.requests.get(honest)).toBe(PIECES)
  })

  it('does it no better while it asks again and again', () => {
    const test = new TestLists()
    lie(test, liar, listOf(parts.slice(0, -1)))
    for (let count = 0; count < 5; count += 1) test.lists.repeat(test.out)
    expect(repetitions(test)).toBe(0)
  })

  it('does it with three others for no more repetitions than they are', () => {
    const test = new TestLists()
    for (const one of peers.slice(1, 5)) lie(test, one, listOf(parts.slice(0, -1)))
    const count = repetitions(test)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThanOrEqual(4)
    // Of each time that it stood still two parts were asked for in vain.
    expect(test.requests.get(honest)).toBeLessThanOrEqual(PIECES + 2 * count)
  })
})

describe('two liars that give a part a repetition', () => {
  const names = [...honestCut.parts.keys()]

  /** What is given by those that it is asked of, and one part besides; how many repetitions it takes. */
  function dripping(test: TestLists, key: string): number {
    let count = 0
    for (; !test.lists.isHere(key, honestCut.name) && count < names.length; count += 1) {
      test.lists.repeat(test.out)
      const next = names.find((name) => test.lists.cut(key)?.parts.has(name) === false)
      const part = next === undefined ? undefined : honestCut.parts.get(next)
      if (part !== undefined) test.lists.take(test.out, { type: 'part', number: 1, ...part })
      test.answer()
    }
    return count
  }

  it('hold no honest one back for longer than if they gave nothing', () => {
    const test = new TestLists()
    for (const one of peers.slice(1, 3)) lie(test, one, listOf([...honestCut.parts].slice(0, -1)))
    test.give(honest, honestCut)
    test.want(honest, honestCut.name, [honest])
    test.answer()
    expect(dripping(test, honest)).toBeLessThanOrEqual(2)
  })

  it('are followed by the next holder of a list that several have', () => {
    const test = new TestLists()
    test.want('a', honestCut.name, [liar, honest])
    test.lists.take(test.out, { type: 'list', number: 1, parts: names })
    test.give(honest, honestCut)
    test.answer()
    expect(dripping(test, 'a')).toBeLessThanOrEqual(2)
  })
})

describe('a piece that many name', () => {
  it.each([0, 1])('is fetched of two at most, with %s liars among them', (liars) => {
    const test = new TestLists()
    if (liars > 0) lie(test, liar, listOf([...honestCut.parts].slice(0, -1)))
    const others = peers.slice(2)
    for (const one of others) test.give(one, honestCut)
    for (const one of others) test.want(one, honestCut.name, [one])
    test.answer()
    for (const one of others) expect(test.lists.isHere(one, honestCut.name)).toBe(true)
    const sent = others.reduce((sum, one) => sum + (test.requests.get(one) ?? 0), 0)
    expect(sent).toBeLessThanOrEqual(2 * PIECES)
  })

  it('is asked of the next one at once where a list of those that were asked breaks', () => {
    const test = new TestLists()
    const nothing = { locks: [], prepared: [] }
    const made = { type: 'part' as const, number: 1, ...nothing }
    const bad = listOf([[pieceDigestOf(made), nothing], ...[...honestCut.parts].slice(0, 1)])
    for (const one of peers.slice(1, 3)) lie(test, one, bad)
    test.give(honest, honestCut)
    test.want(honest, honestCut.name, [honest])
    test.answer()
    expect(test.lists.isHere(honest, honestCut.name)).toBe(false)
    test.lists.take(test.out, made)
    test.answer()
    expect(test.lists.isHere(honest, honestCut.name)).toBe(true)
  })
})

describe('a part that is here before its turn', () => {
  const parts = [...honestCut.parts.keys()]
  const pieceAt = (at: number) => {
    const part = honestCut.parts.get(parts[at] as never)
    if (part === undefined) throw new RangeError(`there is no part ${at}`)
    return { type: 'part' as const, number: 1, ...part }
  }

  it('is loaded once, however long the one before is on its way', () => {
    const test = new TestLists(new Set(parts.slice(1, 2)), true)
    test.give(honest, honestCut)
    test.want('a', honestCut.name, [honest])
    test.lists.take(test.out, { type: 'list', number: 1, parts })
    for (let count = 0; count < 10; count += 1)
      for (const piece of test.loads.slice(count)) test.lists.onLoaded(test.out, piece, pieceAt(1))
    expect(test.loads).toEqual([parts[1]])
    test.answer()
    expect(test.lists.isHere('a', honestCut.name)).toBe(true)
  })

  it('is asked for once, and held until its turn', () => {
    const test = new TestLists()
    test.want('a', honestCut.name, [honest])
    test.lists.take(test.out, { type: 'list', number: 1, parts })
    expect(test.lists.take(test.out, pieceAt(1))).toBe(true)
    expect(test.lists.take(test.out, pieceAt(1))).toBe(false)
    expect(test.lists.take(test.out, pieceAt(0))).toBe(true)
    const asked = test.asked.map(({ piece }) => piece)
    expect(asked).toEqual([honestCut.name, ...parts.slice(0, 4)])
  })

  it('isn’t taken for progress', () => {
    const test = new TestLists()
    test.want('a', honestCut.name, [honest, liar])
    test.lists.take(test.out, { type: 'list', number: 1, parts })
    test.lists.repeat(test.out)
    test.asked.splice(0)
    test.lists.take(test.out, pieceAt(1))
    test.lists.repeat(test.out)
    expect(test.asked).toEqual([{ to: liar, piece: parts[0] }])
  })
})

describe('entries for one place', () => {
  const places = (count: number) => {
    const entries = [...entriesOfOnePlace(count), entryAt(1)]
    return listOf(
      entries.map((entry) => {
        const part = { locks: [entry], prepared: [] }
        return [pieceDigestOf({ type: 'part', number: 1, ...part }), part]
      }),
    )
  }

  it.each([
    ['wait', LIMITS.witnesses],
    ['broken', LIMITS.witnesses + 1],
  ])('leave a list %s where they are %s, in whatever parts', (expected, count) => {
    const cut = places(count)
    const test = new TestLists()
    test.give(honest, { ...cut, parts: new Map(cut.parts) })
    const given = new Map(test.given.get(honest))
    // The last part, which lists another place, never comes.
    const last = [...cut.parts.keys()].at(-1)
    if (last !== undefined) given.delete(last)
    test.given.set(honest, given)
    test.want('a', cut.name, [honest])
    test.answer()
    expect(test.want('a', cut.name, [honest])).toBe(expected)
    // Nothing of a broken one is kept.
    expect(test.lists.cut('a')?.parts.size).toBe(expected === 'broken' ? undefined : count)
  })

  it('are too many in one part, too', () => {
    const cut = listOf([
      [
        pieceDigestOf({ type: 'part', number: 1, locks: entriesOfOnePlace(65), prepared: [] }),
        { locks: entriesOfOnePlace(65), prepared: [] },
      ],
    ])
    const test = new TestLists()
    test.give(honest, cut)
    test.want('a', cut.name, [honest])
    test.answer()
    expect(test.want('a', cut.name, [honest])).toBe('broken')
  })
})
