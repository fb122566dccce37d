import { describe, expect, it } from 'vitest'
import { blobRefOf } from '../ids.ts'
import { NodeRoom } from './node-room.ts'

const ANSWER = blobRefOf(Uint8Array.of(1))
const SLOTS = 2

function after(...durationsMs: readonly number[]): NodeRoom {
  const room = new NodeRoom()
  for (const durationMs of durationsMs) room.finished({ ok: true, answer: ANSWER, tokens: 1, durationMs })
  return room
}

/** The most that it takes at once. */
function most(room: NodeRoom): number {
  let busy = 0
  while (room.hasRoom(SLOTS, busy)) busy += 1
  return busy
}

describe('the room of a node', () => {
  it.each([
    ['that has run nothing yet', [], 2 * SLOTS],
    ['whose runs take long', [60_000], 2 * SLOTS],
    ['whose runs take a quarter of a second', [250], SLOTS + 16],
    ['whose runs take no time', [0, 0], SLOTS + 64],
  ])('%s is for %j: %i', (_, durationsMs, count) => {
    expect(most(after(...durationsMs))).toBe(count)
  })

  it('learns nothing from a run that failed at once', () => {
    const room = after(60_000)
    room.finished({ ok: false, code: 'model_failed', detail: '' })
    expect(most(room)).toBe(2 * SLOTS)
  })

  it('is freed once for each time that it was full', () => {
    const room = new NodeRoom()
    expect(room.isFreed(SLOTS, 0)).toBe(false)
    expect(room.hasRoom(SLOTS, 2 * SLOTS)).toBe(false)
    expect(room.isFreed(SLOTS, 2 * SLOTS)).toBe(false)
    expect([room.isFreed(SLOTS, 2 * SLOTS - 1), room.isFreed(SLOTS, 0)]).toEqual([true, false])
  })
})
