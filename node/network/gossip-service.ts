import { createHash } from 'node:crypto'
import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  StrictNoSign,
} from '@chainsafe/libp2p-gossipsub'
import type { SwarmId } from '../../protocol/ids.ts'
import { GOSSIP_PACKET_BYTES, GOSSIP_QUEUE_BYTES } from './limits.ts'
import { TOPICS } from './network.ts'
import { protocolName } from './protocol-name.ts'
import { SCORE_THRESHOLDS, scoreTopics } from './scores.ts'

/** Gossipsub for 2 to 30 peers whose payloads carry their own signatures. */
export function gossipService(swarm: SwarmId): (components: GossipSubComponents) => GossipSub {
  const topics = TOPICS.map((topic) => protocolName(swarm, topic))
  return gossipsub({
    allowedTopics: topics,
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: ({ topic, data }) => createHash('sha256').update(topic).update('\0').update(data).digest(),
    asyncValidation: true,
    // One hop reaches everybody connected, and a mesh of 6 to 12 the rest.
    floodPublish: true,
    D: 8,
    Dlo: 6,
    Dhi: 12,
    Dscore: 4,
    Dout: 2,
    Dlazy: 6,
    fallbackToFloodsub: false,
    maxInboundDataLength: GOSSIP_PACKET_BYTES,
    maxOutboundBufferSize: GOSSIP_QUEUE_BYTES,
    scoreParams: scoreTopics(topics),
    scoreThresholds: SCORE_THRESHOLDS,
  })
}
