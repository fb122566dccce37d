import type {
  PeerScoreParams,
  PeerScoreThresholds,
  TopicScoreParams,
} from '@chainsafe/libp2p-gossipsub/score'

/** Factor per second after which a count is below 1 % in the given time (gossipsub's `decayToZero`). */
function decayOver(seconds: number): number {
  return 0.01 ** (1 / seconds)
}

/**
 * Little can be earned and much lost: a topic gives at most 2, and r rejected messages cost 10 r^2. So the
 * first one loses the peer its place in the mesh, the third one its voice, for some ten minutes. Counting
 * deliveries (P3) is off: our topics are too quiet for a rate, and it would punish honest, silent peers.
 */
const TOPIC_SCORE: TopicScoreParams = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 100,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: decayOver(60),
  firstMessageDeliveriesCap: 10,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 0,
  meshMessageDeliveriesActivation: 1_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: decayOver(600),
}

/** Topics without parameters are not scored at all, so every topic gets them. */
export function scoreTopics(topics: readonly string[]): Partial<PeerScoreParams> {
  return {
    topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
    topicScoreCap: 10,
    // Only members get a connection, so sharing an address means nothing: one machine or office may run many
    // peers, and the default silently stops listening to all of them above ten.
    IPColocationFactorWeight: 0,
    // A loaded machine breaks a few promises; the default punishes the first one below the gossip threshold.
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: decayOver(60),
    decayInterval: 1_000,
    decayToZero: 0.01,
    // Longer than a penalty lives, so that reconnecting doesn't wash it off.
    retainScore: 1_200_000,
  }
}

export const SCORE_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -15,
  publishThreshold: -50,
  graylistThreshold: -80,
  // Out of reach: addresses of members come from the roster and from sync, never from gossip's peer exchange.
  acceptPXThreshold: 1_000,
  opportunisticGraftThreshold: 1,
}
