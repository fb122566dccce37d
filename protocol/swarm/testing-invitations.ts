import type { Signer } from '../crypto/signer.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { sign } from '../encoding/signed.ts'
import type { SwarmId } from '../ids.ts'
import { ENTRY, genesisOf, type Operation, type SignedEntry } from '../ledger/entry.ts'
import { CONSENT, INVITATION, type Invitation, REVOCATION, type SignedInvitation } from './invitation.ts'

/** For tests: an invitation that is good for ever, signed by `operators`. */
export function testInvitation(
  swarm: SwarmId,
  operators: readonly Signer[],
  token: Signer,
  change: Partial<Invitation> = {},
): SignedInvitation {
  return signTogether(operators, swarm, INVITATION, {
    token: token.id,
    roles: ['peer'],
    operator: 'lab',
    grant: 0n,
    notBefore: 0,
    notAfter: Number.MAX_SAFE_INTEGER,
    peer: null,
    epoch: 0,
    decision: null,
    ...change,
  })
}

/** For tests: the token's entry that makes `peer` a member. */
export function testJoin(
  swarm: SwarmId,
  invitation: SignedInvitation,
  token: Signer,
  peer: Signer,
): SignedEntry {
  const consent = sign(peer, swarm, CONSENT, { token: token.id, roles: ['peer'] })
  return testEntry(swarm, token, [{ type: 'join', invitation, consent }])
}

export function testRevocation(swarm: SwarmId, operators: readonly Signer[], key: Signer): Operation {
  return { type: 'revoke', revocation: signTogether(operators, swarm, REVOCATION, { key: key.id, epoch: 0 }) }
}

/** For tests: a first entry without claims. */
export function testEntry(
  swarm: SwarmId,
  { id: account, ...rest }: Signer,
  ops: readonly Operation[],
): SignedEntry {
  const signer = { id: account, ...rest }
  const prev = genesisOf(swarm, account)
  return sign(signer, swarm, ENTRY, { account, seq: 0, prev, claims: [], ops, free: 0n })
}
