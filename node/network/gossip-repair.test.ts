import type { Connection } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { GossipRepair } from './gossip-repair.ts'
import { GOSSIP_DEAF_BEATS } from './limits.ts'

function streamOf(protocol: string, direction: 'inbound' | 'outbound') {
  const stream = { protocol, direction, isAborted: false, abort: () => void (stream.isAborted = true) }
  return stream
}

/** A repair around one connected peer, of whose connection only these parts are read. */
function build({ outbound, isSubscribed }: { readonly outbound: unknown; readonly isSubscribed: boolean }) {
  const gossip = streamOf('/meshsub/1.2.0', 'inbound')
  const others = [streamOf('/meshsub/1.2.0', 'outbound'), streamOf('/ipfs/ping/1.0.0', 'inbound')]
  const connection = {
    remotePeer: { toString: () => 'peer' },
    status: 'open',
    streams: [gossip, ...others],
  } as unknown as Connection
  const opened: Connection[] = []
  const streamsOutbound = new Map(outbound === undefined ? [] : [['peer', outbound]])
  const repair = new GossipRepair({
    service: { streamsOutbound, onPeerConnected: (_, on) => opened.push(on) },
    connections: () => [connection],
    isSubscribed: () => isSubscribed,
  })
  return { repair, opened, streamsOutbound, gossip, others }
}

const LIVING = { rawStream: { status: 'open' } }

describe('GossipRepair', () => {
  it.each([
    ['that is missing', undefined, 1],
    ['that closed while it was being opened', { rawStream: { status: 'closed' } }, 1],
    ['that was aborted', { rawStream: { status: 'aborted' } }, 1],
    ['that lives', LIVING, 0],
  ])('opens a stream %s: %j', (_, outbound, count) => {
    const { repair, opened, streamsOutbound } = build({ outbound, isSubscribed: true })
    repair.beat()
    expect(opened).toHaveLength(count)
    expect(streamsOutbound.has('peer')).toBe(count === 0)
  })

  it('breaks the stream of a peer that says nothing, and only that', () => {
    const { repair, gossip, others } = build({ outbound: LIVING, isSubscribed: false })
    for (let beat = 1; beat < GOSSIP_DEAF_BEATS; beat += 1) repair.beat()
    expect(gossip.isAborted).toBe(false)
    repair.beat()
    expect(gossip.isAborted).toBe(true)
    expect(others.map(({ isAborted }) => isAborted)).toEqual([false, false])
  })

  it('leaves a peer alone that has subscribed', () => {
    const { repair, gossip } = build({ outbound: LIVING, isSubscribed: true })
    for (let beat = 0; beat < 2 * GOSSIP_DEAF_BEATS; beat += 1) repair.beat()
    expect(gossip.isAborted).toBe(false)
  })
})
