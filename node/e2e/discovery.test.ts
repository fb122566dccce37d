import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { planSeats, type Seat } from './driven-swarm.ts'
import { createMachines, type Machines } from './namespaces.ts'
import { requireComponent, requireRoot } from './require-component.ts'
import { UpProcess } from './up-process.ts'

let root: string
let machines: Machines | undefined
let running: UpProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-discovery-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop()))
  await machines?.remove()
  machines = undefined
  await rm(root, { recursive: true, force: true })
})

/** Members on machines of their own, none of which knows an address; `flags` are added to each one's. */
async function plan(
  context: TestContext,
  count: number,
  { network, ...flags }: Seat['flags'] & { readonly network?: string },
): Promise<readonly Seat[]> {
  requireRoot(context)
  requireComponent(context, 'ip')
  machines = await createMachines(count, network)
  const seats = await planSeats(root, { count, places: machines.places })
  const listen = '/ip4/0.0.0.0/tcp/9000'
  return seats.map((seat) => ({ ...seat, flags: { ...seat.flags, bootstrap: '', listen, ...flags } }))
}

function start(seat: Seat, bootstrap = ''): UpProcess {
  const peer = new UpProcess({ ...seat, flags: { ...seat.flags, bootstrap } })
  running.push(peer)
  return peer
}

async function moved(machine: number): Promise<string> {
  if (machines === undefined) throw new Error('no machines were made')
  return machines.move(machine)
}

function addressOf(seat: Seat, at: number): string {
  return `/ip4/${machines?.places[at]?.host}/tcp/9000/p2p/${seat.id}`
}

/** Resolves once each is connected to all others; `hosts` says where one that has moved must be. */
async function meshed(
  peers: readonly UpProcess[],
  hosts: Readonly<Record<PeerId, string>> = {},
): Promise<void> {
  await Promise.all(
    peers.map((peer) => {
      const others = peers.filter(({ id }) => id !== peer.id)
      return peer.connectedTo(Object.fromEntries(others.map(({ id }) => [id, hosts[id] ?? ''])))
    }),
  )
}

describe('members on several machines', () => {
  it('that know one address reach all others', async (context) => {
    const seats = await plan(context, 4, { mdns: 'false' })
    const [first, ...others] = seats
    if (first === undefined) throw new Error('there are four')
    const bootstrap = addressOf(first, 0)
    const peers = [start(first), ...others.map((seat) => start(seat, bootstrap))]
    await meshed(peers)
  })

  it('that know no address find each other on their network', async (context) => {
    const [a, b] = await plan(context, 2, { dht: 'false' })
    if (a === undefined || b === undefined) throw new Error('there are two')
    await meshed([start(a), start(b)])
  })

  it('are found again where they have moved to, be it the one that all know', async (context) => {
    const seats = await plan(context, 3, { mdns: 'false' })
    const [first, ...others] = seats
    if (first === undefined) throw new Error('there are three')
    const bootstrap = addressOf(first, 0)
    const peers = [start(first), ...others.map((seat) => start(seat, bootstrap))]
    await meshed(peers)
    const [a, b, c] = peers
    if (a === undefined || b === undefined || c === undefined) throw new Error('there are three')
    const newHost = await moved(2)
    await meshed([a, c], {})
    await a.connectedTo({ [c.id]: newHost })
    await b.connectedTo({ [c.id]: newHost })
    expect((await c.status()).addresses).toEqual([expect.stringContaining(newHost)])
    const firstHost = await moved(0)
    await b.connectedTo({ [a.id]: firstHost })
    await c.connectedTo({ [a.id]: firstHost })
  })

  it('without a way in reach each other through one that has', async (context) => {
    requireComponent(context, 'iptables')
    const listen = '/ip4/0.0.0.0/tcp/9000,/p2p-circuit'
    const [a, ...hidden] = await plan(context, 3, { mdns: 'false', listen })
    if (a === undefined) throw new Error('there are three')
    await machines?.hide(1)
    await machines?.hide(2)
    const relay = start({ ...a, flags: { ...a.flags, listen: '/ip4/0.0.0.0/tcp/9000' } })
    const [b, c] = hidden.map((seat) => start(seat, addressOf(a, 0)))
    if (b === undefined || c === undefined) throw new Error('two are hidden')
    await meshed([relay, b, c])
    await b.connectedTo({ [c.id]: '/p2p-circuit' })
    await c.connectedTo({ [b.id]: '/p2p-circuit' })
  })

  describe('without a way in, at public addresses', () => {
    /** A relay, and two behind routers of their own that know nobody but it. */
    async function hide(
      context: TestContext,
      ports: 'own' | 'random',
    ): Promise<readonly [UpProcess, UpProcess, UpProcess]> {
      requireComponent(context, 'iptables')
      // Nobody's who is reached from here, and public, or no peer would dial another's word of it.
      const seats = await plan(context, 3, { mdns: 'false', dht: 'false', network: '11.77.0' })
      await machines?.hide(1, ports)
      await machines?.hide(2, ports)
      const [a, ...hidden] = seats
      if (a === undefined) throw new Error('there are three')
      const relay = start(a)
      const listen = '/ip4/0.0.0.0/tcp/9000,/p2p-circuit'
      const [b, c] = hidden.map((seat) =>
        start({ ...seat, flags: { ...seat.flags, listen } }, addressOf(a, 0)),
      )
      if (b === undefined || c === undefined) throw new Error('two are hidden')
      return [relay, b, c]
    }

    it('pass their routers and need the relay no more', async (context) => {
      const [, b, c] = await hide(context, 'own')
      await b.connectedTo({ [c.id]: '/ip4/11.77.0.3/tcp/' })
      await c.connectedTo({ [b.id]: '/ip4/11.77.0.2/tcp/' })
      const relayed = [...(await b.status()).connections, ...(await c.status()).connections].filter(
        ({ address }) => address.includes('p2p-circuit'),
      )
      expect(relayed).toEqual([])
    })

    it('are served by the relay where the routers choose another port for every connection', async (context) => {
      const [relay, b, c] = await hide(context, 'random')
      await c.connectedTo({ [b.id]: '/p2p-circuit' })
      // Prompt and answer go from the one hidden peer to the other, as nobody else works.
      await relay.command('pause')
      const job = JSON.parse(
        await b.command('run', 'Summarise: one thread. A loom.', '--replicas', '2', '--json'),
      )
      expect(job).toMatchObject({ status: 'completed' })
      await b.connectedTo({ [c.id]: '/p2p-circuit' })
    })
  })
})
