import { expect, it } from 'vitest'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { digestNamed, payer, recordOf, second, third } from '../api/sample-swarm.ts'
import { NodeSwitch } from './node-switch.ts'

const job = (over: Partial<JobRecord>): JobRecord => ({
  ...recordOf(digestNamed(1), new Uint8Array()),
  ...over,
})
const OFFER = {
  price: 1n,
  etaMs: 1,
  model: 'm',
  modelDigest: digestNamed(5),
  cached: true,
  vramFreeMb: 0,
  loadMilli: 0,
  region: 'eu',
  modes: ['process' as const],
}
const bidOf = (peer: typeof payer) => ({ peer, offer: OFFER })
const slotOf = (peer: typeof payer, step: number) =>
  ({ slot: 0, step, peer, rank: 0, state: 'started', tokens: 0 }) as const

function build({ jobs = [] as JobRecord[], isPaused = false, consents = true } = {}) {
  const kept: boolean[] = []
  const listeners = new Set<() => void>()
  let changes = 0
  const state = { jobs, consents }
  const node = new NodeSwitch({
    view: { self: payer, openJobs: () => state.jobs },
    isPaused,
    mayWork: () => state.consents,
    keepPaused: async (paused) => void kept.push(paused),
    changed: () => void (changes += 1),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  const tell = () => listeners.forEach((listener) => listener())
  return { node, kept, state, tell, listeners, changes: () => changes }
}

it('counts the jobs that wait for this node', () => {
  const waiting = (one: Partial<JobRecord>) => build({ jobs: [job(one)] }).node.waitingJobs()
  expect(waiting({ step: null, bids: [bidOf(payer)], slots: [] })).toBe(1)
  expect(waiting({ step: null, bids: [bidOf(second)], slots: [] })).toBe(0)
  expect(waiting({ step: 0, bids: [bidOf(payer)], slots: [slotOf(payer, 0)] })).toBe(1)
  // Not elected, or only in an attempt that is over.
  expect(waiting({ step: 0, bids: [bidOf(payer)], slots: [slotOf(third, 0)] })).toBe(0)
  expect(waiting({ step: 1, bids: [bidOf(payer)], slots: [slotOf(payer, 0), slotOf(third, 1)] })).toBe(0)
})

it('bids while it runs and consent stands', async () => {
  const { node, state, kept, changes } = build()
  expect(node.bids).toBe(true)
  await node.pause()
  expect([node.state, node.bids]).toEqual(['paused', false])
  await node.resume()
  state.consents = false
  expect([node.state, node.bids]).toEqual(['running', false])
  expect(kept).toEqual([true, false])
  expect(changes()).toBe(2)
  expect(build({ isPaused: true }).node.state).toBe('paused')
})

it('has drained once nothing waits, and not before', async () => {
  const { node, state, tell, kept } = build({ jobs: [job({ step: 0, slots: [slotOf(payer, 0)] })] })
  let drained = false
  void node.drained.then(() => (drained = true))
  node.drain()
  node.drain()
  expect([node.state, node.bids]).toEqual(['draining', false])
  await new Promise(setImmediate)
  tell()
  await Promise.resolve()
  expect(drained).toBe(false)
  state.jobs = []
  tell()
  expect(await node.drained).toBe('drained')
  expect(kept).toEqual([])
})

it('drains at once where nothing waits', async () => {
  const { node } = build()
  node.drain()
  expect(await node.drained).toBe('drained')
})

it('a drain that is called off ends nothing', async () => {
  const { node, state, tell, listeners } = build({ jobs: [job({ step: 0, slots: [slotOf(payer, 0)] })] })
  let drained = false
  void node.drained.then(() => (drained = true))
  node.drain()
  await node.resume()
  expect(node.state).toBe('running')
  expect(listeners.size).toBe(0)
  state.jobs = []
  tell()
  await new Promise(setImmediate)
  expect(drained).toBe(false)
})
