import type { Candidate } from '../crypto/verified.ts'
import type { Signer } from '../crypto/signer.ts'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import { decisionCodec } from '../agreement/messages.ts'
import { bytes, type Infer, list, oneOf, struct, uint, variants } from '../encoding/codec.ts'
import { DecodeError } from '../encoding/decode-error.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { sign, signedCodec } from '../encoding/signed.ts'
import type { PeerId, SwarmId } from '../ids.ts'
import { gather } from '../intake/inspect.ts'
import type { DropCode } from '../intake/drop-code.ts'
import { certificateCodec } from '../ledger/certificate.ts'
import { ENTRY, genesisOf, type SignedEntry, signedEntry } from '../ledger/entry.ts'
import { CONSENT, type Consent, type Join, type SignedInvitation } from './invitation.ts'
import { JOIN_REFUSALS } from './join-refusals.ts'
import type { Roster } from './roster.ts'
import { TICKET } from './ticket.ts'

/**
 * What a peer that is no member yet may say, over `join`: one request and one answer a stream, each within 64 KiB.
 *
 * - `charter`: the swarm's genesis, whose digest the asker compares with the swarm's id.
 * - `epochs`: the decision that began the next epoch after one, so that the newcomer can check who witnesses now.
 * - `redeem`: the token's one entry, which whoever is asked brings to the witnesses.
 * - `show`: the certificate of a join that whoever is asked may not have heard of.
 * - `attach`: a guest's ticket.
 */
const requestCodec = variants({
  charter: struct({}),
  epochs: struct({ after: uint() }),
  redeem: struct({ entry: signedEntry }),
  show: struct({ certificate: certificateCodec }),
  attach: struct({ ticket: signedCodec(TICKET) }),
})
export type JoinRequest = Infer<typeof requestCodec>

/** A charter with every list at its maximum has 32 KiB. */
const CHARTER_BYTES_MAX = 61_440
/** Nobody is asked to wait for longer. */
const LATER_MS_MAX = 60_000

const answerCodec = variants({
  charter: struct({ charter: bytes({ max: CHARTER_BYTES_MAX }) }),
  /** At most one: with every list at its maximum it has 55 KiB. Empty after the newest epoch known there. */
  epochs: struct({ decisions: list(decisionCodec, { max: 1 }) }),
  /** Certified: the newcomer is a member everywhere. */
  joined: struct({ certificate: certificateCodec }),
  /** The shown certificate or ticket is good, here and now. */
  admitted: struct({}),
  /** Not decided yet, or too much to do: the same request again in so many milliseconds. */
  later: struct({ afterMs: uint(LATER_MS_MAX) }),
  refused: struct({ code: oneOf(...JOIN_REFUSALS) }),
})
export type JoinAnswer = Infer<typeof answerCodec>

export type JoinInspected<T> =
  | { readonly ok: false; readonly code: DropCode }
  | { readonly ok: true; readonly candidate: Candidate<T> }

export function encodeJoinRequest(request: JoinRequest): Uint8Array {
  return encodeBody(requestCodec, request)
}

/** A stranger's request with every signature in it, to be checked before anything is done about it. */
export function inspectJoinRequest(frame: Uint8Array, roster: Roster): JoinInspected<JoinRequest> {
  return gather(roster, (sink) => decodeBody(requestCodec, frame, 'join', sink))
}

export function encodeJoinAnswer(answer: JoinAnswer): Uint8Array {
  return encodeBody(answerCodec, answer)
}

/** A member's answer. `roster`: by the charter, and the epochs, that the newcomer has checked itself. */
export function inspectJoinAnswer(frame: Uint8Array, roster: Roster): JoinInspected<JoinAnswer> {
  return gather(roster, (sink) => decodeBody(answerCodec, frame, 'join', sink))
}

/** An answer before any roster is known: no signature in it is checked. Undefined for what is none. */
export function readJoinAnswer(frame: Uint8Array): JoinAnswer | undefined {
  try {
    return decodeBody(answerCodec, frame, 'join', TRUSTED)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/**
 * The entry that makes `peer` a member: signed by the token, with the peer's consent in it. The same for the same
 * peer and invitation however often it is made, so a repetition after a crash is no second entry.
 */
export function joinEntry(
  swarm: SwarmId,
  {
    token,
    peer,
    invitation,
    roles,
  }: {
    readonly token: Signer
    readonly peer: Signer
    readonly invitation: SignedInvitation | null
    readonly roles: Consent['roles']
  },
): SignedEntry {
  const consent = sign(peer, swarm, CONSENT, { token: token.id, roles })
  return sign(token, swarm, ENTRY, {
    account: token.id,
    seq: 0,
    prev: genesisOf(swarm, token.id),
    claims: [],
    ops: [{ type: 'join', invitation, consent }],
    free: 0n,
  })
}

/** The one join of a token's entry; undefined for any other entry. */
export function joinOf({ body }: SignedEntry): Join | undefined {
  const [operation] = body.ops
  return body.seq === 0 && body.ops.length === 1 && operation?.type === 'join' ? operation : undefined
}

/** Whether an entry makes `peer` a member: else the bearer of another's join would be let in. */
export function joins(entry: SignedEntry, peer: PeerId): boolean {
  return joinOf(entry)?.consent.signer === peer
}
