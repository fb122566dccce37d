import { isSignedBy } from '../encoding/multi-signed.ts'
import type { AccountId } from '../ids.ts'
import type { Invitation, Join, SignedInvitation, SignedRevocation } from './invitation.ts'
import type { Joined } from './member.ts'
import type { Roster } from './roster.ts'

/** Reasons for which a `join` or `revoke` is never valid. */
export const ADMISSION_FAULTS = [
  'join_not_alone',
  'invitation_of_another_token',
  'invitation_for_another_peer',
  'invitation_not_signed',
  'roles_not_invited',
  'consent_for_another_token',
  'invitation_needed',
  'revocation_not_signed',
] as const
export type AdmissionFault = (typeof ADMISSION_FAULTS)[number]

/** Reasons for which a witness doesn't vote now for what was valid, or may be valid later (4.5). */
export const ADMISSION_REFUSALS = [
  'invitation_not_yet',
  'invitation_expired',
  'invitation_revoked',
  'operators_changed',
] as const
export type AdmissionRefusal = (typeof ADMISSION_REFUSALS)[number]

/** The label of a peer that came in by itself is its own id: nobody else's. */
export function joinedBy({ invitation, consent }: Join, token: AccountId): Joined {
  const { signer: peer, body } = consent
  const operator = invitation?.body.operator ?? peer
  return { peer, token, roles: body.roles, operator, isUninvited: invitation === null }
}

/**
 * Whether a `join` could ever be certified in this account's chain. Signatures were checked at intake; here counts who
 * signed. The answer depends on the epoch that the invitation names and on nothing later, so it never changes.
 */
export function joinFault(join: Join, account: AccountId, roster: Roster): AdmissionFault | undefined {
  const { invitation, consent } = join
  if (consent.body.token !== account) return 'consent_for_another_token'
  if (invitation === null) return roster.charter.admission === 'open' ? undefined : 'invitation_needed'
  const { token, peer, roles } = invitation.body
  if (token !== account) return 'invitation_of_another_token'
  if (peer !== null && peer !== consent.signer) return 'invitation_for_another_peer'
  if (!consent.body.roles.every((role) => roles.includes(role))) return 'roles_not_invited'
  return isSignedInvitation(invitation, roster, invitation.body.epoch) ? undefined : 'invitation_not_signed'
}

/** Whether the operators of an epoch may say this: m of them where it makes new credits, else any one. */
function isSignedInvitation(invitation: SignedInvitation, roster: Roster, number: number): boolean {
  const { epoch: named, decision, grant } = invitation.body
  const epoch = roster.epochOf(number)
  if (epoch === undefined || roster.epochOf(named)?.decision !== decision) return false
  const { keys, needed } = epoch.governance.operators
  return isSignedBy(invitation, { keys, needed: grant > 0n ? needed : 1 })
}

/** Whether an epoch's operators invite by this; where nobody need be invited nothing else is asked. */
export function isInvitedUnder({ invitation }: Join, roster: Roster, epoch: number): boolean {
  return invitation === null || isSignedInvitation(invitation, roster, epoch)
}

/** Why a witness doesn't vote for a valid `join` now: its dates, and what the newest epoch known here says. */
export function joinRefusal(
  join: Join,
  roster: Roster,
  now: number,
  epoch = roster.epoch.number,
): AdmissionRefusal | undefined {
  const { invitation } = join
  if (invitation === null) return undefined
  const { token, notBefore, notAfter }: Invitation = invitation.body
  if (now < notBefore) return 'invitation_not_yet'
  if (now >= notAfter) return 'invitation_expired'
  if (roster.isRevoked(token)) return 'invitation_revoked'
  return isInvitedUnder(join, roster, epoch) ? undefined : 'operators_changed'
}

export function isSignedRevocation(revocation: SignedRevocation, roster: Roster, number: number): boolean {
  const epoch = roster.epochOf(number)
  return epoch !== undefined && isSignedBy(revocation, epoch.governance.operators)
}
