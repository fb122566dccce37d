import type { PeerId } from '../protocol/ids.ts'
import type { Effect } from '../protocol/peer/effect.ts'
import type { Event } from '../protocol/peer/event.ts'
import type { PeerView } from '../protocol/peer/view.ts'

/** Effects that leave the machine once what they rely on is durable. */
export type HeldEffect = Extract<Effect, { readonly after: number }>

/**
 * All that can be seen of a world from outside. `effect` is a mind's word, in order; `left` is the moment at
 * which a held effect really leaves; `handled` follows every event, when the mind is between two of them.
 */
export type Observation =
  | { readonly type: 'started'; readonly peer: PeerId; readonly boot: number }
  | { readonly type: 'crashed'; readonly peer: PeerId }
  | { readonly type: 'event'; readonly peer: PeerId; readonly event: Event }
  | { readonly type: 'effect'; readonly peer: PeerId; readonly effect: Effect }
  | { readonly type: 'left'; readonly peer: PeerId; readonly effect: HeldEffect }
  | { readonly type: 'handled'; readonly peer: PeerId; readonly view: PeerView }
  /** All that this process wrote up to this position is durable. */
  | { readonly type: 'synced'; readonly peer: PeerId; readonly position: number }
  | { readonly type: 'dropped'; readonly peer: PeerId; readonly code: string }
  /** A mind threw: a broken invariant, which stops that peer. */
  | { readonly type: 'threw'; readonly peer: PeerId; readonly error: unknown }

export type Observe = (observation: Observation) => void
