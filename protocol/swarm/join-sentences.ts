import type { JoinRefusal } from './join-refusals.ts'

/** What a person whose join is refused is told: what is wrong, and what to do. */
const SENTENCES: Readonly<Partial<Record<JoinRefusal, string>>> = {
  invitation_used: 'this invitation was used before: each lets one peer in; ask an operator for another',
  invitation_contested:
    'several have redeemed this invitation at the same moment through different members, so perhaps nobody ever joins by it; ask an operator for another',
  invitation_expired: 'this invitation has expired; ask an operator for another',
  invitation_not_yet:
    'this invitation is not valid yet by the clock of the member that was asked; try again later, or have its clock set',
  invitation_revoked: 'the operators have revoked this invitation; ask them for another',
  invitation_not_signed: 'too few of the operators of this swarm have signed this invitation, or others have',
  invitation_for_another_peer: 'this invitation is for another peer, named in it',
  invitation_of_another_token: 'the secret and the signed part of this invitation do not belong together',
  consent_for_another_token: 'the consent of this peer is for another invitation',
  consent_of_another_peer: 'the join names the key of another peer',
  invitation_needed: 'this swarm lets nobody in without an invitation',
  roles_not_invited: 'the invitation does not give the roles that were asked for',
  operators_changed:
    'the operators who signed this invitation are not the operators of this swarm any more; ask the present ones for another',
  peer_revoked: 'the operators have revoked the key of this peer: it can join again only under another one',
  request_forged: 'a signature in it is wrong: it was forged, or changed on its way',
  request_unreadable: 'the member cannot read the request: one of the two programs is too old',
  not_a_join: 'the member does not take it for a join',
  guests_not_admitted: 'the charter of this swarm admits no guests',
  ticket_expired: 'this ticket has expired; ask for another',
  ticket_too_long: 'this ticket claims to be valid for longer than any may',
  ticket_of_another_key: 'this ticket is for another key',
  ticket_not_by_a_member: 'whoever signed this ticket is no member of this swarm',
}

export function joinSentence(code: JoinRefusal): string {
  return SENTENCES[code] ?? `the witnesses refuse this join (${code})`
}
