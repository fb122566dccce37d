import { type Static, Type } from 'typebox'
import { DROP_CODES } from '../intake/drop-code.ts'
import { LIMITS } from '../params.ts'
import { CLOSED } from './endpoint.ts'
import { count, digest, nullable, peerId } from './fields.ts'

const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
const ENVELOPE_CHARACTERS_MAX = 4 * Math.ceil(LIMITS.gossipBytes / 3)

/** Room for the field's name and spaces around the longest envelope. */
export const ENVELOPE_BODY_BYTES_MAX = ENVELOPE_CHARACTERS_MAX + 1_024

export const envelopeSchema = Type.Object(
  {
    envelope: Type.String({
      pattern: BASE64,
      minLength: 4,
      maxLength: ENVELOPE_CHARACTERS_MAX,
      contentEncoding: 'base64',
      description: 'A signed envelope as peers gossip it: canonical CBOR in base64',
    }),
  },
  CLOSED,
)

/** Beyond those of intake: the sender has too many messages in flight, or the envelope is this peer's own. */
const RULING_CODES = [...DROP_CODES, 'busy', 'own_message'] as const

export const rulingSchema = Type.Object({
  verdict: Type.Enum(['ACCEPT', 'IGNORE', 'REJECT'], {
    description:
      'As for gossip. ACCEPT: handled here and passed on; REJECT: no honest peer would have sent it',
  }),
  code: nullable(Type.Enum(RULING_CODES, { description: 'Why it was not accepted' })),
})
export type RulingAnswer = Static<typeof rulingSchema>

export const registrationSchema = Type.Object({
  ...rulingSchema.properties,
  peer_id: nullable(peerId('Who signed it; null where it could not be read')),
  heartbeat_interval_ms: count('Send the next heartbeat within this time'),
  addresses: Type.Array(Type.String({ description: 'Multiaddr of this peer, for later' })),
  ledger_root: digest('Of this peer'),
})
