import type { Stream } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { STREAM_WINDOW_BYTES } from './limits.ts'
import { bytes, FRAME_BYTES_MAX, LoopbackSwarm } from './loopback-swarm.ts'
import { spareWindowUpdates } from './window-updates.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

/** A stream as far as its window goes, whose updates are counted. */
class Window {
  recvWindow = 100
  recvWindowCapacity = 100
  updates = 0

  sendWindowUpdate(): void {
    this.updates += 1
    this.recvWindowCapacity = this.recvWindow
  }

  read(count: number): number {
    this.recvWindowCapacity -= count
    this.sendWindowUpdate()
    return this.updates
  }
}

describe('a window', () => {
  it('is given back when half of it is used, and once at the beginning, which accepts the stream', () => {
    const window = new Window()
    spareWindowUpdates(window as unknown as Stream)
    expect([1, 49, 1, 49, 1].map((count) => window.read(count))).toEqual([1, 1, 2, 2, 3])
  })

  it('of a stream of another kind is left alone', () => {
    const other = { sendWindowUpdate: () => undefined }
    const { sendWindowUpdate } = other
    spareWindowUpdates(other as unknown as Stream)
    expect(other.sendWindowUpdate).toBe(sendWindowUpdate)
  })

  it('never stops a sender for good: many windows arrive, in order', async () => {
    const b = await swarm.start('b')
    const a = await swarm.start('a', { bootstrap: b.network.addresses() })
    await a.diary.connectedTo(b.network.id)
    const count = Math.ceil((3 * STREAM_WINDOW_BYTES) / FRAME_BYTES_MAX)
    for (let at = 0; at < count; at += 1)
      a.network.send(b.network.id, 'job', bytes(String(at).padEnd(FRAME_BYTES_MAX)))
    await b.diary.heard(String(count - 1).padEnd(FRAME_BYTES_MAX))
    const heard = b.diary.texts('frame').map(Number)
    expect(heard).toEqual(Array.from({ length: count }, (_, at) => at))
  })
})
