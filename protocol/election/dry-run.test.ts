import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { TestJobs } from '../jobs/testing-jobs.ts'
import { CHOICES } from '../jobs/testing-tickets.ts'
import { LIMITS } from '../params.ts'
import { decide } from './decide.ts'

const ENTROPY = new Uint8Array(32).fill(3)
const PAYER = TestJobs.payer

describe('a dry run', () => {
  it('elects as the election does, given the same bids', () => {
    const jobs = new TestJobs([3, 5, 6])
    const tried = jobs.view(PAYER).dryRun({ ...CHOICES, standbys: 1 }, ENTROPY, jobs.minds.now)
    if (!tried.ok) throw new RangeError(tried.code)
    const { spec, slots, standbys, ranking, expected, escrow } = tried.outcome
    expect([slots.length, standbys.length]).toEqual([2, 1])
    const roster = jobs.view(PAYER).roster
    const candidates = ranking.map(({ peer, offer }) => ({
      peer,
      offer,
      operator: roster.member(peer)?.operator,
    }))
    const elected = decide(spec, candidates, jobs.view(PAYER).trust(), hash('dry-run', ENTROPY))
    expect([elected.slots, elected.standbys]).toEqual([slots, standbys])
    expect(expected).toBe(2n * 100n + spec.fee)
    expect(escrow).toBe(3n * spec.maxPrice + spec.fee)
  })

  it('changes nothing: no record, no frame, no credit', () => {
    const jobs = new TestJobs([5, 6])
    const before = [...jobs.minds.storeOf(jobs.id(PAYER))]
    const account = jobs.view(PAYER).account(jobs.id(PAYER))
    jobs.view(PAYER).dryRun(CHOICES, ENTROPY, jobs.minds.now)
    expect([...jobs.minds.storeOf(jobs.id(PAYER))]).toEqual(before)
    expect(jobs.view(PAYER).account(jobs.id(PAYER))).toEqual(account)
    expect([jobs.view(PAYER).openJobs(), jobs.minds.runs]).toEqual([[], []])
  })

  it.each([
    ['too_few_nodes', { replicas: 3 }],
    ['model_unknown', { model: 'another' }],
    ['price_too_low', { maxPrice: 99n }],
    ['replicas_out_of_range', { replicas: LIMITS.replicas + 1 }],
  ] as const)('says what keeps a job from being opened: %s', (code, wishes) => {
    const jobs = new TestJobs([5, 6])
    expect(jobs.view(PAYER).dryRun({ ...CHOICES, ...wishes }, ENTROPY, jobs.minds.now)).toMatchObject({
      ok: false,
      code,
    })
  })
})
