import { describe, expect, it } from 'vitest'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import { electionRank, ineligibleText, sortedBids, termColumns, termPoints } from './bids.ts'

function bid(id: string, fields: Partial<JobDecision['bids'][number]> = {}): JobDecision['bids'][number] {
  return {
    node_id: id,
    operator: null,
    price: '1',
    eligible: true,
    ineligible_reason: null,
    score_terms: { price: 500_000, trust: 10_000 },
    score: 10,
    tie_break: 'b',
    ...fields,
  }
}

const DECISION: JobDecision = {
  job_id: 'j',
  step: 0,
  bids: [
    bid('low'),
    bid('barred', { eligible: false, ineligible_reason: 'model_differs', score: 99 }),
    bid('tied', { tie_break: 'a' }),
    bid('best', { score: 20, score_terms: { novelty: 1, trust: 0 } }),
  ],
  elected: ['best'],
  standbys: ['tied'],
  seed: 's',
  quorum: { epoch: 0, round: 0, signers: [] },
  verified: true,
  steps: [],
  verdict: null,
  blame: [],
  charged: null,
  refunded: null,
}

describe('bids', () => {
  it('are ranked as elections rank them', () => {
    expect(sortedBids(DECISION).map(({ node_id: id }) => id)).toEqual(['best', 'tied', 'low', 'barred'])
  })

  it('are told apart by what became of them', () => {
    expect(sortedBids(DECISION).map((one) => electionRank(one, DECISION))).toEqual([
      'elected',
      'standby',
      'passed-over',
      'ineligible',
    ])
  })

  it('show every term, those that are unknown here as well', () => {
    expect(termColumns(DECISION).map(({ label }) => label)).toEqual(['Trust', 'Low price', 'novelty'])
    expect([termPoints(995_000), termPoints(undefined)]).toEqual(['100 %', ''])
  })

  it('name a reason that this page does not know', () => {
    expect([ineligibleText('model_differs'), ineligibleText('too_young')]).toEqual([
      'another model',
      'too young',
    ])
  })
})
