import { BODY_ERRORS, LIST_ERRORS, NOTHING, page } from './endpoint.ts'
import { ORDER_ERRORS } from './epoch-endpoints.ts'
import { signRequestSchema } from './epoch-schema.ts'
import { pageOf } from './fields.ts'
import {
  cosignedSchema,
  invitationSchema,
  inviteRequestSchema,
  revocationSchema,
  revokeRequestSchema,
  swarmMemberSchema,
  swarmStatusSchema,
  ticketRequestSchema,
  ticketSchema,
} from './swarm-schema.ts'

/** A request has a few ids and amounts, or a text that operators sign. */
const REQUEST_BYTES_MAX = 65_536

const ORDER = { ...NOTHING, tag: 'swarm', bodyBytesMax: REQUEST_BYTES_MAX } as const
const SUBMIT_ERRORS = ['account_forked', 'not_ready', 'queue_full', 'outcome_unknown'] as const

/** The operators' side of a swarm, and its members. */
export const SWARM_ENDPOINTS = {
  getSwarm: {
    ...NOTHING,
    summary: 'The swarm, who keeps it running, and what happens if a machine stops',
    tag: 'swarm',
    response: swarmStatusSchema,
  },
  listMembers: {
    ...NOTHING,
    summary: 'Members of the swarm with label, roles and reachability',
    tag: 'swarm',
    query: page,
    response: pageOf(swarmMemberSchema),
    errors: LIST_ERRORS,
  },
  createInvitation: {
    ...ORDER,
    summary: 'Invite one peer, signed with an operator key that this peer holds',
    body: inviteRequestSchema,
    response: invitationSchema,
    errors: [...BODY_ERRORS, 'not_an_operator', 'amount_out_of_range'],
  },
  cosign: {
    ...ORDER,
    summary: "Add this peer's signature to a partial invitation, revocation or order",
    body: signRequestSchema,
    response: cosignedSchema,
    errors: [...BODY_ERRORS, ...ORDER_ERRORS, 'text_unreadable', 'text_foreign', ...SUBMIT_ERRORS],
  },
  revokeKey: {
    ...ORDER,
    summary: 'End a membership, or an invitation that nobody has used',
    body: revokeRequestSchema,
    response: revocationSchema,
    errors: [...BODY_ERRORS, 'not_an_operator', ...SUBMIT_ERRORS],
  },
  createTicket: {
    ...ORDER,
    summary: 'Let a browser or client be a guest for a while',
    body: ticketRequestSchema,
    response: ticketSchema,
    errors: [...BODY_ERRORS, 'guests_not_admitted'],
  },
} as const
