import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bytes, LoopbackSwarm, type Member, peerIdNamed } from './loopback-swarm.ts'
import { CHANNELS } from './network.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

/** Starts hosts that each know all that were started before. */
async function fullMesh(names: readonly string[]): Promise<Member[]> {
  const members: Member[] = []
  for (const name of names) {
    const bootstrap = members.flatMap(({ network }) => network.addresses())
    members.push(await swarm.start(name, { bootstrap }))
  }
  for (const { network, diary } of members) {
    await diary.connectedTo(...members.map((other) => other.network.id).filter((id) => id !== network.id))
  }
  return members
}

describe('a mesh of four hosts', () => {
  it('carries frames on every channel between every pair in both directions', async () => {
    const members = await fullMesh(['a', 'b', 'c', 'd'])
    const expected: string[][] = members.map(() => [])
    for (const from of members) {
      for (const [at, to] of members.entries()) {
        for (const channel of from === to ? [] : CHANNELS) {
          const message = `${channel} ${from.network.id}`
          from.network.send(to.network.id, channel, bytes(message))
          expected[at]?.push(message)
        }
      }
    }
    const frames = 3 * CHANNELS.length
    for (const [at, { diary, network }] of members.entries()) {
      await diary.until((each) => each.texts('frame').length === frames)
      expect(diary.texts('frame').toSorted()).toEqual(expected[at]?.toSorted())
      for (const each of diary.happenings) {
        if (each.kind === 'frame') expect(each.text).toBe(`${each.channel} ${each.peer}`)
      }
      expect(network.counters()).toMatchObject({
        framesSent: frames,
        framesReceived: frames,
        framesUnreachable: 0,
      })
    }
  })

  it('describes its connections', async () => {
    const [a, b] = await fullMesh(['a', 'b'])
    if (a === undefined || b === undefined) throw new Error('two hosts were started')
    b.network.send(a.network.id, 'job', bytes('hello'))
    await a.diary.heard('hello')
    await vi.waitFor(() => expect(a.network.connections()[0]?.agent).toBe('hyperlooms/1'))
    const [connection] = a.network.connections()
    expect(connection).toMatchObject({ peer: b.network.id, direction: 'inbound' })
    expect(connection?.address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo/)
    expect(connection?.traffic).toEqual({ framesSent: 0, bytesSent: 0, framesReceived: 1, bytesReceived: 5 })
    expect(b.network.addresses()[0]).toContain(`/p2p/${b.network.id}`)
  })

  it('keeps the identity of its seed', async () => {
    const [a] = await fullMesh(['a'])
    expect(a?.network.id).toBe(await peerIdNamed('a'))
  })
})

describe('a WebSocket listener', () => {
  it('carries frames and gossip', async () => {
    const a = await swarm.start('a', { listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const b = await swarm.start('b', { listen: [], bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    b.network.send(a.network.id, 'job', bytes('over a socket'))
    b.network.publish('ledger', bytes('gossip over a socket'))
    await a.diary.heard('over a socket')
    await a.diary.heard('gossip over a socket')
    expect(a.network.connections()[0]?.address).toContain('/ws')
  })

  it('can be stopped while a silent socket is open', async () => {
    const a = await swarm.start('a', { listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const port = Number(/\/tcp\/(\d+)\//.exec(a.network.addresses()[0] ?? '')?.[1])
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    await swarm.stop('a')
    await closed
  })
})
