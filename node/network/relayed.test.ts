import { afterEach, expect, it, vi } from 'vitest'
import { bytes, LoopbackSwarm, type Member, peerIdNamed } from './loopback-swarm.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

/** Where a relay takes connections for a peer, once it has promised to. */
function relayedAddress({ network }: Member): Promise<string> {
  return vi.waitFor(
    () => {
      const found = network.addresses().find((address) => address.includes('/p2p-circuit/'))
      if (found === undefined) throw new Error('No relay has promised anything yet.')
      return found
    },
    { timeout: 10_000 },
  )
}

it('a relayed connection carries what a direct one does, and a relay that errs about members lets nobody in', async () => {
  const stranger = await peerIdNamed('stranger')
  const relay = await swarm.start('relay')
  const hidden = await swarm.start('hidden', {
    listen: ['/p2p-circuit'],
    bootstrap: relay.network.addresses(),
    isMember: (peer) => peer !== stranger,
  })
  const address = await relayedAddress(hidden)

  const outside = await swarm.start('stranger', { listen: [], bootstrap: [address] })
  await vi.waitFor(() => expect(outside.network.counters().dialsFailed).toBeGreaterThan(0), {
    timeout: 10_000,
  })
  expect(hidden.network.counters().strangersAdmitted).toBe(0)

  const member = await swarm.start('member', { listen: [], bootstrap: [address] })
  await hidden.diary.connectedTo(member.network.id)
  const between = member.network.connections().filter(({ peer }) => peer === hidden.network.id)
  expect(between.map(({ address }) => address)).toEqual([address])
  member.network.send(hidden.network.id, 'certify', bytes('by its stream'))
  await hidden.diary.heard('by its stream')
  hidden.network.send(member.network.id, 'sync', bytes('and back'))
  await member.diary.heard('and back')
  hidden.network.publish('ledger', bytes('by gossip'))
  await member.diary.heard('by gossip')
  expect(hidden.diary.happenings.filter(({ peer }) => peer === stranger)).toEqual([])
})
