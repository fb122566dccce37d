import { LIMITS } from '../params.ts'
import type { KeySignature } from '../encoding/multi-signed.ts'
import type { AgreeFault, DraftFault, OrderFault } from '../epoch/order.ts'
import type { EpochOrder, SignedOrder } from '../epoch/value.ts'

/** Requests of this peer's owner that concern the next epoch (5.6). */
export type EpochCommand =
  /** Brings an order to the witnesses, or again after a pause; answered when the epoch is decided, or refused at once. */
  | { readonly type: 'order-epoch'; readonly order: SignedOrder }
  /**
   * Adds this peer's own signature, as an operator's or a witness's, to what others may have signed already. A daemon signs
   * with all keys of its keystore instead, of which the mind has but one (`node/api/epoch-handlers`); where there are no
   * keys but the minds', in simulations, this is how operators sign, and what is refused to them.
   */
  | {
      readonly type: 'sign-order'
      readonly body: EpochOrder
      readonly signatures: readonly KeySignature[]
    }
  /** The host agrees that this peer witnesses in an epoch that an order names it for. */
  | { readonly type: 'accept-epoch'; readonly number: number }

export type EpochFault =
  | OrderFault
  | DraftFault
  | AgreeFault
  | 'not_an_operator'
  | 'order_superseded'
  | 'order_replaced'

/** What each fault means, for people. */
export const EPOCH_FAULTS: Readonly<Record<EpochFault, string>> = {
  order_out_of_time: 'the order is for another epoch than the next one',
  order_not_signed: 'too few operators, and no quorum of witnesses, have signed this order',
  order_out_of_range: `an epoch has 1 to ${LIMITS.witnesses} witnesses, and every figure within its range`,
  witnesses_not_ascending: 'witnesses are named in ascending order, each once',
  operator_twice: 'an operator is named twice',
  minter_twice: 'a minter is named twice',
  operators_needed_out_of_range: 'more operators are needed than are named',
  witness_unknown: 'a witness of the order is no member of the swarm',
  witness_revoked: 'a witness of the order has been revoked',
  rules_unknown: 'this program does not bring the rules that the order names',
  not_an_operator: 'this key is neither an operator nor a witness of the current epoch',
  no_order: 'no order names this peer as a witness of that epoch',
  votes_lost:
    'votes of this key may have been lost with a store, so it never witnesses again; another peer can',
  order_superseded: 'another order was decided for this epoch',
  order_replaced: 'this peer waits for too many orders, and gave up the oldest',
}

export type EpochResult =
  | { readonly ok: true; readonly type: 'order'; readonly order: SignedOrder }
  /** The epoch has begun. */
  | { readonly ok: true; readonly type: 'epoch'; readonly number: number }
  /** The witnesses hear of it once this peer has caught up with them. */
  | { readonly ok: true; readonly type: 'accepted' }
  | { readonly ok: false; readonly code: EpochFault; readonly detail: string }
