import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../../protocol/ids.ts'
import { Blobs } from './blobs.ts'
import { Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { Gossip } from './gossip.ts'
import { createNode } from './libp2p-node.ts'
import { Joins } from './joins.ts'
import { AGENT_CHARACTERS, STRANGER_MS } from './limits.ts'
import type { Network, NetworkOptions, PeerConnection } from './network.ts'
import { Redial } from './redial.ts'
import { ChannelStreams } from './streams.ts'

interface Sources {
  readonly meter: Meter
  readonly gossip: Gossip
  readonly agents: ReadonlyMap<PeerId, string>
}

/** One peer's network. It does nothing before `start` and can't be started again after `stop`. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const meter = new Meter()
  const node = await createNode(options, meter)
  const id = namePeer(node.peerId)
  if (id === undefined) throw new Error('An Ed25519 seed gave a peer id of another kind.')

  const streams = new ChannelStreams(node, options, meter)
  const blobs = new Blobs(node, options, meter)
  const redial = new Redial({ node, self: id, bootstrap: options.bootstrap, meter })
  const connections = () => node.getConnections()
  const gossip = new Gossip({ service: node.services.gossip, connections, network: options, meter })
  const joins = new Joins(node, options, meter)
  const agents = new Map<PeerId, string>()

  const announce = (notify: () => void): void => {
    try {
      notify()
    } catch {
      meter.count('handlerFailures')
    }
  }
  node.addEventListener('peer:connect', ({ detail }) => {
    const peer = namePeer(detail)
    if (peer === undefined) return
    if (!options.isMember(peer)) return dismissLater(peer)
    meter.connected(peer)
    streams.connected(peer)
    announce(() => options.handlers.connected(peer))
  })
  node.addEventListener('peer:identify', ({ detail }) => {
    const peer = namePeer(detail.peerId)
    if (peer === undefined || detail.agentVersion === undefined) return
    agents.set(peer, detail.agentVersion.slice(0, AGENT_CHARACTERS))
  })
  node.addEventListener('peer:disconnect', ({ detail }) => {
    const peer = namePeer(detail)
    if (peer === undefined) return
    clearTimeout(strangers.get(peer))
    if (strangers.delete(peer)) return
    meter.disconnected(peer)
    agents.delete(peer)
    announce(() => options.handlers.disconnected(peer))
    redial.disconnected(peer)
  })

  const strangers = new Map<PeerId, NodeJS.Timeout>()
  /** Whoever becomes a member meanwhile connects anew, as one. */
  function dismissLater(peer: PeerId): void {
    const dismiss = () => {
      for (const connection of connections())
        if (namePeer(connection.remotePeer) === peer)
          connection.abort(new Error('A stranger may stay only for a moment.'))
    }
    strangers.set(peer, setTimeout(dismiss, STRANGER_MS).unref())
  }

  return {
    id,
    addresses: () => node.getMultiaddrs().map(String),
    connections: () =>
      connections()
        .filter(({ remotePeer }) => {
          const peer = namePeer(remotePeer)
          return peer !== undefined && !strangers.has(peer)
        })
        .flatMap((connection) => describeConnection(connection, { meter, gossip, agents }) ?? []),
    send: (to, channel, frame) => streams.send(to, channel, frame),
    publish: (topic, frame) => gossip.publish(topic, frame),
    membershipChanged(peer) {
      if (options.isMember(peer)) return
      for (const connection of connections())
        if (namePeer(connection.remotePeer) === peer)
          connection.abort(new Error(`${peer} is no member any more`))
    },
    fetchBlob: (from, blob, signal) => blobs.fetch(from, blob, signal),
    counters: () => meter.snapshot(),
    start: async () => {
      await Promise.all([streams.start(), blobs.start(), joins.start()])
      await node.start()
      gossip.start()
      redial.start()
    },
    stop: async () => {
      const redialStopped = redial.stop()
      await node.stop()
      // No connection brings them anything new any more; they finish what they have begun.
      await Promise.all([redialStopped, streams.stop(), gossip.stop(), blobs.stop(), joins.stop()])
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
    agent: sources.agents.get(peer),
    latencyMs: connection.rtt,
    gossips: sources.gossip.reaches(peer),
    openedAt: connection.timeline.open,
    traffic: sources.meter.traffic(peer),
  }
}
