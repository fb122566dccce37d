import { describe, expect, it } from 'vitest'
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
import { proposerOf } from './round.ts'
import type { Value } from './value.ts'
import { createCarriedValues } from './carried.ts'

const { signers, roster } = fourWitnesses()
const [steward, second, third, fourth] = signers as [Signer, Signer, Signer, Signer]
const stranger = createNobleSigner(new Uint8Array(32).fill(9))
const JOB = jobIdOf(steward.id, 0)
const [INSTANCE, OTHER] = [jobInstance(JOB, 0), jobInstance(JOB, 1)]
const VALUE: Value = { type: 'void', reason: 'unassigned', cancel: null }
const OTHER_VALUE: Value = { type: 'void', reason: 'expired', cancel: null }
const BALLOT: Ballot = { instance: INSTANCE, epoch: 0, round: 0, value: valueDigestOf(VALUE) }
const ASKED = { instance: INSTANCE, epoch: 0, round: 1, newviews: [] }
/** Each names something else than `BALLOT` does. */
const OTHERS: readonly [string, Partial<Ballot>][] = [
  ['another instance', { instance: OTHER }],
  ['another epoch', { epoch: 1 }],
  ['the next round', { round: 1 }],
  ['another value', { value: valueDigestOf(OTHER_VALUE) }],
]

