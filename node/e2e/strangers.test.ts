import type { Connection, Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { bytes, LoopbackSwarm, peerIdNamed, rawMember, SWARM, text } from '../network/loopback-swarm.ts'
import { CHANNELS } from '../network/network.ts'
import { protocolName } from '../network/protocol-name.ts'

/** All that a member speaks, but `join`. */
const MEMBERS_PROTOCOLS = [
  ...CHANNELS.map((channel) => protocolName(SWARM, channel)),
  protocolName(SWARM, 'blob'),
  protocolName(SWARM, 'addresses'),
  protocolName(SWARM, 'kad'),
  '/meshsub/1.1.0',
  '/meshsub/1.2.0',
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  '/libp2p/circuit/relay/0.2.0/hop',
  '/libp2p/circuit/relay/0.2.0/stop',
]

/** A stream, or its whole connection, was ended by the other side. */
const REFUSED = /^(Stream|Connection|Muxer|UnexpectedEOF)\w*Error$/

const swarm = new LoopbackSwarm()
const clients: Libp2p[] = []
afterEach(async () => {
  await Promise.all([swarm.stopAll(), ...clients.splice(0).map((client) => client.stop())])
})

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

it('a stranger is refused 100 times of 100, with every protocol, and never reaches the mesh', async () => {
  const members = new Set([await peerIdNamed('a'), await peerIdNamed('b')])
  const isMember = (peer: PeerId) => members.has(peer)
  const a = await swarm.start('a', { isMember, dht: true })
  const b = await swarm.start('b', { isMember, bootstrap: a.network.addresses() })
  await a.diary.connectedTo(b.network.id)
  const ends = Array.from({ length: 100 }, async (_, at) => {
    const stranger = await rawMember(`stranger ${at}`)
    clients.push(stranger)
    const connection = await stranger.dial(multiaddr(a.network.addresses()[0] ?? '')).catch(() => undefined)
    if (connection === undefined) return []
    const answers = await Promise.all(MEMBERS_PROTOCOLS.map((protocol) => speak(connection, protocol)))
    if (connection.status === 'open')
      await new Promise((closed) => connection.addEventListener('close', closed))
    return answers
  })
  const answers = (await Promise.all(ends)).flat()
  expect(answers.length).toBeGreaterThanOrEqual(MEMBERS_PROTOCOLS.length)
  // A stream that is taken and then left alone would time out instead.
  expect(answers.filter((answer) => !REFUSED.test(answer))).toEqual([])
  b.network.publish('jobs', bytes('from a member'))
  await a.diary.heard('from a member')
  expect(a.network.connections().map(({ peer }) => peer)).toEqual([b.network.id])
  expect(a.diary.happenings.filter(({ peer }) => peer !== b.network.id)).toEqual([])
  expect(a.network.counters().strangersAdmitted).toBeGreaterThan(0)
})
