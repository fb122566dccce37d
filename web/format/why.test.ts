import { describe, expect, it } from 'vitest'
import type { Answer, Finding } from '../../protocol/api/job-schema.ts'
import { findingSentence, outcomeSentence, whySentences } from './why.ts'

const OWN = 'Output rose to 1,250 tonnes and is not safe.'
const OTHER = 'Output rose to 1,520 tonnes and is safe.'
const NOWHERE = { start: 0, end: 0 }

function span(text: string, part: string) {
  const start = text.indexOf(part)
  return { start, end: start + part.length }
}

function answer(outcome: Answer['outcome'], findings: Finding[]): Answer {
  return {
    slot: 0,
    node_id: '12D3Koo',
    operator: 'ada',
    answer: outcome === 'silent' ? null : OWN,
    cluster: 1,
    outcome,
    cosine: 0.97,
    findings,
    price: '1',
    paid: '0',
  }
}

describe('why an answer was outvoted', () => {
  it('quotes both numbers', () => {
    const finding: Finding = { kind: 'number', own: span(OWN, '1,250'), other: span(OTHER, '1,520') }
    expect(findingSentence(finding, OWN, OTHER)).toBe(
      'A different number: it says “1,250” where the merged answer says “1,520”.',
    )
  })

  it('names what only one side has', () => {
    const added: Finding = { kind: 'negation', own: span(OWN, 'not'), other: NOWHERE }
    const missing: Finding = { kind: 'content', own: NOWHERE, other: span(OTHER, 'tonnes') }
    expect(findingSentence(added, OWN, OTHER)).toContain("“not”, which the merged answer doesn't")
    expect(findingSentence(missing, OWN, OTHER)).toContain('leaves out “tonnes”')
  })

  it('cuts long quotes between characters', () => {
    const long = '😀'.repeat(100)
    const finding: Finding = { kind: 'content', own: { start: 0, end: long.length }, other: NOWHERE }
    const sentence = findingSentence(finding, long, null)
    expect(sentence.isWellFormed()).toBe(true)
    expect(sentence.length).toBeLessThan(250)
  })

  it.each(['structure', 'refusal', 'unrelated', 'empty'] as const)('has words for %s', (kind) => {
    expect(findingSentence({ kind, own: NOWHERE, other: NOWHERE }, OWN, OTHER)).toMatch(/^[A-Z].*\.$/)
  })

  it('says each thing once', () => {
    const finding: Finding = { kind: 'structure', own: NOWHERE, other: NOWHERE }
    expect(whySentences(answer('outvoted', [finding, finding]), OTHER)).toHaveLength(1)
  })

  it('knows that silence has no other reason', () => {
    const silent = answer('silent', [{ kind: 'empty', own: NOWHERE, other: NOWHERE }])
    expect(whySentences(silent, OTHER)).toEqual([])
    expect(outcomeSentence(silent, { output: 'x', cancelled_at: null })).toMatch(/no answer in time/)
    const cancelled = { output: null, cancelled_at: '2026-01-01T00:00:00Z' }
    expect(outcomeSentence(silent, cancelled)).toMatch(/when the job was cancelled/)
  })
})
