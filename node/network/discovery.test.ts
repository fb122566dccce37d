import type { Connection, Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readAnswer } from './exchange.ts'
import { ADDRESS_CHARACTERS_MAX, EXCHANGED_MAX } from './limits.ts'
import { bytes, LoopbackSwarm, peerIdNamed, rawMember, SWARM } from './loopback-swarm.ts'
import type { AddressFile } from './network.ts'
import { protocolName } from './protocol-name.ts'

const swarm = new LoopbackSwarm()
const running: Libp2p[] = []
afterEach(async () => {
  await Promise.all([swarm.stopAll(), ...running.splice(0).map((node) => node.stop())])
})

function memoryFile(): AddressFile & { text: string | undefined } {
  const file = {
    text: undefined as string | undefined,
    load: async () => file.text,
    save: async (text: string) => {
      file.text = text
    },
  }
  return file
}

/** Resolves once the other end has opened a stream on this connection and it was closed again. */
async function pinged(connection: Connection): Promise<void> {
  const isPing = (): boolean => connection.streams.some(({ protocol }) => protocol === '/ipfs/ping/1.0.0')
  await vi.waitFor(() => expect(isPing()).toBe(true), { interval: 1 })
  await vi.waitFor(() => expect(isPing()).toBe(false))
}

describe('members that know one address', () => {
  it('find all others by asking whom they are connected to', async () => {
    const a = await swarm.start('a')
    const bootstrap = a.network.addresses()
    const b = await swarm.start('b', { bootstrap })
    const c = await swarm.start('c', { bootstrap })
    const d = await swarm.start('d', { bootstrap: c.network.addresses() })
    const all = [a, b, c, d]
    for (const { diary, network } of all)
      await diary.connectedTo(...all.map((other) => other.network.id).filter((id) => id !== network.id))
  })

  it('learn it while they run', async () => {
    const a = await swarm.start('a')
    const b = await swarm.start('b')
    b.network.learn(['nonsense', '/ip4/127.0.0.1/tcp/9', ...b.network.addresses(), ...a.network.addresses()])
    await b.diary.connectedTo(a.network.id)
    expect(b.network.counters()).toMatchObject({ addressesLearnt: 1, addressesRefused: 3 })
  })
})

describe('a member that comes back at another address', () => {
  it('finds the others by what it noted, without a bootstrap list', async () => {
    const file = memoryFile()
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses(), file })
    await b.diary.connectedTo(a.network.id)
    await swarm.stop('b')
    expect(file.text).toContain(a.network.id)
    const again = await swarm.start('b', { file })
    await again.diary.connectedTo(a.network.id)
  })

  it('starts with a file that somebody damaged', async () => {
    const file = memoryFile()
    file.text = '{"version":1,"peers":[{"peer'
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses(), file })
    await b.diary.connectedTo(a.network.id)
  })

  it('is dialled there on its own word, and no longer at the old one', async () => {
    const a = await swarm.start('a')
    const b = await swarm.start('b', { bootstrap: a.network.addresses() })
    await a.diary.connectedTo(b.network.id)
    const file = memoryFile()
    await swarm.stop('a')
    const again = await swarm.start('a', { file })
    // It doesn't know where `b` is, and `b` only where it was.
    b.network.claimed(again.network.id, again.network.addresses())
    await b.diary.until(
      ({ happenings }) => happenings.filter(({ kind }) => kind === 'connected').length === 2,
    )
    await again.diary.connectedTo(b.network.id)
  })
})

describe('two connections of one pair', () => {
  it.each([
    ['are one again where the lower id decides', true, 1],
    ['are left alone by the higher id', false, 2],
  ])('%s', async (_, decides, left) => {
    const [a, b] = [await peerIdNamed('a'), await peerIdNamed('b')]
    const [host, other] = a < b === decides ? ['a', 'b'] : ['b', 'a']
    const member = await swarm.start(host)
    const raw = await rawMember(other)
    running.push(raw)
    const address = multiaddr(member.network.addresses()[0] ?? '')
    const first = await raw.dial(address)
    const probed = pinged(first)
    await raw.dial(address, { force: true })
    await probed
    await vi.waitFor(() => expect(member.network.connections()).toHaveLength(left))
    expect(first.status).toBe('open')
  })
})

describe('what others say', () => {
  it('is taken up as far as it is about members and may be dialled', async () => {
    const [a, b, outside] = [await peerIdNamed('a'), await peerIdNamed('b'), await peerIdNamed('outside')]
    const isMember = (peer: string) => peer === a || peer === b
    const said = [
      `/ip4/127.0.0.1/tcp/9/p2p/${b}`,
      `/ip4/169.254.169.254/tcp/8080/p2p/${b}`,
      `/dns4/localhost/tcp/9000/p2p/${b}`,
      `/ip4/127.0.0.1/tcp/9000/p2p/${outside}`,
      `/ip4/127.0.0.1/tcp/9000/p2p/${a}`,
      '/ip4/127.0.0.1/tcp/9000',
      'nonsense',
    ]
    const liar = await rawMember('b', ['/ip4/127.0.0.1/tcp/0'])
    running.push(liar)
    await liar.handle(protocolName(SWARM, 'addresses'), async (stream) => {
      await lpStream(stream).write(bytes(JSON.stringify(said)))
      await stream.close()
    })
    const host = await swarm.start('a', { isMember, bootstrap: liar.getMultiaddrs().map(String) })
    await vi.waitFor(() => expect(host.network.counters().addressesRefused).toBe(said.length))
    expect(host.network.counters()).toMatchObject({ addressesLearnt: 0 })
  })

  it('is cut to its maximum', () => {
    const answer = (value: unknown) => readAnswer(bytes(JSON.stringify(value)))
    expect(answer(Array.from({ length: EXCHANGED_MAX }, () => '/a'))).toHaveLength(EXCHANGED_MAX)
    expect(answer(Array.from({ length: EXCHANGED_MAX + 1 }, () => '/a'))).toHaveLength(EXCHANGED_MAX)
    const long = 'x'.repeat(ADDRESS_CHARACTERS_MAX)
    expect(answer([long, `${long}x`, 7, null, ['/a']])).toEqual([long])
  })

  it.each([
    ['nothing', '', 'JSON'],
    ['half a list', '["/a"', 'JSON'],
    ['an object', '{"length":1}', 'no list'],
    ['a text', '"/a"', 'no list'],
  ])('is refused as a whole when it is %s', (_, answer, why) => {
    expect(() => readAnswer(bytes(answer))).toThrow(why)
  })
})
