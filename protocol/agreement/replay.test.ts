import { describe, expect, it } from 'vitest'
import { type BodyOf } from '../encoding/kinds.ts'
import { jobInstance } from '../ids.ts'
import type { Signer } from '../crypto/signer.ts'
import { type Ballot, valueDigestOf } from './messages.ts'
import { proposerOf } from './round.ts'
import {
  steward,
  second,
  third,
  fourth,
  stranger,
  JOB,
  INSTANCE,
  OTHER,
  VALUE,
  OTHER_VALUE,
  BALLOT,
  ASKED,
  OTHERS,
  agreementOf,
  prepared,
  proposeOf,
  promise,
  promises,
  roster,
} from './testing-replay.ts'

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
