import { Type } from 'typebox'
import { BODY_ERRORS, CLOSED, NOTHING } from './endpoint.ts'
import { entrySchema } from './entry-schema.ts'
import {
  ENVELOPE_BODY_BYTES_MAX,
  envelopeSchema,
  registrationSchema,
  rulingSchema,
} from './envelope-schema.ts'
import { digest, peerId } from './fields.ts'

const ENVELOPE = {
  ...NOTHING,
  tag: 'p2p',
  body: envelopeSchema,
  bodyBytesMax: ENVELOPE_BODY_BYTES_MAX,
  takesCbor: true,
  errors: BODY_ERRORS,
} as const

export const P2P_ENDPOINTS = {
  getEntry: {
    ...NOTHING,
    summary: 'A certified entry with its proof, by its id or by the id of a job that it opened',
    tag: 'p2p',
    params: Type.Object({ id: digest('Of an entry or a job') }, CLOSED),
    response: entrySchema,
    notFound: 'entry_not_found',
  },
  registerPeer: {
    ...ENVELOPE,
    summary: 'A member that reaches this peer over HTTP says hello with a signed heartbeat',
    response: registrationSchema,
  },
  heartbeatPeer: {
    ...ENVELOPE,
    summary: 'The next signed heartbeat of such a member',
    params: Type.Object({ id: peerId('The signer of the envelope') }, CLOSED),
    response: rulingSchema,
    notFound: 'peer_not_found',
    errors: [...BODY_ERRORS, 'signer_mismatch'],
  },
  injectGossip: {
    ...ENVELOPE,
    summary: 'Hand in a signed gossip message: it is judged like one that came over the network',
    response: rulingSchema,
  },
} as const
