import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { Gate } from './gate.ts'
import { rawMember } from './loopback-swarm.ts'
import { Presence } from './presence.ts'

const running: Libp2p[] = []
const watching: Presence[] = []
afterEach(async () => {
  for (const presence of watching.splice(0)) presence.stop()
  await Promise.all(running.splice(0).map(async (node) => node.stop()))
})

/** A node watched by a presence whose identify fails so often before it succeeds. */
async function watched(isMember: (peer: PeerId) => boolean, failures = 0) {
  const node = await rawMember('a', ['/ip4/127.0.0.1/tcp/0'])
  running.push(node)
  const happenings: string[] = []
  const gate = new Gate({
    admission: { isMember, isGuest: () => false, members: () => [] },
    policy: { mayDial: () => true, mayLearn: () => true },
    count: () => undefined,
  })
  let tries = 0
  const presence = new Presence({
    node,
    identify: async () => {
      tries += 1
      happenings.push('identify')
      if (tries <= failures) throw new Error('not yet')
    },
    gate,
    arrived: () => happenings.push('arrived'),
    left: () => happenings.push('left'),
    opened: () => happenings.push('opened'),
    refused: () => happenings.push('refused'),
    observed: () => 0,
    identified: () => happenings.push('identified'),
  })
  watching.push(presence)
  return { node, presence, happenings, connect: () => connectTo(node) }
}

async function connectTo(node: Libp2p) {
  const other = await rawMember('b')
  running.push(other)
  return other.dial(multiaddr(String(node.getMultiaddrs()[0])))
}

describe('Presence', () => {
  it('asks a member who it is until it answers', async () => {
    const { happenings, connect } = await watched(() => true, 2)
    await connect()
    const tries = () => happenings.filter((each) => each === 'identify').length
    await vi.waitFor(() => expect(tries()).toBe(3), { timeout: 10_000 })
    expect(happenings.slice(0, 4)).toEqual(['arrived', 'opened', 'identify', 'refused'])
  })

  it('names who refuses this peer, also after the connection, until it is taken', async () => {
    const { presence, node, happenings, connect } = await watched(() => true, Infinity)
    const connection = await connect()
    await vi.waitFor(() => expect(happenings).toContain('refused'))
    const [here] = node.getConnections()
    expect(presence.refusedBy()).toEqual([here?.remotePeer.toString()])
    await connection.close()
    await vi.waitFor(() => expect(happenings).toContain('left'))
    expect(presence.refusedBy()).toHaveLength(1)

    await connect()
    await vi.waitFor(() => expect(node.getConnections()).toHaveLength(1))
    const [again] = node.getConnections()
    if (again === undefined) throw new Error('it is connected')
    const detail = {
      peerId: again.remotePeer,
      agentVersion: 'x',
      listenAddrs: [],
      protocols: [],
      connection: again,
    }
    node.dispatchEvent(new CustomEvent('peer:identify', { detail }))
    expect(presence.refusedBy()).toEqual([])
  })

  it('tells nothing of a stranger, and libp2p keeps nothing of it', async () => {
    const { node, happenings, connect } = await watched(() => false)
    const connection = await connect()
    const stream = await connection.newStream('/ipfs/id/1.0.0')
    const [here] = node.getConnections()
    if (here === undefined) throw new Error('it is connected')
    await vi.waitFor(async () => expect(await node.peerStore.has(here.remotePeer)).toBe(true))
    stream.abort(new Error('enough'))
    await connection.close()
    await vi.waitFor(async () => expect(await node.peerStore.has(here.remotePeer)).toBe(false))
    expect(happenings).toEqual([])
  })
})
