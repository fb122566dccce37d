import { LengthPrefixedDecoder } from '@libp2p/utils'
import { afterEach, describe, expect, it } from 'vitest'
import { bytes, LoopbackSwarm } from './loopback-swarm.ts'
import { spareEmptyReads } from './quiet-decoder.ts'
import { gatherSends, joinParts } from './whole-writes.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A stream as far as its sending goes. */
class Sender {
  writableNeedsDrain = false
  sends = 0
  isClosedBelow = false

  processSendQueue(): boolean {
    if (this.isClosedBelow) throw new Error('closed')
    this.sends += 1
    return true
  }
}

function gathering() {
  const sender = new Sender()
  const order: string[] = []
  const below = {
    close: async () => {
      order.push(`closed after ${sender.sends}`)
    },
  }
  gatherSends(sender, below)
  return { sender, below, order }
}

describe('what one turn sends', () => {
  it('leaves when the turn ends, at once', async () => {
    const { sender } = gathering()
    expect([1, 2, 3].map(() => sender.processSendQueue())).toEqual([true, true, true])
    expect(sender.sends).toBe(0)
    await turn()
    expect(sender.sends).toBe(1)
    sender.processSendQueue()
    await turn()
    expect(sender.sends).toBe(2)
  })

  it('says so when no more is taken below', () => {
    const { sender } = gathering()
    sender.writableNeedsDrain = true
    expect(sender.processSendQueue()).toBe(false)
  })

  it('leaves before what carries it is closed', async () => {
    const { sender, below, order } = gathering()
    sender.processSendQueue()
    await below.close()
    expect(order).toEqual(['closed after 1'])
    await turn()
    expect(sender.sends).toBe(1)
  })

  it('is lost with what carries it', async () => {
    const { sender } = gathering()
    sender.processSendQueue()
    sender.isClosedBelow = true
    await turn()
    expect(sender.sends).toBe(0)
  })

  it('arrives whole and in order, on all channels', async () => {
    const b = await swarm.start('b')
    const a = await swarm.start('a', { bootstrap: b.network.addresses() })
    await a.diary.connectedTo(b.network.id)
    const texts = Array.from({ length: 300 }, (_, at) => String(at))
    for (const text of texts)
      a.network.send(b.network.id, Number(text) % 2 === 0 ? 'job' : 'agree', bytes(text))
    await Promise.all([b.diary.heard('298'), b.diary.heard('299')])
    const heard = b.diary.texts('frame').map(Number)
    for (const rest of [0, 1])
      expect(heard.filter((one) => one % 2 === rest)).toEqual(
        texts.map(Number).filter((one) => one % 2 === rest),
      )
  })
})

/** As much of libp2p's list of buffers as is used. */
class List {
  parts: Uint8Array[]
  constructor(...parts: Uint8Array[]) {
    this.parts = parts
  }
  get byteLength(): number {
    return this.parts.reduce((sum, { length }) => sum + length, 0)
  }
  subarray(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts))
  }
  append(part: Uint8Array): void {
    this.parts.push(part)
  }
  consume(count: number): void {
    for (let left = count; left > 0; left -= this.parts.shift()?.length ?? left);
  }
}

describe('the parts of a message', () => {
  it('are written as one', () => {
    const written: Uint8Array[][] = []
    const stream = { sendData: (list: List) => void written.push(list.parts) }
    joinParts(stream)
    stream.sendData(new List(Uint8Array.of(1), Uint8Array.of(2, 3), Uint8Array.of(4)))
    expect(written).toEqual([[Uint8Array.of(1, 2, 3, 4)]])
  })
})

describe('a decoder', () => {
  it('doesn’t look for a length where there is no byte, and finds every frame', () => {
    const decoder = new LengthPrefixedDecoder()
    const read: unknown = Reflect.get(decoder, 'lengthDecoder')
    let failures = 0
    Reflect.set(decoder, 'lengthDecoder', (buffer: unknown): unknown => {
      try {
        const length: unknown = Reflect.apply(read as () => unknown, decoder, [buffer])
        return length
      } catch (error) {
        failures += 1
        throw error
      }
    })
    spareEmptyReads(decoder)
    const framesOf = (...chunk: number[]) =>
      [...decoder.decode(Uint8Array.from(chunk))].map((frame) => [...frame.subarray()])
    expect(framesOf(1, 7, 2, 8, 9)).toEqual([[7], [8, 9]])
    expect(framesOf(3, 1, 2)).toEqual([])
    expect(framesOf(3, 0, 1)).toEqual([[1, 2, 3]])
    expect(framesOf(5)).toEqual([[5]])
    expect(failures).toBe(0)
  })
})
