import type { BodyOf, Channel, KindName, Topic } from '../encoding/kinds.ts'
import type { PeerId } from '../ids.ts'

/** A decoded message. `from` is the connection's far end, `signer` whom the message speaks for. */
export interface MessageOf<K extends KindName> {
  readonly kind: K
  readonly from: PeerId
  readonly signer: PeerId
  readonly body: BodyOf<K>
  /** Canonical body and its signature; `sig` is empty for kinds that aren't signed. */
  readonly bytes: Uint8Array
  readonly sig: Uint8Array
}

export type Message = { [K in KindName]: MessageOf<K> }[KindName]

/** Where a frame came from. */
export interface Source {
  readonly from: PeerId
  readonly via: Channel | Topic
}
