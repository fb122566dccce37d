import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { StoredRecord } from '../../protocol/records/record.ts'
import type { Facts } from '../checkers/checker.ts'

/** What happens to a node: it starts, a message arrives, or its turn comes up. */
export type Happening =
  | { readonly type: 'start' }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'turn' }

/** One life of a node's real code. Positions of its batches count from 1 in each life. */
export interface Actor {
  restore(record: StoredRecord): void
  handle(happening: Happening): readonly Effect[]
}

export interface NodeSpec {
  readonly id: PeerId
  readonly create: () => Actor
  /** Whether its turn may come up. */
  readonly hasTurn: boolean
}

/** A frame that somebody has sent. The network may deliver it never, once, often, and in any order. */
export interface Sent {
  readonly from: PeerId
  readonly to: PeerId
  readonly frame: Uint8Array
}

/** A small world of which everything that can happen is tried. */
export interface Model {
  readonly name: string
  readonly nodes: readonly NodeSpec[]
  /** Frames that are there from the beginning: an adversary's. */
  readonly initial: readonly Sent[]
  /** What an adversary makes of everything that was ever sent. */
  readonly adversary?: (sent: readonly Message[]) => readonly Sent[]
  /** Kinds that are delivered; others end in the air. */
  readonly delivered: ReadonlySet<KindName>
  /**
   * Kinds that a node may count without saying or writing anything. For others, what a node remembers shows
   * in its records or in what it said.
   */
  readonly counted: ReadonlySet<KindName>
  readonly crashes: number
  readonly turns: number
  /** How many steps deep it is explored by default. */
  readonly depth: number
  readonly facts: Facts
}
