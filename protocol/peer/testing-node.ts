import { mintVerified } from '../crypto/verified.ts'
import type { Signer } from '../crypto/signer.ts'
import { decodeEnvelope } from '../encoding/envelope.ts'
import { isKind, KINDS } from '../encoding/kinds.ts'
import type { PeerId } from '../ids.ts'
import { ASTRAY_PREFIXES, astrayEnds } from '../records/astray.ts'
import type { Write } from '../records/record.ts'
import type { Effect } from './effect.ts'
import type { Event } from './event.ts'
import type { Peer } from './options.ts'

/** For tests: one mind with its host, as far as that does anything. */
export interface TestNode {
  readonly signer: Signer
  mind: Peer
  /** It hears and says nothing. */
  isGone: boolean
  readonly store: Map<string, Uint8Array>
  readonly timers: Map<string, number>
}

/** For tests: what a host says first. */
export const START = { type: 'start', boot: 1, addresses: [], version: 'test' } as const

/** For tests: what is on its way to a mind, from its host or from another peer. */
export type Queued =
  | { readonly to: TestNode; readonly event: Event }
  | { readonly to: TestNode; readonly from: PeerId; readonly frame: Uint8Array; readonly lane: string }

export function nodeOf(signer: Signer, mind: Peer): TestNode {
  return { signer, mind, isGone: false, store: new Map(), timers: new Map() }
}

export function apply(store: Map<string, Uint8Array>, writes: readonly Write[]): void {
  for (const { key, value } of writes) {
    if (value === null) store.delete(key)
    else store.set(key, value)
  }
}

/** As a host does before it makes the mind. */
export function beginAnew(store: Map<string, Uint8Array>, astray: Uint8Array): void {
  for (const key of store.keys())
    if (ASTRAY_PREFIXES.some((prefix) => key.startsWith(prefix))) store.delete(key)
  apply(store, astrayEnds(astray))
}

/** A frame as intake hands it on, its signatures taken for good; undefined for one that it drops. */
export function messageOf({ to, from, frame }: Extract<Queued, { frame: Uint8Array }>): Event | undefined {
  const { kind } = decodeEnvelope(frame)
  if (!isKind(kind)) return undefined
  const inspected = to.mind.inspect(frame, { from, via: KINDS[kind].via })
  if (!inspected.ok) return undefined
  const message = mintVerified(
    inspected.candidate,
    inspected.candidate.checks.map(() => true),
  )
  return message === undefined ? undefined : { type: 'message', message }
}

/** Bodies are wherever somebody asks for them, and all answers are the same. */
export function agreed(answers: Extract<Effect, { type: 'compute' }>['answers']) {
  const replicas = answers.map(({ slot }) => {
    return { slot, cluster: 0, outcome: 'agreed' as const, cosine: 1_000_000, findings: [] }
  })
  const agreement = answers.length === 1 ? 'single' : 'unanimous'
  return { agreement, winner: answers[0]?.slot ?? null, confidence: 1_000_000, replicas } as const
}
