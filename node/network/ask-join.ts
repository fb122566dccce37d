import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { SwarmId } from '../../protocol/ids.ts'
import { DIAL_MS, JOIN_FRAME_BYTES } from './limits.ts'
import { parseAddress, peerOf } from './multiaddr-parts.ts'
import { NetworkError } from './network.ts'
import { protocolName } from './protocol-name.ts'

interface JoinQuestion {
  /** The 32-byte Ed25519 seed of whoever asks. */
  readonly seed: Uint8Array
  readonly swarm: SwarmId
  /** A member's dial address, ending in `/p2p/<id>`: only that very peer is asked. */
  readonly address: string
  readonly request: Uint8Array
  readonly signal: AbortSignal
}

/**
 * Asks a member on the `join` protocol as a stranger, listening nowhere and telling nothing but the request.
 * Throws NetworkError `unreachable`, `swarm_unknown` or `join_refused`.
 */
export async function askJoin(question: JoinQuestion): Promise<Uint8Array> {
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', question.seed),
    nodeInfo: { name: 'hyperlooms', userAgent: 'hyperlooms/1' },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // The addresses come out of an invitation that the user chose to redeem.
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { reconnectRetries: 0 },
  })
  try {
    return await ask(node, question)
  } finally {
    await node.stop()
  }
}

async function ask(node: Libp2p, { swarm, address, request, signal }: JoinQuestion): Promise<Uint8Array> {
  const target = parseAddress(address)
  if (target === undefined || peerOf(target) === undefined)
    throw new NetworkError('unreachable', 'The address is malformed or names no peer.')
  const dialSignal = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)])
  const connection = await node.dial(target, { signal: dialSignal }).catch((cause: unknown) => {
    throw new NetworkError('unreachable', 'The peer could not be reached.', { cause })
  })
  try {
    const stream = await connection.newStream(protocolName(swarm, 'join'), { signal })
    const frames = lpStream(stream, { maxDataLength: JOIN_FRAME_BYTES, maxBufferSize: 2 * JOIN_FRAME_BYTES })
    await frames.write(request, { signal })
    return (await frames.read({ signal })).slice()
  } catch (cause) {
    // Every member speaks it, and names its swarm with it.
    if (cause instanceof Error && cause.name === 'UnsupportedProtocolError')
      throw new NetworkError('swarm_unknown', 'The peer belongs to no such swarm.', { cause })
    throw new NetworkError('join_refused', 'The peer ended the exchange without an answer.', { cause })
  }
}
