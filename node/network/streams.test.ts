import type { Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  bytes,
  FRAME_BYTES_MAX,
  LoopbackSwarm,
  type Member,
  rawMember,
  SWARM,
  text,
} from './loopback-swarm.ts'
import { STREAMS_PER_CHANNEL } from './limits.ts'
import { protocolName } from './protocol-name.ts'

const swarm = new LoopbackSwarm()
const raw: Libp2p[] = []
afterEach(async () => {
  await swarm.stopAll()
  await Promise.all(raw.splice(0).map(async (node) => node.stop()))
})

/** A member without our rules, connected to `to`, and a way to open its `job` streams. */
async function streamsTo(to: Member) {
  const node = await rawMember('raw')
  raw.push(node)
  const connection = await node.dial(to.network.addresses().map((address) => multiaddr(address)))
  return () => connection.newStream(protocolName(SWARM, 'job'))
}

/** Resolves when the stream is closed at both ends, which may have happened already. */
async function closed(stream: Stream): Promise<void> {
  if (stream.status !== 'open') return
  await new Promise<void>((resolve) => stream.addEventListener('close', () => resolve()))
}

describe('a frame', () => {
  it('may be as long as the maximum', async () => {
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    const longest = 'x'.repeat(FRAME_BYTES_MAX)
    b.network.send(a.network.id, 'job', bytes(longest))
    await a.diary.heard(longest)
  })

  it('above the maximum is not sent', async () => {
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    b.network.send(a.network.id, 'job', new Uint8Array(FRAME_BYTES_MAX + 1))
    b.network.send(a.network.id, 'job', bytes('next'))
    await a.diary.heard('next')
    expect(b.network.counters().framesTooLarge).toBe(1)
    expect(a.diary.texts('frame')).toEqual(['next'])
  })

  it('above the maximum closes the stream that brings it, and only that', async () => {
    const a = await swarm.start('a')
    const open = await streamsTo(a)
    const [bad, good] = await Promise.all([open(), open()])
    await lpStream(bad).writeV([bytes('before'), new Uint8Array(FRAME_BYTES_MAX + 1), bytes('after')])
    await closed(bad)
    await lpStream(good).write(bytes('on another stream'))
    await a.diary.heard('on another stream')
    expect(a.diary.texts('frame')).toEqual(['before', 'on another stream'])
    expect(a.network.counters().framesTooLarge).toBe(1)
  })

  it('keeps its place among thousands', async () => {
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    const sent = Array.from({ length: 1_000 }, (_, at) => `${at} ${'.'.repeat(at)}`)
    for (const each of sent) b.network.send(a.network.id, 'job', bytes(each))
    await a.diary.until((diary) => diary.texts('frame').length === sent.length)
    expect(a.diary.texts('frame')).toEqual(sent)
  })

  it('for somebody who is no member or not there is counted and lost', async () => {
    const a = await swarm.start('a', { isMember: (peer) => peer !== b.network.id })
    const b = await swarm.start('b')
    await swarm.stop('b')
    a.network.send(b.network.id, 'job', bytes('stranger'))
    b.network.send(a.network.id, 'job', bytes('stopped'))
    const c = await swarm.start('c')
    c.network.send(a.network.id, 'job', bytes('no address'))
    await vi.waitFor(() => expect(c.network.counters().framesUnreachable).toBe(1))
    expect(a.network.counters().framesUnreachable).toBe(1)
    expect(b.network.counters().framesUnreachable).toBe(1)
  })
})

describe('a handler', () => {
  it('is never called for two frames of one stream at a time, and slows its sender down', async () => {
    let running = 0
    let atOnce = 0
    const gate = Promise.withResolvers<void>()
    const a = await swarm.start('a', {
      frame: async () => {
        running += 1
        atOnce = Math.max(atOnce, running)
        await gate.promise
        running -= 1
      },
    })
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    const frame = bytes('x'.repeat(FRAME_BYTES_MAX))
    b.network.send(a.network.id, 'job', frame)
    await a.diary.heard(text(frame))
    // Far more than one window: what isn't taken stays with the sender, until its queue is full.
    for (let at = 0; at < 4_000; at += 1) {
      b.network.send(a.network.id, 'job', frame)
      if (at % 100 === 0) await new Promise(setImmediate)
    }
    expect(a.diary.texts('frame')).toHaveLength(1)
    expect(b.network.counters().framesQueueFull).toBeGreaterThan(0)
    gate.resolve()
    const lost = b.network.counters().framesQueueFull
    await a.diary.until((diary) => diary.texts('frame').length === 4_001 - lost)
    expect(atOnce).toBe(1)
  })

  it('that throws closes that stream and leaves the host running', async () => {
    const a = await swarm.start('a', {
      frame: (_from, _channel, frame) => {
        if (text(frame) === 'poison') throw new Error('as planned')
      },
    })
    const open = await streamsTo(a)
    const stream = await open()
    await lpStream(stream).writeV([bytes('poison'), bytes('after')])
    await closed(stream)
    await lpStream(await open()).write(bytes('again'))
    await a.diary.heard('again')
    expect(a.diary.texts('frame')).toEqual(['poison', 'again'])
    expect(a.network.counters().handlerFailures).toBe(1)
  })
})

describe('streams', () => {
  it('are opened again after the other end restarted with the same key and port', async () => {
    const first = await swarm.start('a')
    const listen = first.network.addresses().map((address) => address.replace(/\/p2p\/.*/, ''))
    const b = await swarm.start('b', { bootstrap: first.network.addresses() })
    await b.diary.connectedTo(first.network.id)
    b.network.send(first.network.id, 'certify', bytes('before'))
    await first.diary.heard('before')
    await swarm.stop('a')
    await b.diary.until((diary) => diary.happenings.at(-1)?.kind === 'disconnected')

    const second = await swarm.start('a', { listen })
    expect(second.network.id).toBe(first.network.id)
    await b.diary.until((diary) => diary.happenings.at(-1)?.kind === 'connected')
    await second.diary.connectedTo(b.network.id)
    b.network.send(second.network.id, 'certify', bytes('after'))
    second.network.send(b.network.id, 'certify', bytes('answer'))
    await Promise.all([second.diary.heard('after'), b.diary.heard('answer')])
    expect(second.diary.texts('frame')).toEqual(['after'])
  })

  it('are open in bounded number, and closing one makes room', async () => {
    const a = await swarm.start('a')
    const open = await streamsTo(a)
    const first = await open()
    const streams = [first, ...(await Promise.all(Array.from({ length: STREAMS_PER_CHANNEL - 1 }, open)))]
    for (const [at, stream] of streams.entries()) {
      await lpStream(stream).write(bytes(`stream ${at}`))
      await a.diary.heard(`stream ${at}`)
    }
    await closed(await open())
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 'open'))
    await first.close()
    await closed(first)
    await lpStream(await open()).write(bytes('room again'))
    await a.diary.heard('room again')
  })
})
