import { multiaddr } from '@multiformats/multiaddr'
import { beforeEach, describe, expect, it } from 'vitest'
import { DialPolicy } from './dial-policy.ts'
import { UNPROVEN_DIAL_MS, UNPROVEN_DIALS } from './limits.ts'
import { reachOf } from './local-networks.ts'
import { peerIdNamed } from './loopback-swarm.ts'

const PEER = await peerIdNamed('a')
const OTHER = await peerIdNamed('b')
const PUBLIC = `/ip4/93.184.216.34/tcp/9000/p2p/${PEER}`

let nowMs: number
let trusted: Set<string>
beforeEach(() => {
  nowMs = 0
  trusted = new Set()
})

function policy(isLoopbackOnly = false): DialPolicy {
  return new DialPolicy({
    isTrusted: (address) => trusted.has(String(address)),
    isLoopbackOnly,
    now: () => nowMs,
    reach: (host) => (host === '10.1.2.3' ? 'same-network' : reachOf(host)),
  })
}

describe('what a member names', () => {
  it.each([
    ['in public', '/ip4/93.184.216.34/tcp/9000', true],
    ['in public by WebSocket', '/ip4/93.184.216.34/tcp/9000/ws', true],
    ['in public by IPv6', '/ip6/2606:2800:220:1::1/tcp/9000', true],
    ['on a network of ours', '/ip4/10.1.2.3/tcp/9000', true],
    ['on the first port for users', '/ip4/93.184.216.34/tcp/1024', true],
    ['on the last port of the system', '/ip4/93.184.216.34/tcp/1023', false],
    ['on our loopback', '/ip4/127.0.0.1/tcp/9000', false],
    ['on our loopback by IPv6', '/ip6/::1/tcp/9000', false],
    ['on our loopback, written as IPv6', '/ip6/::ffff:127.0.0.1/tcp/9000', false],
    ['on our loopback, translated from IPv6', '/ip6/64:ff9b::7f00:1/tcp/9000', false],
    ['on this host', '/ip4/0.0.0.0/tcp/9000', false],
    ['on another private network', '/ip4/10.9.9.9/tcp/9000', false],
    ['on a carrier network', '/ip4/100.64.1.1/tcp/9000', false],
    ['on another private network by IPv6', '/ip6/fdab:cdef:1234::1/tcp/9000', false],
    ["at a cloud's metadata", '/ip4/169.254.169.254/tcp/8080', false],
    ['at a link-local address', '/ip6/fe80::1/tcp/9000', false],
    ['at a group of hosts', '/ip4/239.1.1.1/tcp/9000', false],
    ['at everybody', '/ip4/255.255.255.255/tcp/9000', false],
    ['by name', '/dns4/localhost/tcp/9000', false],
    ['by another transport', '/ip4/93.184.216.34/udp/9000/quic-v1', false],
    ['through a relay', `/ip4/93.184.216.34/tcp/9000/p2p/${OTHER}/p2p-circuit`, true],
    ['through a relay on our loopback', `/ip4/127.0.0.1/tcp/9000/p2p/${OTHER}/p2p-circuit`, false],
    ['through a relay without a name', '/ip4/93.184.216.34/tcp/9000/p2p-circuit', false],
    [
      'through two relays',
      `/ip4/93.184.216.34/tcp/9000/p2p/${OTHER}/p2p-circuit/p2p/${OTHER}/p2p-circuit`,
      false,
    ],
    ['without a port', '/ip4/93.184.216.34', false],
  ])('%s: %s is dialled %s', (_, address, isDialled) => {
    const named = multiaddr(`${address}/p2p/${PEER}`)
    expect(policy().mayLearn(named)).toBe(isDialled)
    expect(policy().mayDial(named)).toBe(isDialled)
  })

  it('on loopback is dialled by a peer that is only there', () => {
    const address = multiaddr(`/ip4/127.0.0.1/tcp/9000/p2p/${PEER}`)
    expect(policy(true).mayLearn(address)).toBe(true)
  })

  it('is dialled wherever it is once the owner has named it or it has worked', () => {
    for (const address of [`/dns4/localhost/tcp/22/p2p/${PEER}`, `/ip4/127.0.0.1/tcp/22/p2p/${PEER}`]) {
      trusted.add(address)
      expect(policy().mayDial(multiaddr(address))).toBe(true)
    }
  })

  it('is dialled so often at once and then once in a while, each peer by itself', () => {
    const one = policy()
    const dial = () => one.mayDial(multiaddr(PUBLIC))
    for (let at = 0; at < UNPROVEN_DIALS; at += 1) expect(dial()).toBe(true)
    expect(dial()).toBe(false)
    nowMs += UNPROVEN_DIAL_MS - 1
    expect(dial()).toBe(false)
    expect(one.mayDial(multiaddr(PUBLIC.replace(PEER, OTHER)))).toBe(true)
    nowMs += 1
    expect([dial(), dial()]).toEqual([true, false])
    nowMs += 100 * UNPROVEN_DIAL_MS
    const dialled = Array.from({ length: UNPROVEN_DIALS + 1 }, dial)
    expect(dialled.filter(Boolean)).toHaveLength(UNPROVEN_DIALS)
  })

  it('without saying who is there is not dialled', () => {
    expect(policy().mayDial(multiaddr('/ip4/93.184.216.34/tcp/9000'))).toBe(false)
  })
})
