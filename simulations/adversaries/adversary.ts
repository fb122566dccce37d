import { decodeEnvelope, decodeKind, plainFrame, signedFrame } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { type BodyOf, isKind, type KindName, KINDS } from '../../protocol/encoding/kinds.ts'
import { sign, type SignedKind } from '../../protocol/encoding/signed.ts'
import type { Channel } from '../../protocol/encoding/kinds.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Event } from '../../protocol/peer/event.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { Loot } from '../loot.ts'
import type { Random } from '../random.ts'

/** What an adversary has: a member's key, its place on the network, and a real mind that it leads astray. */
export interface Means {
  readonly signer: Signer
  /** Its own mind's, which goes with the epochs. */
  readonly roster: Roster
  readonly random: Random
  /** Other peers' keys, for those who steal them. */
  readonly loot: Loot
  /** Whether a peer has begun an epoch for good: whoever hasn't heard of it can't know that its keys are stolen. */
  readonly hasEntered: (peer: PeerId, epoch: number) => boolean
}

/** A frame on its way out. */
export interface Outgoing {
  readonly to: PeerId
  readonly kind: KindName
  readonly frame: Uint8Array
}

/** A frame that the mind sends, read. */
export type Sent = { [K in KindName]: Outgoing & { readonly kind: K; readonly body: BodyOf<K> } }[KindName]

/** How an adversary differs from its mind. Whatever is left out happens as the mind wants it. */
export interface Conduct {
  /** What leaves in the place of a frame that the mind sends. */
  outgoing?(sent: Sent): readonly Outgoing[]
  /** Frames that leave on account of a message; `'handled'` besides keeps it from the mind. */
  incoming?(message: Message): readonly Outgoing[] | { readonly handled: readonly Outgoing[] }
  /** Every frame that arrives, before anybody looked into it. */
  overheard?(frame: Uint8Array): void
  /** Frames that leave of their own accord, every second or so. */
  tick?(): readonly Outgoing[]
}

export type CreateAdversary = (means: Means, view: PeerView) => Conduct

const TICK = 'adversary/tick/'
const TICK_MS = { min: 300, max: 1_500 } as const

/**
 * A mind under an adversary's conduct. It is a peer like any other to the world: it may send whatever its key
 * can sign and whatever it has heard, and it waits for no sync.
 */
export function misled(mind: Peer, name: string, { signer, random }: Means, conduct: Conduct): Peer {
  const id = TICK + name
  const arm = (): Effect => ({ type: 'timer', id, delayMs: random.between(TICK_MS) })

  const tampered = (effect: Effect): readonly Effect[] => {
    if (effect.type !== 'send' || conduct.outgoing === undefined) return [effect]
    return conduct.outgoing(readSent(effect.to, effect.frame)).map(sending)
  }

  const ticked = (event: Event): readonly Effect[] => {
    if (conduct.tick === undefined) return []
    if (event.type === 'start') return [arm()]
    if (event.type !== 'timer' || event.id !== id) return []
    return [
      ...conduct
        .tick()
        .filter(({ to }) => to !== signer.id)
        .map(sending),
      arm(),
    ]
  }

  const react = (event: Event) => {
    if (event.type !== 'message' || event.message.from === signer.id) return { own: [], pass: true }
    const reaction = conduct.incoming?.(event.message) ?? []
    return 'handled' in reaction ? { own: reaction.handled, pass: false } : { own: reaction, pass: true }
  }

  return {
    view: mind.view,
    restore: (record) => mind.restore(record),
    inspect(frame, source) {
      conduct.overheard?.(frame)
      return mind.inspect(frame, source)
    },
    handle(event, now) {
      const { own, pass } = react(event)
      const effects = pass ? mind.handle(event, now).flatMap(tampered) : []
      return [...effects, ...own.map(sending), ...ticked(event)]
    },
  }
}

/** Nothing of an adversary's own is stamped: it relies on no record. */
function sending({ to, kind, frame }: Outgoing): Effect {
  return { type: 'send', to, channel: KINDS[kind].via as Channel, frame, after: 0 }
}

function readSent(to: PeerId, frame: Uint8Array): Sent {
  const { kind, body } = decodeEnvelope(frame)
  if (!isKind(kind)) throw new Error(`a mind sent the unknown kind ${kind}`)
  return { to, kind, frame, body: decodeKind(kind, body, TRUSTED) } as Sent
}

/** A frame of a kind that speaks for the connection. */
export function plain<K extends KindName>(
  { signer, roster }: Means,
  to: PeerId,
  kind: K,
  body: BodyOf<K>,
): Outgoing {
  return { to, kind, frame: plainFrame(roster.swarm, signer.id, kind, body) }
}

/** A frame of a kind that speaks for its signer, signed with the adversary's own key. */
export function signed<T>(means: Means, to: PeerId, kind: SignedKind<T>, body: T): Outgoing {
  const { signer, roster } = means
  if (!isKind(kind.kind)) throw new Error(`${kind.kind} isn't sent alone`)
  const frame = signedFrame(roster.swarm, kind.kind, sign(signer, roster.swarm, kind, body))
  return { to, kind: kind.kind, frame }
}

export function toWitnesses({ roster, signer }: Means, make: (to: PeerId) => Outgoing): readonly Outgoing[] {
  return roster.epoch.witnesses.filter((to) => to !== signer.id).map(make)
}
