import { describe, expect, it } from 'vitest'
import type { Answer } from '../../protocol/api/job-schema.ts'
import { createAnswerStream } from './answer-stream.ts'

function stream() {
  let printed = ''
  const told: string[] = []
  const made = createAnswerStream(
    (text) => {
      printed += text
    },
    (text) => told.push(text),
  )
  const tokens = (at: number, text: string) => made.take({ type: 'tokens', rank: 0, at, text })
  return { made, tokens, printed: () => printed, told }
}

const ending = (outcome: Answer['outcome']) => ({ answers: [{ slot: 0, outcome } as Answer] })

describe('an answer that is printed as it comes', () => {
  it('stands on the terminal once, also where it is told again from its beginning', () => {
    const { made, tokens, printed, told } = stream()
    tokens(0, 'one ')
    tokens(4, 'two ')
    tokens(0, 'one ')
    tokens(0, 'one two three')
    made.end(ending('agreed'))
    expect(printed()).toBe('one two three\n')
    expect(told).toEqual([])
  })

  it('is broken off where somebody else begins anew', () => {
    const { made, tokens, printed, told } = stream()
    tokens(0, 'half')
    expect(made.isShowing).toBe(true)
    made.take({ type: 'reset', rank: 1 })
    expect(made.isShowing).toBe(false)
    tokens(0, 'whole')
    made.end(ending('agreed'))
    expect(printed()).toBe('half\nwhole\n')
    expect(told).toHaveLength(1)
  })

  it.each([
    ['outvoted', /outvoted/],
    ['unsure', /not confirm/],
    ['silent', /never became/],
  ] as const)('says that it is %s', (outcome, words) => {
    const { made, tokens, told } = stream()
    tokens(0, 'wrong')
    made.end(ending(outcome))
    expect(told.join()).toMatch(words)
  })
})
