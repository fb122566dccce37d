import { createHash } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type Digest, isDigest, isPeerId, type PeerId, type SwarmId } from '../../protocol/ids.ts'
import { createNetwork } from './host.ts'
import type { AddressFile, Channel, GossipVerdict, Network, NetworkOptions, Topic } from './network.ts'

export const FRAME_BYTES_MAX = 4_096
export const GOSSIP_BYTES_MAX = 2_048

type Happening =
  | { readonly kind: 'join'; readonly peer: PeerId; readonly text: string }
  | { readonly kind: 'connected' | 'disconnected'; readonly peer: PeerId }
  | { readonly kind: 'frame'; readonly peer: PeerId; readonly channel: Channel; readonly text: string }
  | { readonly kind: 'gossip'; readonly peer: PeerId; readonly topic: Topic; readonly text: string }

/** Remembers what happened at one host and lets a test wait for it. */
class Diary {
  readonly happenings: Happening[] = []
  readonly #waiting = new Set<() => void>()

  note(happening: Happening): void {
    this.happenings.push(happening)
    for (const check of this.#waiting) check()
  }

  texts(kind: 'frame' | 'gossip'): string[] {
    return this.happenings.flatMap((each) => (each.kind === kind ? [each.text] : []))
  }

  /** Resolves as soon as the condition holds; the test's own timeout is the limit. */
  async until(condition: (diary: Diary) => boolean): Promise<void> {
    if (condition(this)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = (): void => {
      if (condition(this)) resolve()
    }
    this.#waiting.add(check)
    await promise
    this.#waiting.delete(check)
  }

  async connectedTo(...peers: PeerId[]): Promise<void> {
    await this.until(({ happenings }) =>
      peers.every((peer) => happenings.some((each) => each.kind === 'connected' && each.peer === peer)),
    )
  }

  async heard(message: string): Promise<void> {
    await this.until(
      (diary) => diary.texts('frame').includes(message) || diary.texts('gossip').includes(message),
    )
  }
}

export interface Member {
  readonly network: Network
  readonly diary: Diary
}

interface MemberOptions {
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly isMember?: (peer: PeerId) => boolean
  readonly isGuest?: (peer: PeerId) => boolean
  readonly members?: () => Iterable<PeerId>
  readonly dht?: boolean
  readonly file?: AddressFile
  /** Answers a join request; the default refuses it. */
  readonly join?: (from: PeerId, request: string) => Promise<Uint8Array | undefined>
  readonly frame?: NetworkOptions['handlers']['frame']
  readonly judge?: (text: string) => GossipVerdict
  readonly blobs?: ReadonlyMap<Digest, Uint8Array>
  readonly tokens?: NetworkOptions['handlers']['serveTokens']
}

export const SWARM = digestOf('a swarm of tests')

/** Hosts on loopback, named by letters; a letter always has the same key. */
export class LoopbackSwarm {
  readonly #running = new Map<string, Network>()

  async start(name: string, options: MemberOptions = {}): Promise<Member> {
    const diary = new Diary()
    const network = await createNetwork({
      seed: seedOf(name),
      swarm: SWARM,
      listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'],
      bootstrap: options.bootstrap ?? [],
      announce: [],
      admission: {
        isMember: options.isMember ?? (() => true),
        isGuest: options.isGuest ?? (() => false),
        members: options.members ?? (() => []),
      },
      discovery: { mdns: false, dht: options.dht ?? false, file: options.file },
      frameBytesMax: {
        certify: FRAME_BYTES_MAX,
        agree: FRAME_BYTES_MAX,
        job: FRAME_BYTES_MAX,
        sync: FRAME_BYTES_MAX,
      },
      gossipBytesMax: GOSSIP_BYTES_MAX,
      handlers: handlersOf(diary, options),
    })
    await network.start()
    this.#running.set(name, network)
    return { network, diary }
  }

  async stop(name: string): Promise<void> {
    await this.#running.get(name)?.stop()
    this.#running.delete(name)
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)))
  }
}

export function seedOf(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(name).digest())
}

/** A member that runs libp2p alone and none of our rules. Stop it. */
export async function rawMember(name: string, listen: string[] = []): Promise<Libp2p> {
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seedOf(name)),
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // Its own pings would end a connection whose other end answers none.
    connectionMonitor: { enabled: false },
    services: { identify: identify({ runOnConnectionOpen: false }), ping: ping() },
  })
}

export async function peerIdNamed(name: string): Promise<PeerId> {
  const id = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seedOf(name))).toString()
  if (!isPeerId(id)) throw new Error('The key is not an Ed25519 key.')
  return id
}

function digestOf(body: Uint8Array | string): SwarmId {
  const digest = createHash('sha256').update(body).digest('hex')
  if (!isDigest(digest)) throw new Error('SHA-256 gave no digest.')
  return digest
}

export function bytes(message: string): Uint8Array {
  return new TextEncoder().encode(message)
}

export function text(frame: Uint8Array): string {
  return new TextDecoder().decode(frame)
}

function handlersOf(diary: Diary, options: MemberOptions): NetworkOptions['handlers'] {
  return {
    frame: async (peer, channel, frame) => {
      diary.note({ kind: 'frame', peer, channel, text: text(frame) })
      await options.frame?.(peer, channel, frame)
    },
    gossip: async (peer, topic, frame) => {
      diary.note({ kind: 'gossip', peer, topic, text: text(frame) })
      return options.judge?.(text(frame)) ?? 'accept'
    },
    join: async (from, request) => {
      diary.note({ kind: 'join', peer: from, text: text(request) })
      return options.join?.(from, text(request))
    },
    addressesChanged: () => undefined,
    connected: (peer) => diary.note({ kind: 'connected', peer }),
    disconnected: (peer) => diary.note({ kind: 'disconnected', peer }),
    serveTokens: (to, job, signal) => options.tokens?.(to, job, signal),
    serveBlob: async (_to, digest) => options.blobs?.get(digest),
  }
}
