import { describe, expect, it } from 'vitest'
import type { Job } from '../../protocol/api/job-schema.ts'
import { phasesOf } from './phases.ts'

const START_MS = Date.parse('2026-01-01T00:00:00.000Z')
type Event = readonly [phase: Job['timeline'][number]['phase'], ms: number]

function at(ms: number): string {
  return new Date(START_MS + ms).toISOString()
}

function job(options: {
  events: readonly Event[]
  states?: Job['slots'][number]['state'][]
  closedMs?: number
}): Job {
  const { events, states = [], closedMs } = options
  return {
    id: '0'.repeat(64),
    status: closedMs === undefined ? 'running' : 'completed',
    created_at: at(0),
    opened_at: null,
    cancelled_at: null,
    closed_at: closedMs === undefined ? null : at(closedMs),
    payer: '12D3Koo',
    model: null,
    replicas: 3,
    agreement: null,
    confidence: null,
    confidence_ppm: null,
    charged: null,
    label: null,
    priority: 0,
    queue: null,
    retry_of: null,
    continued_as: null,
    batch: null,
    deadline_at: null,
    prompt: 'why',
    visibility: 'private',
    comparator: 'auto',
    min_confidence: 0,
    max_price: '3',
    region: null,
    execution_mode: 'process',
    params: { temperature: 0, seed: 0, max_tokens: 1 },
    timeline: events.map(([phase, ms]) => ({ phase, at: at(ms), peer: null, slot: null, evidence: null })),
    bids: 0,
    slots: states.map((state, slot) => ({
      slot,
      attempt: 0,
      node_id: '12D3Koo',
      operator: null,
      rank: 0,
      state,
      tokens: 0,
    })),
    standbys: [],
    output: null,
    winner: null,
    answers: [],
    escrow: '9',
    refunded: null,
    fee: '0',
    receipts: [],
    blame: [],
  }
}

const shape = (of: Job, nowMs: number) =>
  phasesOf(of, START_MS + nowMs).map(({ name, durationMs, isOpen }) => [name, durationMs, isOpen])

describe('phasesOf', () => {
  it('adds up to the whole time of a closed job', () => {
    const events: Event[] = [
      ['opened', 40],
      ['assigned', 90],
      ['committed', 300],
      ['committed', 900],
      ['revealed', 950],
    ]
    const phases = phasesOf(
      job({ events, states: ['revealed', 'revealed'], closedMs: 1_000 }),
      START_MS + 9_999,
    )
    expect(phases.map(({ durationMs }) => durationMs)).toEqual([40, 50, 810, 50, 50])
    expect(phases.some(({ isOpen }) => isOpen)).toBe(false)
  })

  it('leaves answering open while a slot still works', () => {
    const events: Event[] = [
      ['opened', 40],
      ['assigned', 90],
      ['committed', 300],
    ]
    expect(shape(job({ events, states: ['committed', 'started'] }), 500)).toEqual([
      ['Payment', 40, false],
      ['Election', 50, false],
      ['Answering', 410, true],
    ])
  })

  it('knows that a silent slot of a closed job will never answer', () => {
    const events: Event[] = [
      ['opened', 40],
      ['assigned', 90],
      ['committed', 300],
      ['revealed', 350],
    ]
    expect(shape(job({ events, states: ['revealed', 'started'], closedMs: 400 }), 0)).toEqual([
      ['Payment', 40, false],
      ['Election', 50, false],
      ['Answering', 210, false],
      ['Revealing', 50, false],
      ['Verdict', 50, false],
    ])
  })

  it('has no phase that a void job never went through', () => {
    expect(shape(job({ events: [['opened', 40]], closedMs: 700 }), 0)).toEqual([
      ['Payment', 40, false],
      ['Verdict', 660, false],
    ])
  })

  it('gives no phase less than no time when news came out of order', () => {
    const events: Event[] = [
      ['assigned', 30],
      ['opened', 60],
      ['committed', 50],
    ]
    const phases = phasesOf(job({ events, states: ['revealed'], closedMs: 80 }), START_MS)
    expect(phases.every(({ durationMs }) => durationMs >= 0)).toBe(true)
    expect(phases.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(80)
  })
})
