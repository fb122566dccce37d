import { describe, expect, it } from 'vitest'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { disruptionsOf } from './disruptions.ts'

type Slot = Job['slots'][number]
type Blame = Job['blame'][number]
type Takeover = JobDecision['steps'][number]['takeovers'][number]

const slot = (fields: Partial<Slot>): Slot => ({
  slot: 1,
  attempt: 0,
  node_id: 'peer-of-amber',
  operator: 'amber',
  rank: 0,
  state: 'started',
  tokens: 0,
  ...fields,
})
const blame = (fields: Partial<Blame>): Blame => ({
  slot: 1,
  node_id: 'peer-of-birch',
  operator: 'birch',
  cause: 'noshow',
  led_to: 'reassigned',
  step: 1,
  evidence: [{ kind: 'seal', signer: 'w', digest: 'd' }],
  ...fields,
})
const job = (fields: Partial<Job>): Job => ({ slots: [], blame: [], closed_at: null, ...fields }) as Job
const TAKEOVER: Takeover = {
  slot: 1,
  node_id: 'peer-of-amber',
  operator: 'amber',
  rank: 1,
  from: [{ node_id: 'peer-of-birch', operator: 'birch', rank: 0, cause: 'noshow', seals: 3 }],
  seals: 3,
}
const decision = (takeovers: Takeover[]): JobDecision =>
  ({ steps: [{ takeovers }] }) as unknown as JobDecision
const sentences = (...of: Parameters<typeof disruptionsOf>) => disruptionsOf(...of).map((one) => one.sentence)

describe('what went wrong', () => {
  it('is nothing where all went well', () => {
    expect(disruptionsOf(job({ slots: [slot({})] }), decision([]))).toEqual([])
  })

  it('is a takeover, told once, with what shows it', () => {
    const closed = job({ closed_at: '2026-01-01T00:00:00Z', slots: [slot({ rank: 1 })], blame: [blame({})] })
    expect(disruptionsOf(closed, decision([TAKEOVER]))).toEqual([
      {
        sentence: 'Slot 1: amber (…-amber) took over from birch (…-birch): no sign of life in 3 of 3 seals.',
        evidence: blame({}).evidence,
      },
    ])
  })

  it('is a takeover that nothing is decided about yet', () => {
    expect(sentences(job({ slots: [slot({ rank: 1 })] }), undefined)).toEqual([
      'Slot 1: amber (…-amber) took over, since nothing was heard of the node before it.',
    ])
  })

  it.each<readonly [Partial<Blame>, string]>([
    [{ cause: 'outvoted', led_to: 'unpaid' }, 'Slot 1: birch (…-birch) was outvoted; it is not paid.'],
    [
      { operator: null, cause: 'timeout' },
      'Slot 1: …-birch began, and gave no answer in time; somebody else was asked.',
    ],
    [
      { slot: null, node_id: 'payer', cause: 'cancelled', led_to: 'refunded' },
      'Its payer cancelled the job: what was left went back to the payer.',
    ],
  ])('is %o', (fields, sentence) => {
    expect(sentences(job({ blame: [blame(fields)] }), decision([]))).toEqual([sentence])
  })
})
