import { Type } from 'typebox'
import { BODY_ERRORS, CLOSED, LIST_ERRORS, NOTHING } from './endpoint.ts'
import { digest, pageOf, pageQuery, peerId } from './fields.ts'
import { ACCOUNT_TYPES, accountSchema } from './network-schema.ts'
import {
  moveAnswerSchema,
  nameHeaders,
  moveQuery,
  moveRequestSchema,
  resolveAnswerSchema,
  spendRequestSchema,
  transactionSchema,
  transactionTypeSchema,
} from './transaction-schema.ts'

/** Two ids, an amount and a memo of escapes stay below 1.5 KiB. */
const MOVE_BYTES_MAX = 4_096

const MOVE = {
  ...NOTHING,
  tag: 'credits',
  query: moveQuery,
  headers: nameHeaders,
  body: moveRequestSchema,
  bodyBytesMax: MOVE_BYTES_MAX,
  status: 202,
  response: moveAnswerSchema,
} as const

const MOVE_ERRORS = [
  ...BODY_ERRORS,
  'amount_out_of_range',
  'memo_too_long',
  'idempotency_key_reused',
  'account_forked',
  'operation_void',
  'not_ready',
  'queue_full',
  'outcome_unknown',
] as const

export const CREDITS_ENDPOINTS = {
  getAccount: {
    ...NOTHING,
    summary: 'What an account holds',
    tag: 'credits',
    params: Type.Object({ account_type: Type.Enum(ACCOUNT_TYPES), account_id: peerId() }, CLOSED),
    response: accountSchema,
    notFound: 'account_not_found',
  },
  listTransactions: {
    ...NOTHING,
    summary: 'Final transactions that this peer knows, newest first',
    tag: 'credits',
    query: Type.Object(
      {
        ...pageQuery,
        account: Type.Optional(peerId('Only what moves credits of this account')),
        type: Type.Optional(transactionTypeSchema),
        job: Type.Optional(digest('Only what belongs to this job')),
      },
      CLOSED,
    ),
    response: pageOf(transactionSchema),
    errors: LIST_ERRORS,
  },
  mintCredits: {
    ...MOVE,
    summary: 'Make new credits; only a minter that the charter names may',
    errors: [...MOVE_ERRORS, 'not_a_minter'],
  },
  rewardCredits: {
    ...MOVE,
    summary: 'Pay from the treasury; only the peer that holds its key may',
    errors: [...MOVE_ERRORS, 'not_the_treasury', 'insufficient_credit'],
  },
  transferCredits: {
    ...MOVE,
    summary: "Send credits of this peer's account to another one",
    errors: [...MOVE_ERRORS, 'insufficient_credit'],
  },
  spendCredits: {
    ...MOVE,
    summary: "Send credits of this peer's account to the treasury",
    body: spendRequestSchema,
    errors: [...MOVE_ERRORS, 'insufficient_credit'],
  },
  resolveFork: {
    ...NOTHING,
    summary: "Ask the witnesses to settle a fork of this peer's own account",
    tag: 'credits',
    status: 202,
    response: resolveAnswerSchema,
    errors: ['not_forked', 'queue_full', 'outcome_unknown'],
  },
} as const
