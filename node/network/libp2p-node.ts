import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { type Identify, identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { Meter } from './counters.ts'
import { createGate } from './gate.ts'
import { gossipService } from './gossip-service.ts'
import {
  CONNECTIONS_MAX,
  DIAL_MS,
  HANDSHAKE_MS,
  INBOUND_PENDING_MAX,
  INBOUND_PER_HOST_PER_SECOND,
  PING_EVERY_MS,
  PING_TIMEOUT_MS,
  READ_BUFFER_BYTES,
  STREAM_WINDOW_BYTES,
  STREAMS_PER_CONNECTION,
} from './limits.ts'
import type { NetworkOptions } from './network.ts'
import { guardedWebSockets } from './websocket-guard.ts'

type Services = { identify: Identify; ping: Ping; gossip: GossipSub }

/** The libp2p node of one peer, not started yet. */
export async function createNode(options: NetworkOptions, meter: Meter): Promise<Libp2p<Services>> {
  return createLibp2p<Services>({
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', options.seed),
    nodeInfo: { name: 'hyperlooms', userAgent: 'hyperlooms/1' },
    addresses: { listen: [...options.listen] },
    transports: [
      tcp({ maxConnections: CONNECTIONS_MAX }),
      guardedWebSockets({ connectionsMax: CONNECTIONS_MAX, handshakeMs: HANDSHAKE_MS }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: STREAMS_PER_CONNECTION,
        maxOutboundStreams: STREAMS_PER_CONNECTION,
        // A window above the read buffer would let a paused stream overflow and be reset.
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES, maxReadBufferLength: READ_BUFFER_BYTES },
      }),
    ],
    connectionGater: createGate(options.isMember, () => meter.count('connectionsRefused')),
    connectionManager: {
      maxConnections: CONNECTIONS_MAX,
      inboundConnectionThreshold: INBOUND_PER_HOST_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_PENDING_MAX,
      inboundUpgradeTimeout: HANDSHAKE_MS,
      dialTimeout: DIAL_MS,
      // Redial does that, without giving up after five times.
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: PING_EVERY_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    services: { identify: identify(), ping: ping(), gossip: gossipService(options.swarm) },
  })
}
