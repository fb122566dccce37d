import { type Static, Type } from 'typebox'
import { LIMITS } from '../params.ts'
import { TICKET_RIGHTS } from '../swarm/ticket.ts'
import { CLOSED } from './endpoint.ts'
import { orderSchema } from './epoch-schema.ts'
import { count, credits, digest, nullable, peerId, time } from './fields.ts'

const label = Type.String({
  minLength: 1,
  maxLength: LIMITS.labelBytes,
  description: 'Of whoever operates a peer: peers of one label have one vote together',
})

const INVITED_ROLES = ['peer', 'agent'] as const
/** A year: whoever wants to invite for longer changes the charter's admission. */
const LIFE_SECONDS_MAX = 366 * 86_400
const life = (fallback: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 60,
      maximum: LIFE_SECONDS_MAX,
      default: fallback,
      description: 'Seconds until it expires',
    }),
  )

export const INVITATION_SECONDS = 7 * 86_400
export const TICKET_SECONDS = 86_400

export const inviteRequestSchema = Type.Object(
  {
    label: Type.Optional(label),
    roles: Type.Optional(Type.Array(Type.Enum([...INVITED_ROLES]), { minItems: 1, maxItems: 2 })),
    grant: Type.Optional(
      credits('New credits that come with it; then as many operators sign as the charter asks'),
    ),
    expires_in_s: life(INVITATION_SECONDS),
    peer: Type.Optional(peerId('The one peer that may use it')),
  },
  CLOSED,
)
export type InviteRequest = Static<typeof inviteRequestSchema>

const signed = {
  signatures: count('Of operators'),
  needed: count('Signatures that it takes'),
}

export const invitationSchema = Type.Object(
  {
    kind: Type.Enum(['invitation', 'partial', 'unconfirmed'], {
      description:
        'unconfirmed: nothing was signed, this is what it says. A partial one goes to the next operator, and from the last back to the first',
    }),
    text: Type.String({ description: 'hl1... or hlp1...; whoever has the former can join, once' }),
    token: peerId('Names it: what `revoke` takes, and its account in the ledger'),
    label,
    roles: Type.Array(Type.String()),
    grant: credits(),
    expires_at: time(),
    peer: nullable(peerId()),
    ...signed,
    addresses: Type.Array(Type.String(), { description: 'Where the newcomer dials' }),
  },
  CLOSED,
)
export type InvitationAnswer = Static<typeof invitationSchema>

export const revokeRequestSchema = Type.Object(
  { key: peerId("A member's id, or an unused invitation's token") },
  CLOSED,
)

export const revocationSchema = Type.Object(
  {
    kind: Type.Enum(['revocation', 'partial', 'unconfirmed', 'unchanged'], {
      description:
        'revocation: signed and on its way to the witnesses; partial: more operators must sign; unconfirmed: nothing ' +
        'was signed, see the warnings; unchanged: it was revoked before',
    }),
    key: peerId(),
    warnings: Type.Array(Type.String(), {
      description: 'Whom it concerns and what it takes away, for people',
    }),
    text: nullable(Type.String({ description: 'hlr1..., for the next operator' })),
    entry_id: nullable(digest('Its proof is at /api/v1/p2p/entries/{id} once it is certified')),
    ...signed,
  },
  CLOSED,
)
export type RevocationAnswer = Static<typeof revocationSchema>

export const cosignedSchema = Type.Union([invitationSchema, revocationSchema, orderSchema])
export type CosignAnswer = Static<typeof cosignedSchema>

export const ticketRequestSchema = Type.Object(
  {
    rights: Type.Optional(
      Type.Array(Type.Enum([...TICKET_RIGHTS]), { minItems: 1, maxItems: TICKET_RIGHTS.length }),
    ),
    expires_in_s: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 7 * 86_400, default: TICKET_SECONDS, description: 'Seconds' }),
    ),
  },
  CLOSED,
)

export const ticketSchema = Type.Object(
  {
    link: Type.String({
      description: "This peer's page, with swarm, address and ticket in the fragment, which no browser sends",
    }),
    ticket: Type.String({ description: 'hlt1...; whoever has it is the guest' }),
    key: peerId("The guest's key, and its account"),
    rights: Type.Array(Type.String()),
    expires_at: time(),
    addresses: Type.Array(Type.String()),
  },
  CLOSED,
)
export type TicketAnswer = Static<typeof ticketSchema>

export const swarmMemberSchema = Type.Object(
  {
    peer_id: peerId(),
    label,
    other_labels: Type.Array(label, {
      description: 'Labels that are one vote with it, since a member came in by both; for good',
    }),
    roles: Type.Array(Type.String()),
    witness: Type.Boolean(),
    self: Type.Boolean(),
    invited: Type.Boolean({ description: 'False: it came in by itself, so nobody vouches for its label' }),
    revoked: Type.Boolean({ description: 'A revoked witness stays until the epoch that drops it' }),
    lost: Type.Boolean({
      description: 'A witness that lost records: it never votes again and is to be replaced',
    }),
    status: Type.Enum(['online', 'late', 'offline']),
    connected: Type.Boolean(),
    last_seen: nullable(time()),
  },
  CLOSED,
)
export type SwarmMember = Static<typeof swarmMemberSchema>

const STANDINGS = ['member', 'leaving', 'revoked', 'refused'] as const
export type Standing = (typeof STANDINGS)[number]
export const standingSchema = () =>
  Type.Enum([...STANDINGS], {
    description:
      'leaving: a revoked witness until an epoch drops it; refused: all it reaches take this peer for a stranger, so it ' +
      'may have been revoked',
  })

export const swarmStatusSchema = Type.Object(
  {
    swarm_id: digest(),
    name: Type.String(),
    admission: Type.Enum(['invite', 'open']),
    guests: Type.Boolean(),
    diversity: Type.Enum(['operator', 'peer']),
    epoch: count('How often witnesses, operators or figures were changed'),
    members: count(),
    join_text: nullable(
      Type.String({
        description: 'hls1...: by it anybody joins an open swarm; null where it takes an invitation',
      }),
    ),
    self: Type.Object({
      peer_id: peerId(),
      label: nullable(label),
      roles: Type.Array(Type.String()),
      duty: Type.Enum(['active', 'amnesiac', 'none']),
      standing: standingSchema(),
    }),
    operators: Type.Object({
      keys: Type.Array(peerId()),
      needed: count('Signatures for credits, revocations and changes of the swarm'),
      held: Type.Array(peerId(), { description: 'Of these, the keys that this peer signs with' }),
    }),
    minters: Type.Array(peerId()),
    treasury: peerId(),
    witnesses: Type.Object({
      count: count('n'),
      faulty: count('f: so many may lie'),
      quorum: count('q: so many certify'),
      spare: count('n - q: so many may stop'),
      reached: count('From this peer, itself included, without those that never vote again'),
      list: Type.Array(
        Type.Object({
          peer_id: peerId(),
          label: nullable(label),
          reached: Type.Boolean(),
          revoked: Type.Boolean(),
          lost: Type.Boolean({ description: 'It lost records and never votes again: to be replaced' }),
        }),
      ),
    }),
    /** What it means, for people. */
    sentences: Type.Array(Type.String()),
  },
  CLOSED,
)
export type SwarmStatus = Static<typeof swarmStatusSchema>
