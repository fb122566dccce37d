import { describe, expect, it } from 'vitest'
import type { SignedEntry } from '../ledger/entry.ts'
import { certificateFact } from '../ledger/fact.ts'
import { OUTPUT_MIN } from '../params.ts'
import { certificateOf, fundedSwarm, paying } from './testing-entries.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

/** Three entries that the third peer doesn't get, and an epoch of other witnesses behind them. */
function behind() {
  const epochs = new TestEpochs(1)
  epochs.mint(4)
  epochs.mint(5)
  epochs.minds.stop(epochs.id(3))
  for (let count = 0; count < 3; count += 1) epochs.pay(5, 6)
  epochs.change(epochs.order([1, 2, 5, 6]))
  return epochs
}

it('a peer that was away when an epoch ended comes to where it ended, and goes on', () => {
  const epochs = behind()
  epochs.minds.restart(epochs.id(3))
  epochs.minds.pass(60_000)
  expect(epochs.view(3).change().isLevel).toBe(true)
  epochs.pay(5, 3)
  expectSame(epochs)
  expect(epochs.view(3).account(epochs.id(3))?.claimable).toBe(OUTPUT_MIN)
})

it('it comes there whoever it heard first is dead', () => {
  const epochs = behind()
  const late = epochs.id(3)
  let first: string | undefined
  epochs.minds.isCut = (from, to, kind) => {
    if (to !== late || kind !== 'closing-reply') return false
    first ??= from
    return from === first
  }
  epochs.minds.restart(late)
  epochs.minds.pass(60_000)
  expect(first).toBeDefined()
  expect(epochs.view(3).change().isLevel).toBe(true)
})

it('it believes nothing that the founder, who has left, signs for the time before', () => {
  const epochs = behind()
  const forged = certificateOf(epochs, paying(epochs, 0), [epochs.signer(0)])
  const late = epochs.id(3)
  // It hears that the epoch has begun, and gets nothing that was certified before.
  epochs.minds.isCut = (_from, to, kind) =>
    to === late && (kind === 'sync-leaves' || kind === 'closing-reply')
  epochs.minds.restart(late)
  epochs.minds.pass(20_000)
  expect(epochs.view(3).roster.epoch.number).toBe(1)
  expect(epochs.view(3).change().isLevel).toBe(false)
  for (let count = 0; count < 3; count += 1) {
    epochs.minds.isCut = (from, to, kind) =>
      to === late && (kind === 'closing-reply' || from !== epochs.id(0))
    epochs.minds.say(epochs.id(0), late, 'facts', { facts: [certificateFact(forged)] })
    epochs.minds.pass(1_000)
  }
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  expectSame(epochs)
  for (const at of [0, 1, 2, 3, 4, 5, 6]) expect(epochs.view(at).account(epochs.id(4))?.seq ?? 0).toBe(0)
})

it('it agrees to witness only once it has come to where the last epoch ended', () => {
  const epochs = behind()
  const late = epochs.id(3)
  epochs.minds.isCut = (_from, to, kind) => to === late && kind === 'closing-reply'
  epochs.minds.restart(late)
  epochs.minds.pass(20_000)
  epochs.change(epochs.order([1, 2, 3, 5]))
  expect(epochs.view(1).change().missing).toEqual([late])
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  expect(epochs.view(1).roster.epoch.number).toBe(2)
  expectSame(epochs)
})

describe('a peer that believed what a founder’s key signed after its owner had left', () => {
  /** It is back, nobody but the holder of that key talks to it, and shows it this. */
  function misled(...entries: readonly SignedEntry[]) {
    const epochs = behind()
    const late = epochs.id(3)
    epochs.minds.isCut = (_from, to) => to === late
    epochs.minds.restart(late)
    const facts = entries.map((entry) => certificateFact(certificateOf(epochs, entry, [epochs.signer(0)])))
    epochs.minds.say(epochs.id(0), late, 'facts', { facts })
    epochs.minds.isCut = () => false
    epochs.minds.pass(60_000)
    return epochs
  }

  it.each([
    ['of an account that nobody else has', 4],
    ['of one that others have come further with', 5],
  ])('%s says so, is never level, and is where all are once it has begun anew', (_name, owner) => {
    const before = new TestEpochs(1)
    before.mint(owner)
    const epochs = misled(paying(before, 0, {}, owner))
    const change = epochs.view(3).change()
    expect([change.isLevel, change.astray]).toEqual([false, [epochs.id(owner)]])
    epochs.minds.restart(epochs.id(3))
    epochs.minds.pass(60_000)
    expectSame(epochs)
    expect(epochs.view(3).change()).toMatchObject({ isLevel: true, astray: [] })
  })
})

it('a peer that had more than the closed epoch ended with is level, too', () => {
  const epochs = fundedSwarm()
  const entry = paying(epochs, 5)
  const ahead = epochs.id(5)
  const certificate = certificateOf(epochs, entry, epochs.signers.slice(0, 3))
  for (const at of [0, 1, 2])
    epochs.minds.say(epochs.id(6), epochs.id(at), 'certify', { epoch: 0, entry, evidence: [] })
  epochs.minds.isCut = (from) => from === ahead
  epochs.minds.say(epochs.id(6), ahead, 'facts', { facts: [certificateFact(certificate)] })
  expect(epochs.view(5).account(epochs.id(4))?.seq).toBe(1)
  epochs.change(epochs.order([0, 1, 2, 6]))
  epochs.minds.isCut = () => false
  expectSame(epochs)
  expect(epochs.view(5).change().isLevel).toBe(true)
  expect(epochs.view(5).account(epochs.id(5))?.claimable).toBe(OUTPUT_MIN)
})
