import { describe, expect, it } from 'vitest'
import { draftFault, EMPTY_DRAFT, type JobDraft, requestOf } from './job-draft.ts'

const DRAFT: JobDraft = { ...EMPTY_DRAFT, prompt: 'Why?' }

describe('a job draft', () => {
  it('leaves to the swarm what is empty', () => {
    expect(requestOf(DRAFT)).toEqual({
      prompt: 'Why?',
      replicas: 3,
      comparator: 'auto',
      visibility: 'private',
      params: { temperature: 0 },
    })
  })

  it('sends what is set, the confidence as a share', () => {
    const draft = {
      ...DRAFT,
      model: 'tiny',
      maxPrice: ' 1.5 ',
      minConfidencePercent: '90',
      temperature: '0.7',
    }
    expect(requestOf(draft)).toMatchObject({
      model: 'tiny',
      max_price: '1.5',
      min_confidence: 0.9,
      params: { temperature: 0.7 },
    })
  })

  it.each([
    [{ prompt: ' \n' }, 'prompt'],
    [{ maxPrice: '1,5' }, 'maxPrice'],
    [{ maxPrice: '-1' }, 'maxPrice'],
    [{ maxPrice: '0.1234567' }, 'maxPrice'],
    [{ minConfidencePercent: '101' }, 'minConfidencePercent'],
    [{ temperature: '2.1' }, 'temperature'],
    [{ temperature: '' }, 'temperature'],
    [{ temperature: 'warm' }, 'temperature'],
  ] as const)('refuses %j at its field %s', (change, field) => {
    expect(draftFault({ ...DRAFT, ...change })?.field).toBe(field)
  })

  it.each([{ maxPrice: '0' }, { minConfidencePercent: '100' }, { temperature: '2' }])(
    'takes %j',
    (change) => {
      expect(draftFault({ ...DRAFT, ...change })).toBeUndefined()
    },
  )
})
