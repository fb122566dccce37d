import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JURIES } from '../vectors/verification/juries.ts'
import { lexicon } from '../vectors/verification/verification.build.ts'
import { PPM, VERIFICATION_LIMITS } from './limits.ts'
import { type Answer, type Comparator, judgeAnswers } from './verdict.ts'

const options = { comparator: 'auto', lexicon } as const

function answers(count: number, text = 'yes'): Answer[] {
  return Array.from({ length: count }, (_, slot) => ({ slot, text, voter: `v${slot}`, trust: 500_000 }))
}

describe('judgeAnswers', () => {
  it.each(JURIES)('$name', ({ answers, comparator = 'auto', agreement, winner, outcomes }) => {
    const verdict = judgeAnswers(answers, { comparator, lexicon })
    expect(verdict.replicas.map((replica) => replica.outcome)).toEqual(outcomes)
    expect(verdict).toMatchObject({ agreement, winner })
  })

  it('gives the same bytes whatever the order of the answers', () => {
    const texts = [
      'The loom has 24 cards.',
      'the loom has **24** cards',
      'The loom has 25 cards.',
      'No loom.',
      '',
    ]
    const jury = fc.uniqueArray(
      fc.record({
        slot: fc.nat(40),
        text: fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 30 })),
        voter: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        trust: fc.integer({ min: -5, max: PPM + 5 }),
      }),
      { minLength: 1, maxLength: 9, selector: (answer) => answer.slot },
    )
    const shuffled = jury.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      ),
    )
    const property = fc.property(
      shuffled,
      fc.constantFrom<Comparator>('auto', 'exact', 'text'),
      ([list, other], comparator) => {
        const verdict = judgeAnswers(list, { comparator, lexicon })
        expect(JSON.stringify(judgeAnswers(other, { comparator, lexicon }))).toBe(JSON.stringify(verdict))
        expect(verdict.confidence).toBeGreaterThanOrEqual(0)
        expect(verdict.confidence).toBeLessThan(PPM)
      },
    )
    fc.assert(property, { numRuns: 300 })
  })

  it('states for one answer what its voter is trusted with', () => {
    const [answer] = answers(1)
    if (answer === undefined) throw new Error('the table is empty')
    expect(judgeAnswers([{ ...answer, trust: 730_000 }], options).confidence).toBe(730_000)
  })

  it('says nothing for certain of newcomers, however many agree', () => {
    const newcomers = answers(3).map((answer) => ({ ...answer, trust: 200_000 }))
    expect(judgeAnswers(newcomers, options).confidence).toBeLessThan(20_000)
  })

  it('keeps at most sixteen findings', () => {
    const list = (count: number, step: number) =>
      Array.from(
        { length: count },
        (_, at) => `Row ${at} of the red cloth has ${at * 10 + step} threads.`,
      ).join(' ')
    const [first, second] = [list(30, 1), list(30, 2)]
    const jury = answers(3).map((answer) => ({ ...answer, text: answer.slot === 0 ? second : first }))
    expect(judgeAnswers(jury, options).replicas[0]?.findings).toHaveLength(VERIFICATION_LIMITS.findings)
  })

  it('refuses what its caller must not ask', () => {
    const longest = 'x'.repeat(VERIFICATION_LIMITS.answerUnits)
    expect(judgeAnswers(answers(VERIFICATION_LIMITS.answers), options).agreement).toBe('unanimous')
    expect(judgeAnswers(answers(2, longest), options).agreement).toBe('unanimous')
    expect(() => judgeAnswers([], options)).toThrow('no_answers')
    expect(() => judgeAnswers(answers(VERIFICATION_LIMITS.answers + 1), options)).toThrow('too_many_answers')
    expect(() => judgeAnswers(answers(2, `${longest}x`), options)).toThrow('answer_too_long')
    expect(() => judgeAnswers([...answers(1), ...answers(1)], options)).toThrow('duplicate_slot')
  })
})
