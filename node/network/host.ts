import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Blobs } from './blobs.ts'
import { Meter } from './counters.ts'
import { Discovery } from './discovery.ts'
import { Gate, namePeer } from './gate.ts'
import { Gossip } from './gossip.ts'
import { HolePunch } from './hole-punch.ts'
import { Joins } from './joins.ts'
import { KnownAddresses } from './known-addresses.ts'
import { createNode } from './libp2p-node.ts'
import { asListenFailure } from './listen-failure.ts'
import type { Network, NetworkOptions, PeerConnection } from './network.ts'
import { OwnAddresses } from './own-addresses.ts'
import { Presence } from './presence.ts'
import { Providing } from './providing.ts'
import { ChannelStreams } from './streams.ts'
import { Tokens } from './tokens.ts'

interface Sources {
  readonly meter: Meter
  readonly gossip: Gossip
  readonly presence: Presence
}

/** One peer's network. It does nothing before `start` and can't be started again after `stop`. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { handlers, admission } = options
  const meter = new Meter()
  const privateKey = await generateKeyPairFromSeed('Ed25519', options.seed)
  const id = namePeer(peerIdFromPrivateKey(privateKey))
  if (id === undefined) throw new Error('An Ed25519 seed gave a peer id of another kind.')

  const known = new KnownAddresses(id, options, meter)
  const gate = new Gate({ admission, policy: known.policy, count: (counter) => meter.count(counter) })
  const punch = new HolePunch({ isHidden: options.listen.some((each) => each.includes('/p2p-circuit')) })
  const { node, dht, addressManager } = await createNode({
    privateKey,
    options,
    gate,
    known,
    punch,
    meter,
    found: (info) => discovery.found(info),
  })
  const discovery = new Discovery({ node, self: id, known, dht, network: options, meter })
  const streams = new ChannelStreams(node, options, meter)
  const blobs = new Blobs(node, options, meter)
  const tokens = new Tokens(node, options, meter)
  const joins = new Joins(node, options, meter)
  const announce = (notify: () => void): void => {
    try {
      notify()
    } catch {
      meter.count('handlerFailures')
    }
  }
  const presence = new Presence({
    node,
    identify: (connection) => node.services.identify.identify(connection),
    gate,
    arrived(peer) {
      meter.connected(peer)
      streams.connected(peer)
      announce(() => handlers.connected(peer))
    },
    left(peer) {
      meter.disconnected(peer)
      announce(() => handlers.disconnected(peer))
      discovery.want(peer)
    },
    opened: (peer, connection) => discovery.opened(peer, connection, punch.isPunching(connection.remoteAddr)),
    identified: (peer, addresses) => discovery.identified(peer, addresses),
    refused: () => announce(() => handlers.refused?.()),
    observed: (connection, address) => punch.observed(connection, address),
  })
  const gossip = new Gossip({
    service: node.services.gossip,
    connections: () => presence.connections(),
    network: options,
    meter,
  })
  const providing = new Providing(dht)
  const ownAddresses = new OwnAddresses({
    node,
    manager: addressManager,
    changed() {
      discovery.moved()
      announce(() => handlers.addressesChanged(node.getMultiaddrs().map(String)))
    },
  })

  return {
    id,
    addresses: () => node.getMultiaddrs().map(String),
    connections: () =>
      presence
        .connections()
        .flatMap((connection) => describeConnection(connection, { meter, gossip, presence }) ?? []),
    refusedBy: () => presence.refusedBy(),
    send: (to, channel, frame) => streams.send(to, channel, frame),
    publish: (topic, frame) => gossip.publish(topic, frame),
    fetchBlob: (from, blob, signal) => blobs.fetch(from, blob, signal),
    readTokens: (from, job, signal) => tokens.read(from, job, signal),
    provide: (body) => providing.add(body),
    findProviders: async (body, signal) => (await dht?.findProviders(body, signal)) ?? [],
    counters: () => meter.snapshot(),
    learn: (addresses) => discovery.learn(addresses, 'owner'),
    claimed: (peer, addresses) => discovery.claimed(peer, addresses),
    membershipChanged(peer) {
      if (!admission.isMember(peer)) known.book.forget(peer)
      presence.recheck(peer)
      discovery.want(peer)
    },
    start: async () => {
      await known.open(node)
      await Promise.all([streams.start(), blobs.start(), tokens.start(), joins.start(), discovery.start()])
      try {
        await node.start()
      } catch (error) {
        throw asListenFailure(error)
      }
      ownAddresses.start()
      gossip.start()
      discovery.dial()
    },
    stop: async () => {
      ownAddresses.stop()
      providing.stop()
      presence.stop()
      const discoveryStopped = discovery.stop()
      await node.stop()
      // No connection brings them anything new any more; they finish what they have begun.
      const others = [streams.stop(), gossip.stop(), blobs.stop(), tokens.stop(), joins.stop()]
      await Promise.all([discoveryStopped, ...others])
      await known.close()
    },
  }
}

function describeConnection(connection: Connection, sources: Sources): PeerConnection | undefined {
  const peer = namePeer(connection.remotePeer)
  if (peer === undefined) return undefined
  return {
    peer,
    address: connection.remoteAddr.toString(),
    direction: connection.direction,
    agent: sources.presence.agent(peer),
    latencyMs: connection.rtt,
    gossips: sources.gossip.reaches(peer),
    openedAt: connection.timeline.open,
    traffic: sources.meter.traffic(peer),
  }
}
