import type { Codec } from '../encoding/codec.ts'
import { decodeEnvelope, decodeKind } from '../encoding/envelope.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { type BodyOf, type KindName, KINDS } from '../encoding/kinds.ts'
import { quorumOf } from '../encoding/quorum.ts'
import { type SignedKind, sign } from '../encoding/signed.ts'
import { jobInstance } from '../ids.ts'
import { jobIdOf } from '../ledger/entry.ts'
import type { Signer } from '../crypto/signer.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import { Agreement, type AgreementMessage } from './agreement.ts'
import {
  type Ballot,
  type Decision,
  NEWVIEW,
  type NewView,
  PREPARE,
  type PreparedCertificate,
  PROPOSAL,
  valueDigestOf,
} from './messages.ts'
import type { Value } from './value.ts'
import { createCarriedValues } from './carried.ts'

const swarm = fourWitnesses()
export const { roster } = swarm
export const [steward, second, third, fourth] = swarm.signers as [Signer, Signer, Signer, Signer]
export const stranger = createNobleSigner(new Uint8Array(32).fill(9))
export const JOB = jobIdOf(steward.id, 0)
export const [INSTANCE, OTHER] = [jobInstance(JOB, 0), jobInstance(JOB, 1)]
export const VALUE: Value = { type: 'void', reason: 'unassigned', cancel: null }
export const OTHER_VALUE: Value = { type: 'void', reason: 'expired', cancel: null }
export const BALLOT: Ballot = { instance: INSTANCE, epoch: 0, round: 0, value: valueDigestOf(VALUE) }
export const ASKED = { instance: INSTANCE, epoch: 0, round: 1, newviews: [] }
/** For tests: each names something else than `BALLOT` does. */
export const OTHERS: readonly [string, Partial<Ballot>][] = [
  ['another instance', { instance: OTHER }],
  ['another epoch', { epoch: 1 }],
  ['the next round', { round: 1 }],
  ['another value', { value: valueDigestOf(OTHER_VALUE) }],
]

/** For tests: one peer's agreement, and what each message makes it write and send. */
export function agreementOf(signer: Signer) {
  const decisions: Decision[] = []
  const disk = new Map<string, string>()
  const agreement = new Agreement({
    signer,
    roster,
    duty: createWitnessDuty(signer.id, roster),
    rules: {
      naturalProposer: (instance) => (instance === INSTANCE || instance === OTHER ? steward.id : undefined),
      dueAt: () => 0,
      // What isn't bound by promises is judged, and only one value is valid.
      judge: (_out, _instance, value) =>
        value === VALUE ? { verdict: 'prepare' } : { verdict: 'not_valid' },
      build: () => VALUE,
      learn: () => undefined,
    },
    decided: (_out, decision) => decisions.push(decision),
    serve: { entries: () => 'served' },
    serveDecided: () => false,
    serveEpochs: () => undefined,
    carried: createCarriedValues(),
  })
  const act = (action: (out: EventOutbox) => void) => {
    const out = new EventOutbox(signer.id, roster.swarm, 1_000_000)
    action(out)
    const sent: string[] = []
    for (const effect of out.seal(0).effects) {
      if (effect.type === 'send') sent.push(shown(effect.frame))
      else if (effect.type === 'persist')
        for (const { key, value } of effect.writes) disk.set(key, String(value))
    }
    return sent
  }
  const hear = <K extends KindName>(kind: K, from: Signer, body: BodyOf<K>) =>
    act((out) => agreement.onMessage(out, messageOf(kind, from, body)))
  return { agreement, decisions, disk, act, hear }
}

/** The kind of a frame, and a refusal's code. */
function shown(frame: Uint8Array): string {
  const { kind, body } = decodeEnvelope(frame)
  return kind === 'refusal' ? `refusal ${decodeKind(kind, body, TRUSTED).code}` : kind
}

function messageOf<K extends KindName>(kind: K, from: Signer, body: BodyOf<K>): AgreementMessage {
  const codec = KINDS[kind].body as unknown as Codec<BodyOf<K>>
  const signed = sign(from, roster.swarm, { kind, body: codec } satisfies SignedKind<BodyOf<K>>, body)
  return { kind, from: from.id, ...signed } as unknown as AgreementMessage
}

const quorumFor = (kind: typeof PREPARE, ballot: Ballot) => {
  const seat = (signer: Signer): [number, Uint8Array] => {
    return [roster.witnessPosition(signer.id), sign(signer, roster.swarm, kind, ballot).sig]
  }
  return quorumOf(0, 4, new Map([steward, second, third].map(seat)))
}
export const prepared = (change: Partial<Ballot> = {}): PreparedCertificate => {
  const ballot = { ...BALLOT, ...change }
  return { ballot, quorum: { ...quorumFor(PREPARE, ballot), epoch: ballot.epoch } }
}
export const proposeOf = (
  change: Partial<Ballot>,
  by: Signer,
  value: Value,
  newviews: BodyOf<'propose'>['newviews'],
) => {
  const ballot = { ...BALLOT, value: valueDigestOf(value), ...change }
  return { proposal: sign(by, roster.swarm, PROPOSAL, ballot), value, newviews }
}
export const promise = (by: Signer, change: Partial<NewView> = {}) =>
  sign(by, roster.swarm, NEWVIEW, { instance: INSTANCE, epoch: 0, round: 1, prepared: null, ...change })
export const promises = (change: Partial<NewView> = {}) =>
  [steward, third, fourth].map((by) => promise(by, change))
