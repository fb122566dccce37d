import { describe, expect, it } from 'vitest'
import { PROPOSAL, valueDigestOf } from '../agreement/messages.ts'
import { sign } from '../encoding/signed.ts'
import { epochInstance } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { keys } from '../records/keys.ts'
import { testEntry } from '../swarm/testing-invitations.ts'
import { cutHandover, emptyListOf } from './pieces.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'
import type { EpochValue } from './value.ts'

const ROUND_0 = { instance: epochInstance(1), epoch: 0, round: 0 }

/**
 * Four witnesses that have stopped; the first proposer's own proposal is lost, and it says what the test has it say.
 * A payment of the fifth peer has locks that nobody certified.
 */
function lyingProposer() {
  const epochs = new TestEpochs(4)
  epochs.mint(4, 100n * OUTPUT_MIN)
  epochs.minds.isCut = (_from, _to, kind) => kind === 'vote' || kind === 'facts'
  epochs.pay(4, 6)
  const { first, judge } = seats(epochs)
  epochs.minds.isCut = (from, _to, kind) => kind === 'vote' || (from === first && kind === 'propose')
  epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order: epochs.order([0, 1, 2, 3, 5]) })
  epochs.minds.pass(TIMES.deltaMs)
  const [honest] = epochs.minds.heard(judge, 'propose').map(({ body }) => body.value)
  if (honest?.type !== 'epoch') throw new RangeError('nothing was proposed')
  return { epochs, honest, answerTo: (value: EpochValue) => answerTo(epochs, value) }
}

/** The first proposer, and one that has to judge. */
function seats(epochs: TestEpochs) {
  const [first, judge] = epochs.view(0).roster.epoch.witnesses
  if (first === undefined || judge === undefined) throw new RangeError('there are four witnesses')
  return { first, judge }
}

/** What a witness answers to such a value of the first proposer's, and whether it reports what the value lacks. */
function answerTo(epochs: TestEpochs, value: EpochValue): readonly string[] {
  const { first, judge } = seats(epochs)
  const liar = epochs.signers.find(({ id }) => id === first) ?? epochs.signer(0)
  const body = { ...ROUND_0, value: valueDigestOf(value) }
  const proposal = sign(liar, epochs.minds.roster.swarm, PROPOSAL, body)
  epochs.minds.kindsHeard(first, judge)
  epochs.minds.say(first, judge, 'propose', { proposal, value, newviews: [] })
  const said = epochs.minds.kindsHeard(first, judge)
  return ['prepare', 'refusal', 'epoch-report'].filter((kind) => said.includes(kind))
}

describe('a witness prepares no next epoch that', () => {
  it('is what an honest proposer made', () => {
    const { honest, answerTo } = lyingProposer()
    expect(answerTo(honest)).toEqual(['prepare'])
  })

  it('hides what it is bound to', () => {
    const { honest, answerTo } = lyingProposer()
    expect(honest.handover).not.toBe(emptyListOf(1))
    expect(answerTo({ ...honest, handover: emptyListOf(1) })).toEqual(['refusal', 'epoch-report'])
  })

  it('ends the epoch with a root that neither has', () => {
    const { epochs, honest, answerTo } = lyingProposer()
    const root = 'a'.repeat(64) as never
    // It first looks whether the proposer has something more, and refuses when that brings nothing.
    expect(answerTo({ ...honest, root })).toEqual([])
    epochs.minds.now += TIMES.retryMsMax
    expect(answerTo({ ...honest, root })).toEqual(['refusal', 'epoch-report'])
  })

  it('lists what no honest witness can be bound to', () => {
    const { epochs, honest } = lyingProposer()
    const { first, judge } = seats(epochs)
    const stranger = testSigner(9)
    const ops = [{ type: 'transfer' as const, to: stranger.id, amount: OUTPUT_MIN, memo: '' }]
    const part = { locks: [testEntry(epochs.minds.roster.swarm, stranger, ops)], prepared: [] }
    const cut = cutHandover(part, 1)
    expect(answerTo(epochs, { ...honest, handover: cut.name })).toEqual([])
    epochs.minds.say(first, judge, 'handover', { type: 'list', number: 1, parts: [...cut.parts.keys()] })
    epochs.minds.say(first, judge, 'handover', { type: 'part', number: 1, ...part })
    expect(epochs.minds.heard(first, 'refusal').map(({ body }) => body.code)).toContain('not_valid')
    for (const piece of [cut.name, ...cut.parts.keys()])
      expect(epochs.minds.stored(judge, keys.handover(piece))).toBeUndefined()
  })

  it('leaves out what this witness has certified and the proposer hides', () => {
    const epochs = new TestEpochs(4)
    epochs.mint(4, 100n * OUTPUT_MIN)
    const { first, judge } = seats(epochs)
    // A certificate comes to everybody but the first proposer, which gathers nothing, either.
    const lost = new Set(['facts', 'certify', 'sync-buckets', 'epoch-report'])
    epochs.minds.isCut = (_from, to, kind) => to === first && lost.has(kind)
    epochs.pay(4, 6)
    const order = epochs.order([0, 1, 2])
    epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order })
    const root = epochs.minds.mindOf(first).view.ledgerRoot()
    expect(epochs.minds.mindOf(judge).view.ledgerRoot()).not.toBe(root)
    const hiding = { type: 'epoch' as const, order, accepts: [], root, handover: emptyListOf(1) }
    expect(answerTo(epochs, hiding)).toEqual(['refusal', 'epoch-report'])
    epochs.minds.isCut = () => false
    epochs.minds.pass(120_000)
    expectSame(epochs)
    expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(OUTPUT_MIN)
  })

  it('lacks an accept, or whose order nobody gave', () => {
    const { epochs, honest, answerTo } = lyingProposer()
    expect(answerTo({ ...honest, accepts: [] })).toEqual(['refusal'])
    const order = epochs.order([0, 1, 2, 3, 5], {}, [epochs.signer(4)])
    expect(answerTo({ ...honest, order })).toEqual(['refusal'])
  })
})

it('the swarm gets its epoch, and the payment, whatever the first proposer did', () => {
  const { epochs, honest, answerTo } = lyingProposer()
  answerTo({ ...honest, handover: emptyListOf(1) })
  epochs.minds.isCut = () => false
  epochs.minds.pass(120_000)
  expectSame(epochs)
  expect(epochs.view(6).roster.epoch.number).toBe(1)
  expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(OUTPUT_MIN)
})

it('reports that are made up cost nothing but a look', () => {
  const { epochs } = lyingProposer()
  const { witnesses } = epochs.view(0).roster.epoch
  const [first, , , last] = witnesses
  if (first === undefined || last === undefined) throw new RangeError('there are four witnesses')
  const root = 'b'.repeat(64) as never
  for (const about of [
    { number: 1, root, list: emptyListOf(1) },
    { number: 1, root, list: 'b'.repeat(64) as never },
    { number: 2, root, list: emptyListOf(2) },
  ])
    epochs.minds.say(last, first, 'epoch-report', about)
  epochs.minds.isCut = () => false
  epochs.minds.pass(120_000)
  expectSame(epochs)
  expect(epochs.view(6).roster.epoch.number).toBe(1)
})
