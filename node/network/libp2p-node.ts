import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { type Identify, identify, type IdentifyPush, identifyPush } from '@libp2p/identify'
import type { Libp2p, PeerInfo, PrivateKey } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { MulticastDNSComponents } from '@libp2p/mdns'
import { type Ping, ping } from '@libp2p/ping'
import type { DCUtRServiceComponents } from '@libp2p/dcutr'
import { createLibp2p } from 'libp2p'
import type { Meter } from './counters.ts'
import { Dht } from './dht.ts'
import type { Gate } from './gate.ts'
import { type GatedComponents, gateRegistrar } from './gated-registrar.ts'
import { gossipService } from './gossip-service.ts'
import type { HolePunch } from './hole-punch.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { Lan } from './lan.ts'
import {
  ADDRESS_DIAL_MS,
  ADDRESSES_PER_PEER_MAX,
  CONNECTIONS_MAX,
  DIAL_MS,
  DIALS_MAX,
  HANDSHAKE_MS,
  INBOUND_PENDING_MAX,
  INBOUND_PER_HOST_PER_SECOND,
  PING_EVERY_MS,
  PING_TIMEOUT_MS,
  READ_BUFFER_BYTES,
  RELAY_STREAMS,
  RELAYED_MAX,
  STREAM_WINDOW_BYTES,
  STREAMS_PER_CONNECTION,
} from './limits.ts'
import { parseAddress } from './multiaddr-parts.ts'
import type { NetworkOptions } from './network.ts'
import { toAnnounce } from './own-addresses.ts'
import { protocolName } from './protocol-name.ts'
import { guardedWebSockets } from './websocket-guard.ts'
import { wholeWrites } from './whole-writes.ts'

type Services = {
  gate: object
  identify: Identify
  identifyPush: IdentifyPush
  ping: Ping
  gossip: GossipSub
  dht: Dht | object
  lan: Lan | object
  relay: object
  upgrade: unknown
}

interface NodeParts {
  readonly privateKey: PrivateKey
  readonly options: NetworkOptions
  readonly gate: Gate
  readonly known: KnownAddresses
  readonly punch: HolePunch
  readonly meter: Meter
  /** Somebody told where a peer is. */
  readonly found: (info: PeerInfo) => void
}

export interface CreatedNode {
  readonly node: Libp2p<Services>
  readonly dht: Dht | undefined
  readonly addressManager: MulticastDNSComponents['addressManager']
}

/** The libp2p node of one peer, not started yet. */
export async function createNode(parts: NodeParts): Promise<CreatedNode> {
  const { privateKey, options, gate, punch } = parts
  const made: { dht?: Dht; addressManager?: MulticastDNSComponents['addressManager'] } = {}
  const node = await createLibp2p<Services>({
    start: false,
    privateKey,
    nodeInfo: { name: 'hyperlooms', userAgent: 'hyperlooms/1' },
    addresses: {
      listen: [...options.listen],
      appendAnnounce: options.announce.map(parseAnnounced),
      announceFilter: toAnnounce,
    },
    transports: [
      punch.transport({ maxConnections: CONNECTIONS_MAX }),
      guardedWebSockets({ connectionsMax: CONNECTIONS_MAX, handshakeMs: HANDSHAKE_MS }),
      circuitRelayTransport(),
    ],
    connectionEncrypters: [wholeWrites(noise())],
    streamMuxers: [
      yamux({
        maxInboundStreams: STREAMS_PER_CONNECTION,
        maxOutboundStreams: STREAMS_PER_CONNECTION,
        // A window above the read buffer would let a paused stream overflow and be reset.
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES, maxReadBufferLength: READ_BUFFER_BYTES },
      }),
    ],
    connectionGater: gate.gater(),
    connectionManager: {
      maxConnections: CONNECTIONS_MAX,
      inboundConnectionThreshold: INBOUND_PER_HOST_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_PENDING_MAX,
      inboundUpgradeTimeout: HANDSHAKE_MS,
      dialTimeout: DIAL_MS,
      addressDialTimeout: ADDRESS_DIAL_MS,
      maxParallelDials: DIALS_MAX,
      maxPeerAddrsToDial: ADDRESSES_PER_PEER_MAX,
      // Redial does that, without giving up after five times.
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: PING_EVERY_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    services: {
      // The first, as it must be there before the others register what they speak.
      gate: (components: GatedComponents) => closeTo(parts, components, made),
      // Of members only, as its answer is what makes the other services take a peer up.
      identify: identify({ runOnConnectionOpen: false }),
      identifyPush: identifyPush(),
      ping: ping(),
      gossip: gossipService(options.swarm),
      dht: (components: KadDHTComponents) =>
        options.discovery.dht ? (made.dht = dhtOf(parts, components)) : {},
      // The gate lets members only reserve a place and connect through it.
      relay: circuitRelayServer({
        // For members a relayed connection is like any other: the default would end it after two minutes.
        reservations: { maxReservations: RELAYED_MAX, applyDefaultLimit: false },
        maxInboundHopStreams: RELAY_STREAMS,
        maxOutboundStopStreams: RELAY_STREAMS,
      }),
      upgrade: (components: DCUtRServiceComponents) => punch.service(components),
      lan: (components: MulticastDNSComponents) =>
        options.discovery.mdns ? new Lan(components, options.swarm, parts.found) : {},
    },
  })
  if (made.addressManager === undefined) throw new Error('libp2p made no address manager.')
  return { node, dht: made.dht, addressManager: made.addressManager }
}

/** libp2p would look at it only when somebody asks where this peer is, and throw then. */
function parseAnnounced(text: string): string {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`An announced address is malformed: ${text}`)
  return String(address)
}

function closeTo(
  { gate, options, meter }: NodeParts,
  { registrar, addressManager }: GatedComponents,
  made: { addressManager?: MulticastDNSComponents['addressManager'] },
): object {
  made.addressManager = addressManager
  const guests = new Set(['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0'])
  const protocols = { join: protocolName(options.swarm, 'join'), guests }
  gateRegistrar(registrar, gate, protocols, (counter) => meter.count(counter))
  return {}
}

function dhtOf({ options, known, found }: NodeParts, components: KadDHTComponents): Dht {
  return new Dht(components, { swarm: options.swarm, member: (info) => known.memberInfo(info), found })
}
