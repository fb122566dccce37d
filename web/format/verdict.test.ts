import { describe, expect, it } from 'vitest'
import type { Answer } from '../../protocol/api/job-schema.ts'
import { agreementSentence, formatConfidence, groupNumber } from './verdict.ts'

function answer(outcome: Answer['outcome']): Answer {
  return {
    slot: 0,
    node_id: '12D3Koo',
    operator: null,
    answer: outcome === 'silent' ? null : 'text',
    cluster: null,
    outcome,
    cosine: 1,
    findings: [],
    price: '1',
    paid: '0',
  }
}

describe('verdict', () => {
  it.each([
    [0.9999, '99.9 %'],
    [0.9996, '99.9 %'],
    [1, '100 %'],
    [0.874, '87.4 %'],
    [0.29, '29 %'],
    [0, '0 %'],
  ])('never rounds a confidence of %d up: %s', (confidence, text) => {
    expect(formatConfidence(confidence)).toBe(text)
  })

  it('counts answers, not silences', () => {
    const answers = [answer('agreed'), answer('agreed'), answer('outvoted'), answer('silent')]
    expect(agreementSentence('majority', answers)).toBe('2 of 3 answers agree.')
    expect(agreementSentence('unanimous', [answer('agreed'), answer('agreed')])).toBe('Both answers agree.')
  })

  it('numbers the chosen group first and then as they come', () => {
    const given = [2, 0, 2, 1].map((cluster, slot) => ({ ...answer('agreed'), slot, cluster }))
    const answers = [...given, answer('silent')]
    const numbers = (winner: number | null) => answers.map((one) => groupNumber({ answers, winner }, one))
    expect(numbers(1)).toEqual([2, 1, 2, 3, null])
    expect(numbers(null)).toEqual([1, 2, 1, 3, null])
  })
})
