import { describe, expect, it } from 'vitest'
import { PROPOSAL, valueDigestOf } from '../agreement/messages.ts'
import { sign } from '../encoding/signed.ts'
import { epochInstance } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { certificateFact } from '../ledger/fact.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { handoverDigestOf } from './handover.ts'
import { certificateOf, fundedSwarm, paying } from './testing-entries.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

const VOTES = new Set(['vote', 'facts'])
/** A peer that is no witness in any of these tests. */
const ASKER = 6

/** Has a witness asked for its vote; says what it answered. */
function ask(epochs: TestEpochs, witness: number, entry: SignedEntry): string {
  const asker = epochs.id(ASKER)
  epochs.minds.heard(asker, 'vote')
  const { number } = epochs.view(witness).roster.epoch
  epochs.minds.say(asker, epochs.id(witness), 'certify', { epoch: number, entry, evidence: [] })
  const [reply] = epochs.minds.heard(asker, 'certify-reply').filter(({ from }) => from === epochs.id(witness))
  return reply === undefined ? 'vote' : reply.body.outcome.type
}

/** Shows witnesses what those who held an epoch's keys have made of an entry. */
function show(
  epochs: TestEpochs,
  entry: SignedEntry,
  epoch: number,
  by: readonly number[],
  to: readonly number[],
) {
  const certificate = certificateOf(
    epochs,
    entry,
    by.map((at) => epochs.signer(at)),
    epoch,
  )
  for (const at of to)
    epochs.minds.say(epochs.id(ASKER), epochs.id(at), 'facts', { facts: [certificateFact(certificate)] })
}

const paidTo = (epochs: TestEpochs, at: number) => epochs.view(1).account(epochs.id(at))?.claimable ?? 0n
const unchosen = (epochs: TestEpochs, witness: number, entries: readonly SignedEntry[]) =>
  entries.every((entry) => ask(epochs, witness, entry) === 'conflict')

/** Two payments of one place, two witnesses bound to each, and an epoch that lists both. */
function contested(epochs: TestEpochs, witnesses: readonly number[]) {
  const [one, other] = [paying(epochs, 5), paying(epochs, 6)]
  epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
  const [first = 0, second = 1, third = 2, fourth = 3] = epochs
    .view(1)
    .roster.epoch.witnesses.map((peer) => epochs.signers.findIndex(({ id }) => id === peer))
  for (const witness of [first, second]) ask(epochs, witness, one)
  for (const witness of [third, fourth]) ask(epochs, witness, other)
  epochs.change(epochs.order(witnesses))
  return { one, other }
}

describe('of several entries listed for a place', () => {
  it('none is chosen by the key of a founder who had left when they were listed', () => {
    const epochs = new TestEpochs(1)
    epochs.mint(4, 100n * OUTPUT_MIN)
    epochs.change(epochs.order([1, 2, 3, 5]))
    const { one, other } = contested(epochs, [1, 2, 3, 5])
    expect(epochs.view(1).roster.epoch.number).toBe(2)
    show(epochs, one, 0, [0], [1, 2, 3, 5])
    expect(unchosen(epochs, 1, [one, other])).toBe(true)
    // One of the epoch that was over when they were listed says which.
    show(epochs, other, 1, [1, 2, 3], [1, 2, 3, 5])
    expect(ask(epochs, 1, one)).toBe('conflict')
    expect(ask(epochs, 1, other)).toBe('vote')
  })

  it('none is chosen by keys of an epoch that began when they were listed already', () => {
    const epochs = fundedSwarm()
    const { one, other } = contested(epochs, [0, 1, 2, 3])
    epochs.change(epochs.order([1, 2, 3, 5]))
    expect(epochs.view(1).roster.epoch.number).toBe(2)
    show(epochs, other, 1, [0, 1, 2], [1, 2, 3, 5])
    for (const witness of [1, 5]) expect(unchosen(epochs, witness, [one, other])).toBe(true)
    show(epochs, one, 0, [0, 1, 2], [1, 2, 3, 5])
    expect([1, 5].map((witness) => ask(epochs, witness, one))).toEqual(['vote', 'vote'])
    expect(ask(epochs, 5, other)).toBe('conflict')
  })

  it('what one witness was shown stays, passes on to those named later, and is certified by them', () => {
    const epochs = fundedSwarm()
    const { one } = contested(epochs, [0, 1, 2, 3])
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind) || kind === 'certify'
    show(epochs, one, 0, [0, 1, 2], [1])
    epochs.minds.crashesAt = (peer, key) => peer === epochs.id(1) && key.startsWith('epoch/')
    epochs.change(epochs.order([1, 2, 3, 5]))
    epochs.minds.restart(epochs.id(1))
    epochs.minds.isCut = () => false
    epochs.minds.pass(20 * TIMES.nudgeMs)
    expectSame(epochs)
    expect([paidTo(epochs, 5), paidTo(epochs, 6)]).toEqual([OUTPUT_MIN, 0n])
  })
})

it('no later epoch lists at a place what the first one that listed anything there did not', () => {
  const epochs = fundedSwarm()
  const [one, other] = [paying(epochs, 5), paying(epochs, 6)]
  epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
  ask(epochs, 0, one)
  epochs.change(epochs.order([0, 1, 2, 3]))
  const { roster } = epochs.view(0)
  const [first, judge] = roster.epoch.witnesses
  if (first === undefined || judge === undefined) throw new RangeError('there are four witnesses')
  epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind) || kind === 'propose'
  epochs.minds.heard(judge, 'propose')
  epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order: epochs.order([0, 1, 2, 5]) })
  epochs.minds.pass(TIMES.deltaMs)
  const [honest] = epochs.minds
    .heard(judge, 'propose')
    .flatMap(({ from, body }) => (from === first ? [body.value] : []))
  if (honest?.type !== 'epoch') throw new RangeError('nothing was proposed')
  const locks = [one, other].sort((a, b) => (entryIdOf(a) < entryIdOf(b) ? -1 : 1))
  const part = { locks, prepared: [] }
  const value = { ...honest, handover: [handoverDigestOf(part)] }
  const body = { instance: epochInstance(2), epoch: 1, round: 0, value: valueDigestOf(value) }
  const liar = epochs.signers.find(({ id }) => id === first) ?? epochs.signer(0)
  const proposal = sign(liar, roster.swarm, PROPOSAL, body)
  epochs.minds.heard(first, 'refusal')
  epochs.minds.say(first, judge, 'propose', { proposal, value, newviews: [] })
  epochs.minds.say(first, judge, 'handover', part)
  expect(epochs.minds.heard(first, 'refusal').map((refusal) => refusal.body.code)).toEqual(['not_valid'])
})
