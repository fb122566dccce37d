import type { BodyOf, KindName, KINDS } from '../encoding/kinds.ts'
import type { Signed } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import type { Effect, LoadPurpose } from './effect.ts'

/** Kinds that speak for their signer, and those that speak only for the connection. */
export type SignedKindName = {
  [K in KindName]: (typeof KINDS)[K]['signed'] extends true ? K : never
}[KindName]
/** Kinds that are gossiped: all of them are signed. */
export type GossipKindName = 'entry' | 'heartbeat' | 'announce' | 'fork'
export type PlainKindName = Exclude<KindName, SignedKindName>

/**
 * What the parts of a mind write their consequences to while one event is handled. Records written before an
 * effect are durable before that effect leaves the machine: the outbox stamps every effect with the position
 * of the last record written so far, so no part can forget it.
 *
 * A message to this peer itself comes back as the next event (`to-self`), so that one event never carries a
 * whole chain of them. It needs no position: whatever follows from it leaves only after this event's records.
 */
export interface Outbox {
  /** Milliseconds; never decreases while the process runs, and continues as wall time after a restart. */
  readonly now: number
  write(key: string, value: Uint8Array | null): void
  send<K extends PlainKindName>(to: PeerId, kind: K, body: BodyOf<K>): void
  sendSigned<K extends SignedKindName>(to: PeerId, kind: K, signed: Signed<BodyOf<K>>): void
  publish<K extends GossipKindName>(kind: K, signed: Signed<BodyOf<K>>): void
  /** Starts or replaces the timer `id`; it fires as `{type: 'timer', id}`. */
  timer(id: string, delayMs: number): void
  cancelTimer(id: string): void
  load(keys: readonly string[], purpose: LoadPurpose): void
  /** Tells whoever watches that a job changed (`null`: the network's figures did). */
  notify(job: string | null): void
  /** Any further effect, stamped with the position like the others. */
  emit(effect: Exclude<Unstamped, { readonly type: 'persist' | 'to-self' }>): void
}

type WithoutStamp<E> = E extends { readonly after: number } ? Omit<E, 'after'> : E
export type Unstamped = WithoutStamp<Effect>
