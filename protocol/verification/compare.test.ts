import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PAIRS } from '../vectors/verification/pairs.ts'
import { lexicon } from '../vectors/verification/verification.build.ts'
import type { Comparator } from './comparator.ts'
import { compare } from './compare.ts'
import { VERIFICATION_LIMITS } from './limits.ts'
import { Reader } from './reading.ts'

function compared(a: string, b: string, comparator: Comparator = 'auto') {
  const reader = new Reader(lexicon)
  const budget = { steps: VERIFICATION_LIMITS.pairSteps }
  return compare(reader.read(a), reader.read(b), { comparator, lexicon, reader, budget })
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        'not',
        '5',
        '```',
        '\n',
        '{"a":',
        '}',
        '"',
        'sure,',
        '- ',
        '½',
        'a',
        'million',
        '1.',
        "'",
      ),
    )
    .map((parts) => parts.join(' ')),
)
const comparators = fc.constantFrom<Comparator>('auto', 'exact', 'text')

describe('compare', () => {
  it.each(PAIRS)('$name', ({ a, b, verdict, kind, comparator }) => {
    const comparison = compared(a, b, comparator)
    expect(comparison.verdict).toBe(verdict)
    if (kind !== undefined) expect(comparison.findings.map((finding) => finding.kind)).toContain(kind)
  })

  it('points at the words that differ, in both answers', () => {
    const [a, b] = ['Sure! The loom has **24** cards.', 'The loom has twenty-five cards.']
    const [finding] = compared(a, b).findings
    expect(a.slice(finding?.own.start, finding?.own.end)).toBe('24')
    expect(b.slice(finding?.other.start, finding?.other.end)).toBe('twenty-five')
  })

  it('takes any text, agrees with itself, and says the same from both sides', () => {
    const property = fc.property(anyText, anyText, comparators, (a, b, comparator) => {
      const there = compared(a, b, comparator)
      const back = compared(b, a, comparator)
      expect(back.verdict).toBe(there.verdict)
      expect(back.findings.map(({ kind, own, other }) => ({ kind, own: other, other: own }))).toEqual(
        there.findings,
      )
      expect(compared(a, a, comparator).verdict).toBe('agree')
      for (const { own, other } of there.findings) {
        expect(0 <= own.start && own.start <= own.end && own.end <= a.length).toBe(true)
        expect(0 <= other.start && other.start <= other.end && other.end <= b.length).toBe(true)
      }
    })
    fc.assert(property, { numRuns: 400 })
  })

  it('never agrees once a number, a negator or a sentence was added', () => {
    const words = fc.array(
      fc.constantFrom('the', 'loom', 'reads', 'cards', 'slowly', 'and', 'weaves', 'cloth'),
      {
        minLength: 6,
        maxLength: 30,
      },
    )
    const edits = fc.constantFrom(' 7', ' not', '. Steam drives every engine nearby')
    fc.assert(
      fc.property(words, edits, fc.nat(), (list, edit, place) => {
        const at = 1 + (place % (list.length - 1))
        const lie = `${list.slice(0, at).join(' ')}${edit} ${list.slice(at).join(' ')}`
        expect(compared(list.join(' '), lie).verdict).not.toBe('agree')
      }),
    )
  })

  it('follows so many edits and no more', () => {
    const words = (count: number, word: string) =>
      Array.from({ length: count }, (_, at) => `${word}${at % 7}x`)
    const common = words(3_000, 'same').join(' ')
    const withEdits = (count: number) => `${words(count - 1, 'other').join(' ')} not ${common}`
    expect(compared(common, withEdits(VERIFICATION_LIMITS.edits)).findings).not.toEqual([])
    expect(compared(common, withEdits(VERIFICATION_LIMITS.edits + 1))).toEqual({
      verdict: 'unsure',
      findings: [],
    })
  })

  it('reads JSON to its greatest depth and no deeper', () => {
    const nested = (depth: number, value: number) => '['.repeat(depth) + String(value) + ']'.repeat(depth)
    const deepest = VERIFICATION_LIMITS.jsonDepth
    const reader = new Reader(lexicon)
    expect(reader.read(nested(deepest, 1)).json).toBeDefined()
    expect(reader.read(nested(deepest + 1, 1)).json).toBeUndefined()
  })
})
