import type { Signer } from '../crypto/signer.ts'
import { verifyStrict } from '../crypto/strict-ed25519.ts'
import type { SignatureCheck } from '../crypto/verifier.ts'
import { encodeBody } from '../encoding/body.ts'
import { equalBytes } from '../encoding/bytes.ts'
import { type KeySignature, signTogether } from '../encoding/multi-signed.ts'
import { signingBytes } from '../encoding/signed.ts'
import { type PeerId, publicKeyOf, type SwarmId } from '../ids.ts'
import { EPOCH_ORDER, type Governance } from '../swarm/governance.ts'
import type { Signatures } from '../swarm/inviting.ts'
import type { Roster } from '../swarm/roster.ts'
import type { SignedOrder } from './value.ts'

/** What an order changes; the rest stays as the current epoch has it. */
export interface GovernanceChange extends Partial<Omit<Governance, 'witnesses' | 'params'>> {
  readonly add?: readonly PeerId[]
  readonly remove?: readonly PeerId[]
  readonly params?: Partial<Governance['params']>
}

/** What the next epoch fixes after a change; nothing of it is judged here. */
export function governanceAfter(
  before: Governance,
  { add = [], remove = [], params, ...rest }: GovernanceChange,
): Governance {
  const witnesses = new Set([...before.witnesses, ...add])
  for (const peer of remove) witnesses.delete(peer)
  return {
    ...before,
    ...rest,
    witnesses: [...witnesses].sort(),
    params: { ...before.params, ...params },
  }
}

/** Keys of this machine whose signatures under an order count: of operators, and of a witness. */
export function orderersAmong(signers: readonly Signer[], { governance, epoch }: Roster): readonly Signer[] {
  const keys = new Set([...governance.operators.keys, ...epoch.witnesses])
  return signers.filter(({ id }) => keys.has(id))
}

/** An order for the next epoch, signed by `signers`. */
export function draftOrder(
  { swarm, epoch }: Roster,
  signers: readonly Signer[],
  governance: Governance,
): SignedOrder {
  return signTogether(signers, swarm, EPOCH_ORDER, { number: epoch.number + 1, governance })
}

/** How far an order has come on either way: m operators, or a quorum of the witnesses. */
export interface OrderSignatures {
  readonly operators: Signatures
  readonly witnesses: Signatures
}

export function orderSignatures({ signatures }: SignedOrder, { epoch }: Roster): OrderSignatures {
  const { operators } = epoch.governance
  const given = (keys: readonly PeerId[]) => signatures.filter(({ signer }) => keys.includes(signer)).length
  return {
    operators: { given: given(operators.keys), needed: operators.needed },
    witnesses: { given: given(epoch.witnesses), needed: epoch.sizes.quorum },
  }
}

export function isSigned({ operators, witnesses }: OrderSignatures): boolean {
  return operators.given >= operators.needed || witnesses.given >= witnesses.needed
}

/** Whether an order's bytes are its body's, and every signature is what it claims to be. */
export function isGenuine(
  { body, bytes, signatures }: SignedOrder,
  swarm: SwarmId,
  verify: (check: SignatureCheck) => boolean = verifyStrictly,
): boolean {
  if (!equalBytes(bytes, encodeBody(EPOCH_ORDER.body, body))) return false
  const message = signingBytes(EPOCH_ORDER.kind, swarm, bytes)
  return isSorted(signatures) && signatures.every(({ signer, sig }) => verify({ signer, message, sig }))
}

function verifyStrictly({ signer, message, sig }: SignatureCheck): boolean {
  const key = publicKeyOf(signer)
  return key !== undefined && verifyStrict(key, message, sig)
}

function isSorted(signatures: readonly KeySignature[]): boolean {
  return signatures.every(({ signer }, at) => at === 0 || (signatures[at - 1]?.signer ?? '') < signer)
}