/** One peer's agreement, and what each message makes it write and send. */
function agreementOf(signer: Signer) {
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
const prepared = (change: Partial<Ballot> = {}): PreparedCertificate => {
  const ballot = { ...BALLOT, ...change }
  return { ballot, quorum: { ...quorumFor(PREPARE, ballot), epoch: ballot.epoch } }
}
const proposeOf = (
  change: Partial<Ballot>,
  by: Signer,
  value: Value,
  newviews: BodyOf<'propose'>['newviews'],
) => {
  const ballot = { ...BALLOT, value: valueDigestOf(value), ...change }
  return { proposal: sign(by, roster.swarm, PROPOSAL, ballot), value, newviews }
}
const promise = (by: Signer, change: Partial<NewView> = {}) =>
  sign(by, roster.swarm, NEWVIEW, { instance: INSTANCE, epoch: 0, round: 1, prepared: null, ...change })
const promises = (change: Partial<NewView> = {}) => [steward, third, fourth].map((by) => promise(by, change))

describe('a witness prepares nothing', () => {
  const fresh = (change: Partial<Ballot>, by = steward) => proposeOf(change, by, VALUE, [])
  const inRound1 = (newviews: BodyOf<'propose'>['newviews'], value = VALUE) =>
    proposeOf({ round: 1 }, steward, value, newviews)
  const outOfTurn = [third, fourth].find(
    ({ id }) => id !== proposerOf(INSTANCE, 2, steward.id, roster.epoch),
  ) as Signer

  it.each<[string, Signer, BodyOf<'propose'>, readonly string[]]>([
    [
      'of an instance that it does not know',
      steward,
      fresh({ instance: jobInstance(JOB, 9) }),
      ['refusal missing'],
    ],
    ['of another epoch', steward, fresh({ epoch: 1 }), []],
    [
      'whose ballot names another value',
      steward,
      fresh({ value: valueDigestOf(OTHER_VALUE) }),
      ['refusal not_valid'],
    ],
    ['by who is not the proposer', third, fresh({}, third), ['refusal not_proposer']],
    ["of a later round by the first ones' proposer", steward, fresh({ round: 2 }), ['refusal not_proposer']],
    [
      'of a later round by a witness out of turn',
      outOfTurn,
      fresh({ round: 2 }, outOfTurn),
      ['refusal not_proposer'],
    ],
    ['of the next round without promises', steward, fresh({ round: 1 }), ['refusal not_valid']],
    ['on fewer promises than a quorum', steward, inRound1(promises().slice(1)), ['refusal not_valid']],
    [
      'on a promise counted twice',
      steward,
      inRound1([promise(steward), promise(third), promise(third)]),
      ['refusal not_valid'],
    ],
    [
      'on a quorum and one of them once more',
      steward,
      inRound1([...promises(), promise(third)]),
      ['refusal not_valid'],
    ],
    [
      'on the promise of somebody who is no witness',
      steward,
      inRound1([promise(steward), promise(third), promise(stranger)]),
      ['refusal not_valid'],
    ],
    [
      'on promises for another instance',
      steward,
      inRound1(promises({ instance: OTHER })),
      ['refusal not_valid'],
    ],
    ['on promises of another epoch', steward, inRound1(promises({ epoch: 1 })), ['refusal not_valid']],
    ['on promises for another round', steward, inRound1(promises({ round: 2 })), ['refusal not_valid']],
    [
      'but what promises bind it to',
      steward,
      inRound1(promises({ prepared: prepared({ value: valueDigestOf(OTHER_VALUE) }) })),
      ['refusal not_valid'],
    ],
    // Neither certificate binds the round, so the value is judged like any other, and isn't valid.
    [
      "by another instance's prepared certificate",
      steward,
      inRound1(
        promises({ prepared: prepared({ instance: OTHER, value: valueDigestOf(OTHER_VALUE) }) }),
        OTHER_VALUE,
      ),
      ['refusal not_valid'],
    ],
    [
      "by the very round's own prepared certificate",
      steward,
      inRound1(
        promises({ prepared: prepared({ round: 1, value: valueDigestOf(OTHER_VALUE) }) }),
        OTHER_VALUE,
      ),
      ['refusal not_valid'],
    ],
  ])('%s', (_name, from, propose, expected) => {
    const { hear, disk } = agreementOf(second)
    expect(hear('propose', from, propose)).toEqual(expected)
    expect(disk.size).toBe(0)
    // It is as free as before.
    expect(hear('propose', steward, proposeOf({}, steward, VALUE, []))).toEqual(['prepare'])
  })

  it('a second time: a repeated proposal gets the same answer, another one none', () => {
    const { hear, disk } = agreementOf(second)
    const propose = proposeOf({}, steward, VALUE, [])
    expect(hear('propose', steward, propose)).toEqual(['prepare'])
    const before = [...disk]
    expect(hear('propose', steward, propose)).toEqual(['prepare'])
    expect(hear('propose', steward, proposeOf({}, steward, OTHER_VALUE, []))).toEqual([])
    expect([...disk]).toEqual(before)
  })
})

describe('a witness commits nothing', () => {
  it.each<[string, Partial<Ballot>, readonly string[]]>([
    ['another instance', { instance: OTHER }, ['refusal missing']],
    ['an unknown instance', { instance: jobInstance(JOB, 9) }, []],
    ['another epoch', { epoch: 1 }, []],
    ['another value', { value: valueDigestOf(OTHER_VALUE) }, ['refusal missing']],
  ])('on a prepared certificate of %s', (_name, change, expected) => {
    const { hear, disk } = agreementOf(second)
    hear('propose', steward, proposeOf({}, steward, VALUE, []))
    const before = [...disk]
    expect(hear('prepared', steward, prepared(change))).toEqual(expected)
    expect([...disk]).toEqual(before)
  })

  it('below its promise, and nothing twice', () => {
    const { hear, disk } = agreementOf(second)
    hear('propose', steward, proposeOf({}, steward, VALUE, []))
    expect(hear('prepared', steward, prepared())).toEqual(['commit'])
    const before = [...disk]
    expect(hear('prepared', steward, prepared())).toEqual(['commit'])
    expect(hear('prepared', steward, prepared({ value: valueDigestOf(OTHER_VALUE) }))).toEqual([])
    expect([...disk]).toEqual(before)
    expect(hear('newview-request', steward, ASKED)).toEqual(['promised'])
    expect(hear('prepared', steward, prepared())).toEqual(['refusal promised'])
    expect(hear('propose', steward, proposeOf({}, steward, VALUE, []))).toEqual(['refusal promised'])
  })
})

describe('a witness promises nothing', () => {
  it.each<[string, Signer, Partial<BodyOf<'newview-request'>>, readonly string[]]>([
    ['of another epoch', steward, { epoch: 1 }, []],
    ['to who is not the proposer', third, {}, []],
    ['to the first proposer for a later round', steward, { round: 2 }, []],
    ['a leap of two million rounds', steward, { round: 2 ** 21 }, []],
    ['of an unknown instance', steward, { instance: jobInstance(JOB, 9) }, ['refusal missing']],
  ])('%s', (_name, from, change, expected) => {
    const { hear, disk } = agreementOf(second)
    const request = { ...ASKED, ...change }
    expect(hear('newview-request', from, request)).toEqual(expected)
    expect(disk.size).toBe(0)
  })

  it('anew: the same request gets the stored promise', () => {
    const { hear, disk } = agreementOf(second)
    expect(hear('newview-request', steward, ASKED)).toEqual(['promised'])
    const before = [...disk]
    expect(hear('newview-request', steward, ASKED)).toEqual(['promised'])
    expect([...disk]).toEqual(before)
  })
})

describe('a proposer counts nobody’s vote', () => {
  function proposing() {
    const one = agreementOf(steward)
    expect(one.act((out) => one.agreement.stir(out, INSTANCE))).toEqual(['propose', 'propose', 'propose'])
    return one
  }
  const commit = (change: Partial<Ballot> = {}) => ({ ...BALLOT, ...change })

  it.each<[string, Partial<Ballot>]>(OTHERS)('for %s', (_name, change) => {
    const { hear, decisions } = proposing()
    for (const by of [second, third]) expect(hear('prepare', by, BALLOT)).toEqual([])
    expect(hear('prepare', fourth, { ...BALLOT, ...change })).toEqual([])
    expect(hear('prepare', fourth, BALLOT)).toContain('prepared')
    for (const by of [second, third]) hear('commit', by, commit())
    hear('commit', fourth, commit(change))
    expect(decisions).toEqual([])
    hear('commit', fourth, commit())
    expect(decisions).toHaveLength(1)
  })

  it('twice, nor the vote of somebody who is no witness', () => {
    const { hear, decisions } = proposing()
    for (const by of [second, third, third, second, stranger]) expect(hear('prepare', by, BALLOT)).toEqual([])
    expect(hear('prepare', fourth, BALLOT)).toContain('prepared')
    for (const by of [second, third, third, second, stranger]) hear('commit', by, commit())
    expect(decisions).toEqual([])
    hear('commit', fourth, commit())
    expect(decisions.map(({ quorum }) => quorum.sigs.length)).toEqual([3])
  })
})
