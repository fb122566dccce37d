import type { Signer } from '../crypto/signer.ts'
import { cosign, type MultiSigned, signTogether } from '../encoding/multi-signed.ts'
import { type SignedKind, signingBytes } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import {
  INVITATION,
  type Invitation,
  REVOCATION,
  type SignedInvitation,
  type SignedRevocation,
} from './invitation.ts'
import type { Roster } from './roster.ts'

/** How far a text that operators sign one after the other has come. */
export interface Signatures {
  readonly given: number
  readonly needed: number
}

/** Of some keys those that operate the swarm now. */
export function operatorsAmong(signers: readonly Signer[], { governance }: Roster): readonly Signer[] {
  return signers.filter(({ id }) => governance.operators.keys.includes(id))
}

/** Signed by `signers`; it names the newest epoch known here, whose operators they must be. */
export function draftInvitation(
  roster: Roster,
  signers: readonly Signer[],
  terms: Omit<Invitation, 'epoch' | 'decision'>,
): SignedInvitation {
  const { number: epoch, decision } = roster.epoch
  return signTogether(signers, roster.swarm, INVITATION, { ...terms, epoch, decision })
}

export function draftRevocation(roster: Roster, signers: readonly Signer[], key: PeerId): SignedRevocation {
  return signTogether(signers, roster.swarm, REVOCATION, { key, epoch: roster.epoch.number })
}

/** Adds the signatures of `signers` to what others signed before them. */
export function addSignatures<T>(
  { swarm }: Roster,
  kind: SignedKind<T>,
  signed: MultiSigned<T>,
  signers: readonly Signer[],
): MultiSigned<T> {
  const message = signingBytes(kind.kind, swarm, signed.bytes)
  return cosign(
    signed,
    signers.map((signer) => ({ signer: signer.id, sig: signer.sign(message) })),
  )
}

/** Signatures of present operators, and how many it takes: an invitation that makes no credits needs one. */
export function invitationSignatures(invitation: SignedInvitation, roster: Roster): Signatures {
  const { needed } = roster.governance.operators
  return { given: countOperators(invitation, roster), needed: invitation.body.grant > 0n ? needed : 1 }
}

export function revocationSignatures(revocation: SignedRevocation, roster: Roster): Signatures {
  return { given: countOperators(revocation, roster), needed: roster.governance.operators.needed }
}

function countOperators({ signatures }: MultiSigned<unknown>, { governance }: Roster): number {
  return signatures.filter(({ signer }) => governance.operators.keys.includes(signer)).length
}
