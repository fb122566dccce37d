import { connect } from 'node:net'
import type { Connection, Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PeerId, SwarmId } from '../../protocol/ids.ts'
import { askJoin } from './ask-join.ts'
import {
  JOIN_FRAME_BYTES,
  JOINS_PER_HOST_MAX,
  PENDING_PER_HOST_MAX,
  STRANGERS_PER_HOST_MAX,
} from './limits.ts'
import {
  bytes,
  LoopbackSwarm,
  type Member,
  peerIdNamed,
  rawMember,
  seedOf,
  SWARM,
  text,
} from './loopback-swarm.ts'
import { NetworkError } from './network.ts'
import { protocolName } from './protocol-name.ts'

const JOIN = protocolName(SWARM, 'join')
/** A stream, or its whole connection, was ended by the other side. */
const REFUSED = /^(Stream|Connection|Muxer|UnexpectedEOF)\w*Error$/

const swarm = new LoopbackSwarm()
const clients: Libp2p[] = []
afterEach(async () => {
  await Promise.all([swarm.stopAll(), ...clients.splice(0).map((client) => client.stop())])
})

/** A roster that a test changes. */
function rosterOf(...peers: PeerId[]) {
  const members = new Set<PeerId>(peers)
  return { members, isMember: (peer: PeerId) => members.has(peer) }
}

async function client(name: string): Promise<Libp2p> {
  const made = await rawMember(name)
  clients.push(made)
  return made
}

function dial(from: Libp2p, to: Member): Promise<Connection> {
  return from.dial(multiaddr(to.network.addresses()[0] ?? ''))
}

/** What comes back on a stream of this protocol, or what became of it. */
async function speak(connection: Connection, protocol: string): Promise<string> {
  try {
    const stream = await connection.newStream(protocol)
    const frames = lpStream(stream)
    await frames.write(bytes('let me in'))
    return text((await frames.read({ signal: AbortSignal.timeout(2_000) })).slice())
  } catch (error) {
    return error instanceof Error ? error.name : 'no error'
  }
}

