import { BODY_ERRORS, NOTHING } from './endpoint.ts'
import {
  acceptedSchema,
  epochQuerySchema,
  epochSchema,
  orderRequestSchema,
  orderSchema,
} from './epoch-schema.ts'

/** Names of 64 witnesses with labels of the greatest length, and whatever else an order may change. */
const REQUEST_BYTES_MAX = 131_072

/** What is wrong with an order, whoever gave or signed it. */
export const ORDER_ERRORS = [
  'order_out_of_range',
  'order_out_of_time',
  'order_pending',
  'order_superseded',
  'order_replaced',
  'outcome_unknown',
  'witnesses_not_ascending',
  'operator_twice',
  'minter_twice',
  'operators_needed_out_of_range',
  'witness_unknown',
  'witness_revoked',
  'label_ambiguous',
  'rules_unknown',
  'signature_wrong',
  'not_an_operator',
  'queue_full',
] as const

/** Changes of a swarm's witnesses, operators and figures. */
export const EPOCH_ENDPOINTS = {
  getEpoch: {
    ...NOTHING,
    summary: 'An epoch, and the orders for the next one with who has yet to sign or to agree',
    tag: 'swarm',
    query: epochQuerySchema,
    response: epochSchema,
    errors: ['out_of_range', 'unknown_field', 'wrong_type', 'epoch_not_found'],
  },
  orderEpoch: {
    ...NOTHING,
    summary: 'Order the next epoch, signed with the keys that this peer holds; repeated, it is one order',
    tag: 'swarm',
    body: orderRequestSchema,
    bodyBytesMax: REQUEST_BYTES_MAX,
    response: orderSchema,
    errors: [...BODY_ERRORS, ...ORDER_ERRORS, 'amount_out_of_range'],
  },
  acceptEpoch: {
    ...NOTHING,
    summary: 'Agree that this peer witnesses in the next epoch, where an order names it',
    tag: 'swarm',
    response: acceptedSchema,
    errors: ['no_order', 'votes_lost', 'rules_unknown', 'queue_full', 'outcome_unknown'],
  },
} as const
