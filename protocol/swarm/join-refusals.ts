import { ENTRY_FAULTS } from '../ledger/messages.ts'
import { TICKET_FAULTS } from './ticket.ts'

/** Why a member doesn't let somebody in. */
export const JOIN_REFUSALS = [
  ...ENTRY_FAULTS,
  ...TICKET_FAULTS,
  'invitation_used',
  /** Several entries were signed with its secret at the same moment: perhaps none of them is ever certified. */
  'invitation_contested',
  'consent_of_another_peer',
  'not_a_join',
  /** Its key was a member's that the operators have revoked: it joins under another one. */
  'peer_revoked',
  'request_unreadable',
  'request_forged',
] as const
export type JoinRefusal = (typeof JOIN_REFUSALS)[number]

/** What became of a relayed join, as far as this member knows by now. */
export type RelayOutcome =
  | { readonly status: 'certified' }
  | { readonly status: 'refused'; readonly code: JoinRefusal }
  /** Still on its way, or no room for it: whoever asks again is told more. */
  | { readonly status: 'later' }
