import { hash } from '../crypto/digest.ts'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import { bytes, digest, flag, type Infer, list, oneOf, peerId, struct, text } from '../encoding/codec.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import type { SwarmId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import {
  type Governance,
  governanceFault,
  type GovernanceFault,
  operatorsCodec,
  paramsCodec,
} from './governance.ts'

/**
 * A swarm's genesis (2). Its digest is the swarm's id, and topics, stream protocols and signature domains
 * carry that id, so nothing signed in one swarm means anything in another.
 */
export const charterCodec = struct({
  name: text({ min: 1, max: LIMITS.nameBytes }),
  random: bytes({ min: 32, max: 32 }),
  operators: operatorsCodec,
  /** Founding members are members without a join. `operator` is the label that one-vote-each goes by. */
  founders: list(
    struct({
      peer: peerId,
      roles: list(oneOf('peer', 'witness'), { min: 1, max: 2 }),
      operator: text({ min: 1, max: LIMITS.labelBytes }),
    }),
    { min: 1, max: LIMITS.foundingMembers },
  ),
  /** Witnesses of epoch 0, ascending; each is a founder. */
  witnesses: list(peerId, { min: 1, max: LIMITS.witnesses }),
  minters: list(peerId, { max: LIMITS.minters }),
  treasury: peerId,
  admission: oneOf('invite', 'open'),
  guests: flag,
  diversity: oneOf('operator', 'peer'),
  params: paramsCodec,
  /** Comparator code version and tables by which verdicts are recomputed. */
  rules: digest(),
})
export type Charter = Infer<typeof charterCodec>

export type CharterFault = 'witness_not_founder' | 'founder_twice' | GovernanceFault

/** What field bounds can't express; the first fault, or undefined. */
export function charterFault(charter: Charter): CharterFault | undefined {
  const founders = new Set(charter.founders.map(({ peer }) => peer))
  if (founders.size !== charter.founders.length) return 'founder_twice'
  if (!charter.witnesses.every((peer) => founders.has(peer))) return 'witness_not_founder'
  return governanceFault(charter)
}

export function encodeCharter(charter: Charter): Uint8Array {
  return encodeBody(charterCodec, charter)
}

/** Throws `DecodeError` for foreign bytes; call `charterFault` afterwards. */
export function decodeCharter(encoded: Uint8Array): Charter {
  return decodeBody(charterCodec, encoded, 'charter', TRUSTED)
}

export function swarmIdOf(charter: Charter): SwarmId {
  return hash('charter', encodeCharter(charter))
}

/** What the charter fixes for epoch 0. */
export function foundingGovernance({
  witnesses,
  operators,
  minters,
  treasury,
  params,
  rules,
}: Charter): Governance {
  return { witnesses, operators, minters, treasury, params, rules }
}
