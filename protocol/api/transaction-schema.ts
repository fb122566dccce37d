import { type Static, Type } from 'typebox'
import { MOVEMENT_TYPES } from '../jobs/movements.ts'
import { LIMITS } from '../params.ts'
import { CLOSED } from './endpoint.ts'
import { count, credits, digest, nullable, peerId, time } from './fields.ts'

/** What is moved, how much, and a word about it; every operation's request is made of these. */
const amount = credits('At least 0.01')
const memo = Type.Optional(
  Type.String({
    maxLength: LIMITS.memoBytes,
    description: `At most ${LIMITS.memoBytes} bytes of UTF-8; everybody in the swarm can read it`,
  }),
)

export const moveRequestSchema = Type.Object({ to: peerId('Account that gets it'), amount, memo }, CLOSED)
export type MoveRequest = Static<typeof moveRequestSchema>

/** To the treasury, whose account the charter names. */
export const spendRequestSchema = Type.Object({ amount, memo }, CLOSED)

/** A request may wait for its certificate: long enough for a swarm that is busy, shorter than proxies wait. */
const WAIT_MS_MAX = 30_000

export const moveQuery = Type.Object(
  {
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: WAIT_MS_MAX,
        default: 0,
        description: 'How long to wait for the certificate before answering `accepted`',
      }),
    ),
  },
  CLOSED,
)

const IDEMPOTENCY_KEY_CHARACTERS_MAX = 128

export const nameHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: IDEMPOTENCY_KEY_CHARACTERS_MAX,
      description:
        'Names the request: repeated with the same content it is carried out once and answered alike, also ' +
        'after a crash; with other content it is refused. A name is forgotten after a week, or after 100,000 others',
    }),
  ),
})

export const moveAnswerSchema = Type.Object(
  {
    status: Type.Enum(['accepted', 'certified'], {
      description:
        'accepted: signed and on disk here, so it is driven on after any crash; certified: a quorum of ' +
        'witnesses has signed, so it is final',
    }),
    entry_id: digest('Its proof is at /api/v1/p2p/entries/{id} once it is certified'),
    type: Type.Enum(MOVEMENT_TYPES),
    from: nullable(peerId('null: newly minted')),
    to: peerId(),
    amount: credits(),
    memo: Type.String(),
  },
  { description: 'An operation of the account of this peer' },
)
export type MoveAnswer = Static<typeof moveAnswerSchema>

export const resolveAnswerSchema = Type.Object({
  status: Type.Literal('requested', { description: 'Signed and sent; it is repeated until it is decided' }),
  account_id: peerId('Of this peer'),
})

export const transactionTypeSchema = Type.Enum(MOVEMENT_TYPES, {
  description:
    'mint: new credits; transfer: from one account to another; spend: to the treasury, a fee of a job ' +
    'included; charge: set aside for a job; refund: what came back of it; reward: from a job or the treasury',
})

export const transactionSchema = Type.Object(
  {
    id: Type.String({ description: 'The fact it is part of and its position there' }),
    type: transactionTypeSchema,
    at: time('When this peer learnt that it is final'),
    from: nullable(peerId("null: newly minted, or out of a job's escrow")),
    to: nullable(peerId("null: into a job's escrow")),
    amount: credits(),
    memo: Type.String(),
    job_id: nullable(digest('The job that it belongs to')),
    entry_id: nullable(digest('The certified entry that shows it; null for what a job was settled with')),
    step: nullable(count('The decided step of the job that shows it; null for an entry')),
  },
  {
    description:
      'Final credits on the move. For each account, free + claimable = all that came to it less all that went ' +
      'from it, and less what settling a fork of it burnt',
  },
)
export type Transaction = Static<typeof transactionSchema>
