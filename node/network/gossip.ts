import { type GossipSub, type GossipsubMessage, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../../protocol/ids.ts'
import type { Counter, Meter } from './counters.ts'
import { namePeer } from './gate.ts'
import { GossipRepair, type StreamControls } from './gossip-repair.ts'
import { GOSSIP_EARLY_MAX, GOSSIP_VALIDATING_MAX } from './limits.ts'
import { type GossipVerdict, type NetworkOptions, TOPICS, type Topic } from './network.ts'
import { protocolName } from './protocol-name.ts'

/** What gossipsub has and its public type leaves out. */
interface GossipsubControls extends StreamControls {
  reportMessageValidationResult(messageId: string, from: string, verdict: TopicValidatorResult): void
}

const VERDICTS: Record<GossipVerdict, { result: TopicValidatorResult; counter: Counter }> = {
  accept: { result: TopicValidatorResult.Accept, counter: 'gossipAccepted' },
  ignore: { result: TopicValidatorResult.Ignore, counter: 'gossipIgnored' },
  reject: { result: TopicValidatorResult.Reject, counter: 'gossipRejected' },
}

interface GossipOptions {
  readonly service: GossipSub
  readonly connections: () => readonly Connection[]
  readonly network: NetworkOptions
  readonly meter: Meter
}

/** Publishes, and passes every message through `handlers.gossip` before it is forwarded. */
export class Gossip {
  readonly #service: GossipSub & GossipsubControls
  readonly #options: GossipOptions
  readonly #topics: ReadonlyMap<string, Topic>
  readonly #validating = new Set<Promise<void>>()
  /** Frames that nobody could have heard yet, the newest at the end. */
  #early: { topic: Topic; frame: Uint8Array }[] = []

  constructor(options: GossipOptions) {
    this.#service = withControls(options.service)
    this.#options = options
    this.#topics = new Map(TOPICS.map((topic) => [protocolName(options.network.swarm, topic), topic]))
  }

  start(): void {
    this.#service.addEventListener('gossipsub:message', ({ detail }) => this.#receive(detail))
    // A peer hears us once it has subscribed and our stream to it is open, in either order.
    for (const event of ['subscription-change', 'gossipsub:graft', 'gossipsub:heartbeat'] as const) {
      this.#service.addEventListener(event, () => this.#publishEarly())
    }
    for (const name of this.#topics.keys()) this.#service.subscribe(name)
    const { connections } = this.#options
    const isSubscribed = (peer: string): boolean => this.#isSubscribed(peer)
    const repair = new GossipRepair({ service: this.#service, connections, isSubscribed })
    this.#service.addEventListener('gossipsub:heartbeat', () => repair.beat())
  }

  publish(topic: Topic, frame: Uint8Array): void {
    const { network, meter } = this.#options
    if (frame.length > network.gossipBytesMax) {
      meter.count('gossipFailed')
    } else if (this.#isHeard(topic)) {
      this.#publish(topic, frame)
    } else {
      this.#early.push({ topic, frame })
      if (this.#early.length > GOSSIP_EARLY_MAX) {
        this.#early.shift()
        meter.count('gossipUnheard')
      }
    }
  }

  /** Whether what is published from now on is sent to this peer without a detour, whatever its topic. */
  reaches(peer: PeerId): boolean {
    return this.#isSubscribed(peer) && this.#service.streamsOutbound.has(peer)
  }

  /** Resolves once no message is being validated. */
  async stop(): Promise<void> {
    await Promise.all(this.#validating)
  }

  #publish(topic: Topic, frame: Uint8Array): void {
    const { network, meter } = this.#options
    this.#service.publish(protocolName(network.swarm, topic), frame).then(
      ({ recipients }) => meter.count(recipients.length > 0 ? 'gossipPublished' : 'gossipUnheard'),
      (error: unknown) => meter.count(isDuplicate(error) ? 'gossipDuplicate' : 'gossipFailed'),
    )
  }

  #publishEarly(): void {
    const early = this.#early
    this.#early = []
    for (const { topic, frame } of early) this.publish(topic, frame)
  }

  #isSubscribed(peer: string): boolean {
    return TOPICS.every((topic) => this.#subscribers(topic).includes(peer))
  }

  #isHeard(topic: Topic): boolean {
    return this.#subscribers(topic).some((peer) => this.#service.streamsOutbound.has(peer))
  }

  #subscribers(topic: Topic): string[] {
    return this.#service.getSubscribers(protocolName(this.#options.network.swarm, topic)).map(String)
  }

  #receive(message: GossipsubMessage): void {
    const { meter } = this.#options
    if (this.#validating.size >= GOSSIP_VALIDATING_MAX) {
      meter.count('gossipOverload')
      this.#report(message, 'ignore')
      return
    }
    const validating = this.#judge(message)
      .catch((): GossipVerdict => {
        meter.count('handlerFailures')
        return 'ignore'
      })
      .then((verdict) => this.#report(message, verdict))
      .finally(() => this.#validating.delete(validating))
    this.#validating.add(validating)
  }

  async #judge({ msg, propagationSource }: GossipsubMessage): Promise<GossipVerdict> {
    const { gossipBytesMax, handlers } = this.#options.network
    const topic = this.#topics.get(msg.topic)
    const from: PeerId | undefined = namePeer(propagationSource)
    if (topic === undefined || from === undefined) return 'ignore'
    if (msg.data.length > gossipBytesMax) return 'reject'
    return handlers.gossip(from, topic, msg.data)
  }

  #report(message: GossipsubMessage, verdict: GossipVerdict): void {
    const { result, counter } = VERDICTS[verdict]
    this.#options.meter.count(counter)
    this.#service.reportMessageValidationResult(message.msgId, message.propagationSource.toString(), result)
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && error.message === 'PublishError.Duplicate'
}

function withControls(service: GossipSub): GossipSub & GossipsubControls {
  if (hasControls(service)) return service
  throw new Error('This gossipsub lacks the methods that validation and repair need.')
}

function hasControls(service: GossipSub): service is GossipSub & GossipsubControls {
  const methods = ['reportMessageValidationResult', 'onPeerConnected'] as const
  const hasMethods = methods.every((name) => typeof Reflect.get(service, name) === 'function')
  return hasMethods && Reflect.get(service, 'streamsOutbound') instanceof Map
}
