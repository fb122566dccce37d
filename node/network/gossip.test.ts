import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { GOSSIP_EARLY_MAX } from './limits.ts'
import {
  bytes,
  GOSSIP_BYTES_MAX,
  LoopbackSwarm,
  type Member,
  peerIdNamed,
  rawMember,
} from './loopback-swarm.ts'
import type { GossipVerdict } from './network.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

/** a - b - c: what a and c hear of each other has passed b's judgement. */
async function line(judge: (text: string) => GossipVerdict): Promise<[Member, Member, Member]> {
  const b = await swarm.start('b', { judge })
  const bootstrap = b.network.addresses()
  // They would find each other.
  const [idA, idC] = [await peerIdNamed('a'), await peerIdNamed('c')]
  const a = await swarm.start('a', { bootstrap, isMember: (peer) => peer !== idC })
  a.network.publish('heartbeat', bytes('a is here'))
  await b.diary.heard('a is here')
  // It comes after c's subscriptions, so both links gossip once it is heard.
  const c = await swarm.start('c', { bootstrap, isMember: (peer) => peer !== idA })
  c.network.publish('heartbeat', bytes('c is here'))
  await a.diary.heard('c is here')
  return [a, b, c]
}

async function fullMesh(names: readonly string[]): Promise<Member[]> {
  const members: Member[] = []
  for (const name of names) {
    const bootstrap = members.flatMap(({ network }) => network.addresses())
    members.push(await swarm.start(name, { bootstrap }))
  }
  for (const { network } of members) {
    await vi.waitFor(() => {
      expect(network.connections().filter(({ gossips }) => gossips)).toHaveLength(names.length - 1)
    })
  }
  return members
}

describe('gossip', () => {
  it('reaches every other host once', async () => {
    const members = await fullMesh(['a', 'b', 'c', 'd'])
    for (const [at, { network }] of members.entries()) network.publish('ledger', bytes(`from ${at}`))
    for (const [at, { diary }] of members.entries()) {
      const others = members.map((_, other) => `from ${other}`).filter((_, other) => other !== at)
      for (const message of others) await diary.heard(message)
      expect(diary.texts('gossip').toSorted()).toEqual(others)
    }
  })

  it('published before anybody is connected reaches the first who is', async () => {
    const a = await swarm.start('a')
    a.network.publish('jobs', bytes('early'))
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.heard('early')
    expect(a.network.counters()).toMatchObject({ gossipPublished: 1, gossipUnheard: 0 })
  })

  it('keeps the newest frames for the first listener, and only so many', async () => {
    const a = await swarm.start('a')
    for (let at = 0; at <= GOSSIP_EARLY_MAX; at += 1) a.network.publish('jobs', bytes(`early ${at}`))
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await b.diary.heard(`early ${GOSSIP_EARLY_MAX}`)
    expect(b.diary.texts('gossip')).toHaveLength(GOSSIP_EARLY_MAX)
    expect(b.diary.texts('gossip')).not.toContain('early 0')
    expect(a.network.counters().gossipUnheard).toBe(1)
  })

  it('is forwarded only when accepted', async () => {
    const verdicts: Record<string, GossipVerdict> = { bad: 'reject', dull: 'ignore' }
    const [a, b, c] = await line((message) => verdicts[message] ?? 'accept')
    for (const message of ['dull', 'bad', 'good']) a.network.publish('jobs', bytes(message))
    await c.diary.heard('good')
    expect(b.diary.texts('gossip').slice(-3)).toEqual(['dull', 'bad', 'good'])
    expect(c.diary.texts('gossip')).toEqual(['good'])
    expect(b.network.counters()).toMatchObject({ gossipIgnored: 1, gossipRejected: 1 })
  })

  it('of a peer whose messages are rejected again and again is no longer listened to', async () => {
    const [a, b, c] = await line((message) => (message.startsWith('bad') ? 'reject' : 'accept'))
    for (let round = 0; b.network.counters().gossipRejected < 3; round += 1) {
      a.network.publish('jobs', bytes(`bad ${round}`))
      await b.diary.heard(`bad ${round}`)
    }
    // Scores are cached for a second, so b listens a little longer.
    await vi.waitFor(
      async () => {
        const marker = `marker ${performance.now()}`
        a.network.publish('jobs', bytes(`${marker} of a`))
        c.network.publish('jobs', bytes(marker))
        await b.diary.heard(marker)
        // Whatever a sends by a direct stream afterwards comes after its gossip.
        a.network.send(b.network.id, 'job', bytes(`after ${marker}`))
        await b.diary.heard(`after ${marker}`)
        expect(b.diary.texts('gossip')).not.toContain(`${marker} of a`)
      },
      { timeout: 4_000, interval: 100 },
    )
  })

  it('may be as long as the maximum and not one byte longer', async () => {
    const [a, , c] = await line(() => 'accept')
    a.network.publish('jobs', bytes('x'.repeat(GOSSIP_BYTES_MAX + 1)))
    a.network.publish('jobs', bytes('y'.repeat(GOSSIP_BYTES_MAX)))
    await c.diary.heard('y'.repeat(GOSSIP_BYTES_MAX))
    expect(c.diary.texts('gossip')).toHaveLength(1)
    expect(a.network.counters().gossipFailed).toBe(1)
  })

  it('published twice is sent once', async () => {
    const [a, , c] = await line(() => 'accept')
    for (const message of ['same', 'same', 'last']) a.network.publish('jobs', bytes(message))
    await c.diary.heard('last')
    expect(c.diary.texts('gossip')).toEqual(['same', 'last'])
    expect(a.network.counters()).toMatchObject({ gossipDuplicate: 1, gossipPublished: 3 })
  })

  it('has its stream opened again when it breaks on a living connection', async () => {
    const a = await swarm.start('a')
    const raw = await rawMember('raw')
    let opened = 0
    const openedAgain = Promise.withResolvers<void>()
    await raw.handle('/meshsub/1.2.0', (stream) => {
      opened += 1
      if (opened === 2) openedAgain.resolve()
      stream.addEventListener('message', () => stream.abort(new Error('as planned')))
    })
    const connection = await raw.dial(a.network.addresses().map((address) => multiaddr(address)))
    await openedAgain.promise
    expect(connection.status).toBe('open')
    await raw.stop()
  })

  it('reaches a member that took us for a stranger at first', async () => {
    const known = new Set<PeerId>()
    const b = await peerIdNamed('b')
    const a = await swarm.start('a', { isMember: (peer) => peer !== b || known.has(peer) })
    const late = await swarm.start('b', { bootstrap: a.network.addresses() })
    // Gossip's own stream has been turned away by then, and so has whatever else was tried.
    await vi.waitFor(() => expect(a.network.counters().streamsRefused).toBeGreaterThan(3), { timeout: 8_000 })
    known.add(b)
    a.network.membershipChanged(b)
    // What is said before the streams are there again is lost, as for anybody who comes late.
    let said = 0
    const bothHear = (): void => {
      for (const { network } of [a, late]) network.publish('jobs', bytes(`word ${(said += 1)}`))
      for (const { diary } of [a, late]) expect(diary.texts('gossip')).not.toEqual([])
    }
    await vi.waitFor(bothHear, { timeout: 10_000, interval: 200 })
  })
})
