import { expect, it } from 'vitest'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { createMemoryBackend } from '../api/memory-backend.ts'
import { decisionResource } from '../api/decision-resource.ts'
import { jobResource } from '../api/job-resource.ts'
import { explainJob } from './explain-text.ts'

async function sample(): Promise<{ readonly decision: JobDecision; readonly job: Job }> {
  const backend = createMemoryBackend()
  const view = await backend.explain(backend.closedJob)
  if (view === undefined) throw new Error('no decision')
  return {
    decision: decisionResource(backend, view),
    job: await jobResource(backend, view.record, undefined),
  }
}

const NAMED = { node_id: 'peer-of-birch', operator: 'birch' }

it('says who took a slot over, from whom, and what shows it', async () => {
  const { decision, job } = await sample()
  const [step] = decision.steps
  if (step === undefined) throw new Error('no step')
  const from = [
    { ...NAMED, rank: 0, cause: 'noshow' as const, seals: 3 },
    { node_id: 'peer-of-cobalt', operator: 'cobalt', rank: 1, cause: null, seals: 0 },
  ]
  const takeover = { slot: 1, node_id: 'peer-of-amber', operator: 'amber', rank: 2, from, seals: 3 }
  const text = explainJob({ ...decision, steps: [{ ...step, takeovers: [takeover] }] }, job)
  expect(text).toContain(
    'slot 1: amber (…-amber) took over from birch (…-birch): no sign of life in 3 of 3 seals; ' +
      'and from cobalt (…cobalt): did not begin',
  )
})

it('says what was computed again, what came out otherwise and what could not be', async () => {
  const { decision, job } = await sample()
  const text = explainJob(decision, job)
  expect(text).toContain("verified: signatures; can't be checked by this peer: reason")
  expect(text).toContain('verified    yes')
  const [step] = decision.steps
  if (step === undefined) throw new Error('no step')
  const checks = [{ what: 'payments' as const, holds: false }]
  const forged = { ...decision, verified: false, steps: [{ ...step, verified: false, checks }] }
  expect(explainJob(forged, job)).toContain('NOT VERIFIED (payments)')
  expect(explainJob(forged, job)).toContain('verified    NO')
})

it('lists every bid with the terms of its score and what came of it', async () => {
  const { decision, job } = await sample()
  const lines = explainJob(decision, job).split('\n')
  const header = lines.find((line) => line.startsWith('bid by'))
  expect(header?.split(/ {2,}/)).toEqual(['bid by', 'asked', 'trust', 'price', 'score', 'result'])
  for (const { operator } of decision.bids) {
    expect(lines.some((line) => line.startsWith(operator ?? '') && line.includes('35000000'))).toBe(true)
  }
})
