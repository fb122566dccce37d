import type { SwarmId } from '../../protocol/ids.ts'
import {
  INVITATION_TEXT,
  type InvitationText,
  OPEN_SWARM,
  TEXT_SENTENCES,
} from '../../protocol/swarm/invitation-text.ts'
import type { SignedInvitation } from '../../protocol/swarm/invitation.ts'
import { JoinError } from './join-error.ts'

/** What a text lets its bearer join. */
export interface Invited {
  readonly swarm: SwarmId
  readonly dial: InvitationText['dial']
  /** Both null: into a swarm that admits everybody. */
  readonly secret: Uint8Array | null
  readonly invitation: SignedInvitation | null
}

/** Throws `JoinError` for a text that is none. */
export function readInvitation(text: string): Invited {
  const open = OPEN_SWARM.read(text)
  if (open.ok) return { ...open.value, secret: null, invitation: null }
  const invitation = INVITATION_TEXT.read(text)
  if (invitation.ok) return invitation.value
  const read = open.code === 'another_kind' ? invitation : open
  throw new JoinError('text', `This invitation can't be used: ${TEXT_SENTENCES[read.code]}.`)
}
