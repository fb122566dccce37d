import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import {
  type Codec,
  digest,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
} from '../encoding/codec.ts'
import { DecodeError } from '../encoding/decode-error.ts'
import { type Quorum, quorumCodec } from '../encoding/quorum.ts'
import { type SignedKind, signedCodec } from '../encoding/signed.ts'
import type { Digest, InstanceId, JobId } from '../ids.ts'
import { signedEntry } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import { signedBid, signedCancel, signedReveal } from '../jobs/messages.ts'
import { type Value, valueCodec } from './value.ts'

export const instanceCodec = text({ min: 1, max: 128 }) as unknown as Codec<InstanceId>

/** Rounds are numbered tries within one epoch, compared lexicographically (5.1). */
export const ballotCodec = struct({
  instance: instanceCodec,
  epoch: uint(),
  round: uint(),
  value: digest(),
})
export type Ballot = Infer<typeof ballotCodec>

// Three kinds with one body: the kind is the signature's domain, so none can pass for another.
export const PROPOSAL: SignedKind<Ballot> = { kind: 'proposal', body: ballotCodec }
export const PREPARE: SignedKind<Ballot> = { kind: 'prepare', body: ballotCodec }
export const COMMIT_BALLOT: SignedKind<Ballot> = { kind: 'commit', body: ballotCodec }

/** q witnesses prepared one value in one round; a later round may carry nothing else. */
export interface PreparedCertificate {
  readonly ballot: Ballot
  readonly quorum: Quorum
}

/** q witnesses committed one value in one round: final, whoever shows it. */
export interface Decision {
  readonly instance: InstanceId
  readonly round: number
  readonly value: Value
  readonly quorum: Quorum
}

// Values are never changed, and each is named several times on its way: by proposer, voter and decision.
const named = new WeakMap<Value, Digest>()

/** Names a value by its canonical encoding. */
export function valueDigestOf(value: Value): Digest {
  const digest = named.get(value) ?? hash('value', encodeBody(valueCodec, value))
  named.set(value, digest)
  return digest
}

const preparedShape = struct({ ballot: ballotCodec, quorum: quorumCodec })

export const preparedCodec: Codec<PreparedCertificate> = {
  toWire: (value) => preparedShape.toWire(value),
  fromWire(raw, path, sink) {
    const prepared: Infer<typeof preparedShape> = preparedShape.fromWire(raw, path, sink)
    const { epoch, signers, sigs } = prepared.quorum
    if (prepared.ballot.epoch !== epoch) throw new DecodeError('out_of_range', `${path}.quorum.epoch`)
    const body = encodeBody(ballotCodec, prepared.ballot)
    sink.quorum({ kind: PREPARE.kind, epoch, signers, sigs, body })
    return prepared
  },
}

const decisionShape = struct({
  instance: instanceCodec,
  round: uint(),
  value: valueCodec,
  quorum: quorumCodec,
})

export const decisionCodec: Codec<Decision> = {
  toWire: (value) => decisionShape.toWire(value),
  fromWire(raw, path, sink) {
    const decision: Infer<typeof decisionShape> = decisionShape.fromWire(raw, path, sink)
    const { epoch, signers, sigs } = decision.quorum
    const { instance, round, value } = decision
    const body = encodeBody(ballotCodec, { instance, epoch, round, value: valueDigestOf(value) })
    sink.quorum({ kind: COMMIT_BALLOT.kind, epoch, signers, sigs, body })
    return decision
  },
}

const encoded = new WeakMap<Decision, Uint8Array>()

/** A decision came as these bytes, which are its one encoding; what a peer says to itself has none. */
export function noteEncoding(decision: Decision, bytes: Uint8Array): void {
  if (bytes.length > 0) encoded.set(decision, bytes)
}

/** A decision's encoding, as it is stored: of one that came in a message the very bytes of that. */
export function encodeDecision(decision: Decision): Uint8Array {
  return encoded.get(decision) ?? encodeBody(decisionCodec, decision)
}

/** A witness's promise to take part in no lower round, with the highest certificate it prepared. */
export const NEWVIEW = {
  kind: 'newview',
  body: struct({
    instance: instanceCodec,
    epoch: uint(),
    round: uint(Number.MAX_SAFE_INTEGER, 1),
    prepared: nullable(preparedCodec),
  }),
} as const
export type NewView = Infer<typeof NEWVIEW.body>
export const signedNewView = signedCodec(NEWVIEW)

/** Proposer to witness: the ballot, the value and, above round 0, the quorum of promises it rests on. */
export const proposeCodec = struct({
  proposal: signedCodec(PROPOSAL),
  value: valueCodec,
  newviews: list(signedNewView, { max: LIMITS.witnesses }),
})

/** Witness to proposer: why it doesn't prepare, with what the proposer lacks. */
export const refusalCodec = struct({
  instance: instanceCodec,
  epoch: uint(),
  round: uint(),
  code: oneOf(
    'missing',
    'not_valid',
    'guard',
    'promised',
    'not_proposer',
    'no_newviews',
    'round_too_high',
    'uncovered',
  ),
  /** Ids this witness needs before it can judge. */
  missing: list(digest(), { max: LIMITS.missing }),
  /** Items whose absence from the value a guard refuses. */
  bids: list(signedBid, { max: LIMITS.bids }),
  reveals: list(signedReveal, { max: LIMITS.slots }),
  entries: list(signedEntry, { max: LIMITS.forkEntries }),
  closes: list(digest<JobId>(), { max: LIMITS.closes }),
  cancels: list(signedCancel, { max: 1 }),
})
export type Refusal = Infer<typeof refusalCodec>

/** Witness to proposer, answering a request for a promise; a carried value travels with it. */
export const promisedCodec = struct({ newview: signedNewView, value: nullable(valueCodec) })

export const newViewRequestCodec = struct({
  instance: instanceCodec,
  epoch: uint(),
  round: uint(Number.MAX_SAFE_INTEGER, 1),
  /** None, or promises of others for this round: from so many that one of them is correct, its time has come. */
  newviews: list(signedNewView, { max: LIMITS.witnesses }),
})
