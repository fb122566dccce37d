import { describe, expect, it } from 'vitest'
import { Meter } from './counters.ts'
import { Lane } from './lane.ts'
import { QUEUE_BYTES_MAX, QUEUE_BYTES_TOTAL_MAX, QUEUE_FRAMES_MAX } from './limits.ts'
import { peerIdNamed } from './loopback-swarm.ts'

const to = await peerIdNamed('somebody')
const FRAME = new Uint8Array(1)

function stuckLane(budget = { bytes: 0 }) {
  const meter = new Meter()
  const dial = Promise.withResolvers<never>()
  const lane = new Lane({ to, open: () => dial.promise, budget, meter })
  return { lane, meter, budget, dial }
}

/** The first frame is taken out of the queue to be written, so the queue begins empty behind it. */
async function startWriting(lane: Lane): Promise<void> {
  lane.push(FRAME)
  await new Promise(setImmediate)
}

describe('a lane whose peer takes nothing', () => {
  it('keeps as many frames as the maximum and not one more', async () => {
    const { lane, meter } = stuckLane()
    await startWriting(lane)
    for (let at = 0; at < QUEUE_FRAMES_MAX; at += 1) lane.push(FRAME)
    expect(meter.snapshot().framesQueueFull).toBe(0)
    lane.push(FRAME)
    expect(meter.snapshot().framesQueueFull).toBe(1)
  })

  it('keeps as many bytes as the maximum and not one more', async () => {
    const { lane, meter } = stuckLane()
    await startWriting(lane)
    lane.push(new Uint8Array(QUEUE_BYTES_MAX))
    expect(meter.snapshot().framesQueueFull).toBe(0)
    lane.push(FRAME)
    expect(meter.snapshot().framesQueueFull).toBe(1)
  })

  it('shares the total of bytes with all other lanes', () => {
    const { lane, meter } = stuckLane({ bytes: QUEUE_BYTES_TOTAL_MAX - 1 })
    lane.push(FRAME)
    expect(meter.snapshot().framesQueueFull).toBe(0)
    lane.push(FRAME)
    expect(meter.snapshot().framesQueueFull).toBe(1)
  })

  it('loses what waited when the dial fails, gives its bytes back, and dials again only when woken', async () => {
    const { lane, meter, budget, dial } = stuckLane()
    await startWriting(lane)
    lane.push(FRAME)
    lane.push(FRAME)
    expect(budget.bytes).toBe(2)
    dial.reject(new Error('nobody there'))
    await new Promise(setImmediate)
    expect(budget.bytes).toBe(0)
    expect(meter.snapshot().framesUnreachable).toBe(3)
    lane.push(FRAME)
    expect(meter.snapshot().framesUnreachable).toBe(4)
    expect(budget.bytes).toBe(0)
    lane.wake()
    lane.push(FRAME)
    expect(budget.bytes).toBe(1)
    await lane.close()
  })
})
