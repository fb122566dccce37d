import type { KeySignature } from '../encoding/multi-signed.ts'
import type { DraftFault, OrderFault } from '../epoch/order.ts'
import type { EpochOrder, SignedOrder } from '../epoch/value.ts'

/** Requests of this peer's owner that concern the next epoch (5.6). */
export type EpochCommand =
  /** Brings an order to the witnesses, or again after a pause; answered when the epoch is decided, or refused at once. */
  | { readonly type: 'order-epoch'; readonly order: SignedOrder }
  /** Adds this peer's own signature, as an operator's or a witness's, to what others may have signed already. */
  | {
      readonly type: 'sign-order'
      readonly body: EpochOrder
      readonly signatures: readonly KeySignature[]
    }
  /** The host agrees that this peer witnesses in an epoch that an order names it for. */
  | { readonly type: 'accept-epoch'; readonly number: number }

export type EpochFault = OrderFault | DraftFault

export type EpochResult =
  | { readonly ok: true; readonly type: 'order'; readonly order: SignedOrder }
  /** The epoch has begun. */
  | { readonly ok: true; readonly type: 'epoch'; readonly number: number }
  /** The witnesses hear of it once this peer has caught up with them. */
  | { readonly ok: true; readonly type: 'accepted' }
  | { readonly ok: false; readonly code: EpochFault; readonly detail: string }