describe('a stranger', () => {
  it('that runs all of a member is heard by nobody', async () => {
    const stranger = await peerIdNamed('stranger')
    const isMember = (peer: PeerId) => peer !== stranger
    const a = await swarm.start('a', { isMember })
    const b = await swarm.start('b', { isMember, bootstrap: a.network.addresses() })
    await a.diary.connectedTo(b.network.id)
    const outside = await swarm.start('stranger', { bootstrap: a.network.addresses() })
    await outside.diary.connectedTo(a.network.id)
    outside.network.publish('jobs', bytes('from outside'))
    outside.network.send(a.network.id, 'job', bytes('from outside'))
    await vi.waitFor(() => expect(a.network.counters().streamsRefused).toBeGreaterThan(1))
    b.network.publish('jobs', bytes('from a member'))
    await a.diary.heard('from a member')
    expect(a.diary.happenings.filter(({ peer }) => peer === stranger)).toEqual([])
    expect(a.diary.texts('gossip')).toEqual(['from a member'])
    expect(outside.diary.texts('gossip')).toEqual([])
  })

  it('is refused at once when its address has enough of them, and has its place back later', async () => {
    const { isMember } = rosterOf()
    const a = await swarm.start('a', { isMember })
    const strangers = await Promise.all(
      Array.from({ length: STRANGERS_PER_HOST_MAX + 1 }, (_, at) => client(`stranger ${at}`)),
    )
    const connections = await Promise.all(strangers.slice(1).map((each) => dial(each, a)))
    await vi.waitFor(() =>
      expect(a.network.counters()).toMatchObject({
        strangersAdmitted: STRANGERS_PER_HOST_MAX,
        connectionsRefused: 0,
      }),
    )
    const [late] = strangers
    if (late === undefined) throw new Error('there is a first one')
    await dial(late, a).catch(() => undefined)
    await vi.waitFor(() => expect(a.network.counters().connectionsRefused).toBe(1))
    await connections[0]?.close()
    await vi.waitFor(async () => {
      await dial(late, a)
      expect(a.network.counters().strangersAdmitted).toBe(STRANGERS_PER_HOST_MAX + 1)
    })
  })

  it('that proves no key holds no more places than its address has', async () => {
    const a = await swarm.start('a')
    const port = Number(/\/tcp\/(\d+)/.exec(a.network.addresses()[0] ?? '')?.[1])
    const sockets = Array.from({ length: PENDING_PER_HOST_MAX + 1 }, () => connect(port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => undefined).resume()
    await Promise.race(sockets.map((socket) => new Promise((closed) => socket.once('close', closed))))
    expect(a.network.counters().connectionsRefused).toBe(1)
    for (const socket of sockets) socket.destroy()
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await a.diary.connectedTo(b.network.id)
  })

  it.each(['/libp2p/dcutr', '/libp2p/circuit/relay/0.2.0/hop', '/libp2p/circuit/relay/0.2.0/stop'])(
    'finds %s closed, and so does a guest',
    async (protocol) => {
      const guest = await peerIdNamed('guest')
      const a = await swarm.start('a', { isMember: () => false, isGuest: (peer) => peer === guest })
      for (const name of ['stranger', 'guest']) {
        expect(await speak(await dial(await client(name), a), protocol)).toMatch(REFUSED)
      }
      expect(a.network.counters().streamsRefused).toBe(2)
    },
  )

  it('is dialled by nobody', async () => {
    const roster = rosterOf()
    const outside = await swarm.start('outside')
    const a = await swarm.start('a', { isMember: roster.isMember, bootstrap: outside.network.addresses() })
    a.network.learn(outside.network.addresses())
    a.network.send(outside.network.id, 'job', bytes('hello'))
    expect(a.network.counters()).toMatchObject({ framesUnreachable: 1, addressesRefused: 1 })
    expect(outside.diary.happenings).toEqual([])
    roster.members.add(outside.network.id)
    a.network.membershipChanged(outside.network.id)
    await a.diary.connectedTo(outside.network.id)
  })
})

describe('the join protocol', () => {
  it('answers a stranger and lets it stay once it is a member', async () => {
    const roster = rosterOf()
    const a = await swarm.start('a', {
      isMember: roster.isMember,
      join: async (from, request) => {
        roster.members.add(from)
        a.network.membershipChanged(from)
        return bytes(`welcome for ${request}`)
      },
    })
    const b = await client('b')
    const connection = await dial(b, a)
    expect(await speak(connection, JOIN)).toBe('welcome for let me in')
    await a.diary.connectedTo(await peerIdNamed('b'))
    expect(await speak(connection, '/ipfs/id/1.0.0')).not.toMatch(/Error$/)
    expect(connection.status).toBe('open')
  })

  it('connects a host on both sides that became a member after it had connected', async () => {
    const roster = rosterOf()
    const a = await swarm.start('a', { isMember: roster.isMember })
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.connectedTo(a.network.id)
    await vi.waitFor(() => expect(a.network.counters().streamsRefused).toBeGreaterThan(0))
    roster.members.add(b.network.id)
    a.network.membershipChanged(b.network.id)
    await a.diary.connectedTo(b.network.id)
    a.network.publish('jobs', bytes('to the new one'))
    await b.diary.heard('to the new one')
    b.network.publish('jobs', bytes('from the new one'))
    await a.diary.heard('from the new one')
  })

  it('carries a request of the maximum and none above it, for whoever asks without a host', async () => {
    const { isMember } = rosterOf()
    const a = await swarm.start('a', { isMember, join: async (_, request) => bytes(String(request.length)) })
    const ask = (length: number) =>
      askJoin({
        seed: seedOf('newcomer'),
        swarm: SWARM,
        address: a.network.addresses()[0] ?? '',
        request: new Uint8Array(length).fill(97),
        signal: AbortSignal.timeout(10_000),
      })
    expect(text(await ask(JOIN_FRAME_BYTES))).toBe(String(JOIN_FRAME_BYTES))
    await expect(ask(JOIN_FRAME_BYTES + 1)).rejects.toMatchObject({ code: 'join_refused' })
    expect(a.diary.happenings).toHaveLength(1)
  })

  it('is spoken by so many of one address at a time', async () => {
    const { isMember } = rosterOf()
    const judged = Promise.withResolvers<void>()
    const a = await swarm.start('a', {
      isMember,
      join: async (_, request) => {
        await judged.promise
        return bytes(request)
      },
    })
    const connections = await Promise.all(
      Array.from({ length: JOINS_PER_HOST_MAX }, async (_, at) => dial(await client(`${at}`), a)),
    )
    const asking = connections.map((connection) => speak(connection, JOIN))
    await a.diary.until(({ happenings }) => happenings.length === JOINS_PER_HOST_MAX)
    const [connection] = connections
    if (connection === undefined) throw new Error('there are some')
    expect(await speak(connection, JOIN)).toMatch(REFUSED)
    judged.resolve()
    expect(await Promise.all(asking)).toEqual(asking.map(() => 'let me in'))
    expect(await speak(connection, JOIN)).toBe('let me in')
  })

  it('says whether nobody was there, nobody answered, or somebody of another swarm was there', async () => {
    const { isMember } = rosterOf()
    const a = await swarm.start('a', { isMember })
    const question = {
      seed: seedOf('b'),
      swarm: SWARM,
      request: bytes('?'),
      signal: AbortSignal.timeout(10_000),
    }
    const [address = ''] = a.network.addresses()
    const ask = (to: string) => askJoin({ ...question, address: to }).catch((error: unknown) => error)
    expect(await ask(address)).toMatchObject({ code: 'join_refused' })
    const elsewhere = { ...question, swarm: 'ab'.repeat(32) as SwarmId, address }
    await expect(askJoin(elsewhere)).rejects.toMatchObject({ code: 'swarm_unknown' })
    await swarm.stop('a')
    expect(await ask(address)).toMatchObject({ code: 'unreachable' })
    expect(await ask('/ip4/127.0.0.1/tcp/1')).toBeInstanceOf(NetworkError)
  })
})

describe('a member whose membership ends', () => {
  it('is out at once, of the mesh too, and stays out', async () => {
    const roster = rosterOf(await peerIdNamed('a'), await peerIdNamed('b'), await peerIdNamed('c'))
    const { isMember } = roster
    const a = await swarm.start('a', { isMember })
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    const c = await swarm.start('c', { isMember, bootstrap: a.network.addresses() })
    await a.diary.connectedTo(b.network.id, c.network.id)
    await vi.waitFor(() =>
      expect(a.network.connections().map(({ gossips }) => gossips)).toEqual([true, true]),
    )
    roster.members.delete(b.network.id)
    a.network.membershipChanged(b.network.id)
    c.network.membershipChanged(b.network.id)
    await a.diary.until(({ happenings }) => happenings.some(({ kind }) => kind === 'disconnected'))
    // Its own pings would close the connection too, after twice that time.
    const isOut = () => expect(b.diary.happenings.map(({ kind }) => kind)).toContain('disconnected')
    await vi.waitFor(isOut, { timeout: 5_000 })
    // It comes back as the stranger that it is now.
    await vi.waitFor(() => expect(a.network.counters().strangersAdmitted).toBeGreaterThan(0))
    b.network.publish('jobs', bytes('from outside'))
    b.network.send(a.network.id, 'job', bytes('from outside'))
    a.network.send(b.network.id, 'job', bytes('to outside'))
    c.network.publish('jobs', bytes('from a member'))
    await a.diary.heard('from a member')
    expect([...a.diary.texts('gossip'), ...a.diary.texts('frame')]).toEqual(['from a member'])
    expect(b.diary.texts('gossip')).toEqual([])
    expect(a.network.counters()).toMatchObject({ framesUnreachable: 1 })
    expect(a.network.connections().map(({ peer }) => peer)).toEqual([c.network.id])
  })
})

describe('a guest', () => {
  it('stays connected outside of everything but join and identify', async () => {
    const guest = await peerIdNamed('guest')
    const a = await swarm.start('a', { isMember: () => false, isGuest: (peer) => peer === guest })
    const connection = await dial(await client('guest'), a)
    expect(await speak(connection, protocolName(SWARM, 'sync'))).toMatch(REFUSED)
    expect(await speak(connection, '/meshsub/1.2.0')).toMatch(REFUSED)
    expect(await speak(connection, '/ipfs/id/1.0.0')).not.toMatch(/Error$/)
    expect(a.network.counters().strangersAdmitted).toBe(0)
    expect(a.network.connections()).toEqual([])
  })

  it('that was a member keeps nothing of what it had opened', async () => {
    const b = await peerIdNamed('b')
    const roster = rosterOf(b)
    const a = await swarm.start('a', { isMember: roster.isMember, isGuest: (peer) => peer === b })
    const connection = await dial(await client('b'), a)
    await a.diary.connectedTo(b)
    const closed = new Promise((resolve) => connection.addEventListener('close', resolve))
    roster.members.delete(b)
    a.network.membershipChanged(b)
    await closed
    a.network.membershipChanged(b)
    expect(a.diary.happenings.map(({ kind }) => kind)).toEqual(['connected', 'disconnected'])
  })
})
