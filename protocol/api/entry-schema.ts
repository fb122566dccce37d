import { type Static, Type } from 'typebox'
import { count, credits, digest, nullable, peerId } from './fields.ts'

/** Bytes as text, with padding (RFC 4648, section 4). */
function base64(description: string) {
  return Type.String({ description, contentEncoding: 'base64' })
}

const operationSchema = Type.Object({
  type: Type.String({ description: 'mint, transfer or open; later versions of the protocol have more' }),
  to: nullable(peerId()),
  amount: nullable(credits('Of an open: what it sets aside')),
  memo: nullable(Type.String()),
  job_id: nullable(digest('Of an open: the job')),
})

/** A certified entry with all that it takes to check it without trusting this peer. */
export const entrySchema = Type.Object({
  entry_id: digest('SHA-256 over the domain tag and the body below'),
  account: peerId('Whose chain it is part of'),
  seq: count('Its place there'),
  prev: digest('The entry before it, or the genesis of the account'),
  claims: Type.Array(Type.Object({ source: digest('An entry or a job'), index: count() }), {
    description: 'Outputs of others that it takes in',
  }),
  operations: Type.Array(operationSchema),
  free: credits('Left on the account after it'),
  body: base64('Canonical CBOR that owner and witnesses signed for'),
  owner_signature: base64('Ed25519, by the account'),
  proof: Type.Object({
    type: Type.Enum(['certificate', 'resolution'], {
      description: 'resolution: the witnesses settled a fork of the account and certified this entry by that',
    }),
    epoch: count('Of the witnesses'),
    quorum: count('How many signatures it takes'),
    signatures: Type.Array(
      Type.Object({
        peer_id: peerId('A witness'),
        signature: base64('Ed25519, over its vote for this entry, or for the resolution'),
      }),
    ),
    bytes: base64('The whole proof as canonical CBOR, as peers pass it on'),
  }),
  verified: Type.Boolean({
    description: 'Whether every signature was checked again for this answer and holds',
  }),
})
export type CertifiedEntry = Static<typeof entrySchema>
