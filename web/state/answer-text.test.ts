import { expect, it } from 'vitest'
import { answerAfter } from './answer-text.ts'

const NOTHING = { text: '', rank: 0, wasReset: false }
const tokens = (at: number, text: string, rank = 0) => ({ type: 'tokens', rank, at, text })
const after = (...messages: readonly unknown[]) => messages.reduce(answerAfter, NOTHING)

it('an answer grows, begins anew with another node, and is told again without being doubled', () => {
  expect(after(tokens(0, 'one '), tokens(4, 'two'))).toEqual({ text: 'one two', rank: 0, wasReset: false })
  expect(after(tokens(0, 'one '), tokens(4, 'two'), tokens(0, 'one two'))).toMatchObject({ text: 'one two' })
  expect(after(tokens(0, 'one'), { type: 'reset', rank: 1 })).toEqual({ text: '', rank: 1, wasReset: true })
  expect(after(tokens(0, 'one'), { type: 'reset', rank: 1 }, tokens(0, 'new', 1))).toEqual({
    text: 'new',
    rank: 1,
    wasReset: true,
  })
})

it.each([null, 'tokens', {}, { type: 'tokens', rank: 0, at: 0 }, { type: 'update', seq: 1, job: {} }])(
  'is not changed by %o',
  (message) => {
    expect(after(tokens(0, 'one'), message)).toMatchObject({ text: 'one' })
  },
)
