import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, PeerInfo } from '@libp2p/interface'
import { type KadDHTComponents, kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { digestFromBytes, isPeerId, type PeerId } from '../../protocol/ids.ts'
import { Dht } from './dht.ts'
import { rawMember, SWARM } from './loopback-swarm.ts'
import { protocolName } from './protocol-name.ts'

interface Node {
  readonly id: PeerId
  readonly libp2p: Libp2p
  readonly dht: Dht
  readonly found: Map<string, string[]>
}

const running: Node[] = []
const plain: Libp2p[] = []
afterEach(async () => {
  const all = [...plain.splice(0), ...running.splice(0).map(({ libp2p }) => libp2p)]
  await Promise.all(all.map(async (libp2p) => libp2p.stop()))
})

/** A node that serves the table to those whom `isMember` names. */
async function start(isMember: (id: string) => boolean = () => true): Promise<Node> {
  const found = new Map<string, string[]>()
  const made: Dht[] = []
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      ping: ping(),
      dht: (components: KadDHTComponents) => {
        const dht = new Dht(components, {
          swarm: SWARM,
          member: (info) => (isMember(info.id.toString()) ? info : undefined),
          found: ({ id, multiaddrs }: PeerInfo) => void found.set(id.toString(), multiaddrs.map(String)),
        })
        made.push(dht)
        return dht
      },
    },
  })
  const id = libp2p.peerId.toString()
  const [dht] = made
  if (dht === undefined || !isPeerId(id)) throw new Error('the node has a table and an Ed25519 key')
  await dht.serve()
  const node = { id, libp2p, dht, found }
  running.push(node)
  return node
}

/** One that runs the library's table as it is. */
async function startPlain() {
  const table = kadDHT({
    protocol: protocolName(SWARM, 'kad'),
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    allowQueryWithZeroPeers: true,
  })
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping(), dht: table },
  })
  plain.push(libp2p)
  return { libp2p, dht: libp2p.services.dht }
}

/** Messages of the table's protocol, as their numbers on the wire. */
const ADD_PROVIDER = 2
const GET_PROVIDERS = 3
/** A SHA-256 multihash, as the key of provider records must be. */
const KEY = Uint8Array.of(0x12, 32, ...new Uint8Array(32))

/** A protobuf field with a number, or with fewer than 128 bytes. */
function field(number: number, value: number | ArrayLike<number>): number[] {
  if (typeof value === 'number') return [number << 3, value]
  return [(number << 3) | 2, value.length, ...Array.from(value)]
}

async function ask(connection: Connection, message: readonly number[]): Promise<Buffer> {
  const stream = await connection.newStream(protocolName(SWARM, 'kad'))
  const frames = lpStream(stream)
  await frames.write(Uint8Array.from(message))
  const signal = AbortSignal.timeout(1_000)
  try {
    return Buffer.from((await frames.read({ signal })).slice())
  } finally {
    await stream.close({ signal }).catch((error: Error) => stream.abort(error))
  }
}

const CLAIMED = '/ip4/127.0.0.1/tcp/9000'

/** Says that `named` provides a body; resolves once that was read. */
async function add(connection: Connection, named: Libp2p, key: Uint8Array): Promise<void> {
  const id = named.peerId.toMultihash().bytes
  const provider = [...field(1, id), ...field(2, multiaddr(CLAIMED).bytes)]
  await ask(connection, [...field(1, ADD_PROVIDER), ...field(2, key), ...field(9, provider)]).catch(
    () => undefined,
  )
}

async function connect(from: Node, to: Node): Promise<void> {
  await from.libp2p.dial(to.libp2p.getMultiaddrs())
}

describe('the hash table', () => {
  it('finds a member by another one that knows it', async () => {
    const [a, b, c] = [await start(), await start(), await start()]
    await connect(a, b)
    await connect(c, b)
    await vi.waitFor(() => expect(b.dht.size).toBe(2))
    await vi.waitFor(() => expect(c.dht.size).toBeGreaterThan(0))
    await c.dht.lookUp(a.id, AbortSignal.timeout(5_000))
    expect(c.found.get(a.id)?.[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\//)
  })

  it('has no place for somebody else, and tells nobody of them', async () => {
    const outside = await start()
    const b = await start((id) => id !== outside.id)
    const c = await start()
    await connect(outside, b)
    await connect(c, b)
    await vi.waitFor(() => expect(b.dht.size).toBe(1))
    await vi.waitFor(() => expect(c.dht.size).toBe(1))
    await c.dht.lookUp(outside.id, AbortSignal.timeout(5_000))
    expect([...c.found.keys()]).not.toContain(outside.id)
    expect(b.dht.size).toBe(1)
  })

  it('keeps no values for anybody', async () => {
    const node = await start()
    const liar = await startPlain()
    await liar.libp2p.dial(node.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(node.dht.size).toBe(1))
    const key = new TextEncoder().encode('/pk/anything')
    const stored: string[] = []
    for await (const event of liar.dht.put(key, new Uint8Array(32), { signal: AbortSignal.timeout(5_000) })) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE')
        stored.push(event.from.toString())
    }
    expect(stored).not.toContain(node.id)
  })

  it('remembers for a member that it holds a body, and for nobody that another one does', async () => {
    const node = await start()
    const [liar, other] = [await rawMember('liar'), await rawMember('other')]
    plain.push(liar, other)
    const connection = await liar.dial(node.libp2p.getMultiaddrs())
    for (const named of [liar, other]) await add(connection, named, KEY)
    const answer = await ask(connection, [...field(1, GET_PROVIDERS), ...field(2, KEY)])
    expect(answer.includes(Buffer.from(other.peerId.toMultihash().bytes))).toBe(false)
    expect(node.dht.providers.of(digestFromBytes(KEY.slice(2)))).toEqual([liar.peerId.toString()])
    const known = await node.libp2p.peerStore.get(liar.peerId)
    expect(known.addresses.map(({ multiaddr: address }) => address.toString())).not.toContain(CLAIMED)
  })

  it('remembers nothing for one that is no member', async () => {
    const liar = await rawMember('liar')
    plain.push(liar)
    const node = await start((id) => id !== liar.peerId.toString())
    await add(await liar.dial(node.libp2p.getMultiaddrs()), liar, KEY)
    expect(node.dht.providers.size).toBe(0)
  })

  it('finds by others who holds a body', async () => {
    const [holder, middle, asker] = [await start(), await start(), await start()]
    await connect(holder, middle)
    await connect(asker, middle)
    await vi.waitFor(() => expect(middle.dht.size).toBe(2))
    await vi.waitFor(() => expect(holder.dht.size * asker.dht.size).toBeGreaterThan(0))
    const body = digestFromBytes(KEY.slice(2))
    await holder.dht.provide(body, AbortSignal.timeout(5_000))
    expect(await asker.dht.findProviders(body, AbortSignal.timeout(5_000))).toEqual([holder.id])
    const never = digestFromBytes(new Uint8Array(32).fill(1))
    expect(await asker.dht.findProviders(never, AbortSignal.timeout(5_000))).toEqual([])
  })

  it('ends a lookup that nobody can answer', async () => {
    const a = await start()
    const unknown = await start()
    await a.dht.lookUp(unknown.id, AbortSignal.timeout(5_000))
    expect(a.found.size).toBe(0)
  })
})
