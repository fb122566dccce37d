import {
  amount,
  digest,
  type Infer,
  list,
  nullable,
  oneOf,
  peerId,
  struct,
  text,
  uint,
} from '../encoding/codec.ts'
import { type MultiSigned, multiSignedCodec } from '../encoding/multi-signed.ts'
import { type Signed, type SignedKind, signedCodec } from '../encoding/signed.ts'
import { LIMITS } from '../params.ts'

/** `witness` isn't handed out by invitation: an epoch names witnesses. */
const invitedRoles = list(oneOf('peer', 'agent'), { min: 1, max: 2 })

/**
 * An operators' word that whoever holds the token's key may bring one peer into the swarm (2). The token is a
 * ledger account whose only entry is the `join`, so an invitation is used at most once for the reason for which
 * no credit is spent twice.
 */
const invitationCodec = struct({
  token: peerId,
  roles: invitedRoles,
  /** The label that one-vote-each goes by. */
  operator: text({ min: 1, max: LIMITS.labelBytes }),
  /** Units that come with it: new credits, so m operators sign one with a grant and any single one without. */
  grant: amount(),
  /** Milliseconds since 1970; no vote before, none at or after the end. */
  notBefore: uint(),
  notAfter: uint(),
  /** The one peer that may use it; null: whoever has the secret. */
  peer: nullable(peerId),
  /** The epoch whose operators signed, and the digest of what was decided to begin it; null for epoch 0. */
  epoch: uint(),
  decision: nullable(digest()),
})
export type Invitation = Infer<typeof invitationCodec>
export const INVITATION: SignedKind<Invitation> = { kind: 'invitation', body: invitationCodec }
export type SignedInvitation = MultiSigned<Invitation>

/** The newcomer's own signature: nobody is made a member, or given a label, without consent. */
const consentCodec = struct({ token: peerId, roles: invitedRoles })
export type Consent = Infer<typeof consentCodec>
export const CONSENT: SignedKind<Consent> = { kind: 'join-consent', body: consentCodec }

/** `invitation` null: into a swarm whose charter admits everybody, by any key that has no entry yet. */
export const joinCodec = struct({
  invitation: nullable(multiSignedCodec(INVITATION)),
  consent: signedCodec(CONSENT),
})
export interface Join {
  readonly invitation: SignedInvitation | null
  readonly consent: Signed<Consent>
}

/** The operators' word that a key is no member any more, or that a token is worth nothing. */
const revocationCodec = struct({ key: peerId, epoch: uint() })
export type Revocation = Infer<typeof revocationCodec>
export const REVOCATION: SignedKind<Revocation> = { kind: 'revocation', body: revocationCodec }
export type SignedRevocation = MultiSigned<Revocation>
export const revokeCodec = struct({ revocation: multiSignedCodec(REVOCATION) })
