import { describe, expect, it } from 'vitest'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

/** Records that a change writes, each before the message that shows it, and who writes them. */
const POINTS: readonly (readonly [key: string, peer: 'first' | 'other' | 'added'])[] = [
  ['epoch-stop', 'first'],
  ['epoch-stop', 'other'],
  ['handover/', 'first'],
  ['handover/', 'other'],
  ['proposal/epoch/', 'first'],
  ['ballot/epoch/', 'first'],
  ['ballot/epoch/', 'other'],
  ['epoch/', 'first'],
  ['epoch/', 'other'],
  ['epoch/', 'added'],
  ['adopted/', 'added'],
]

describe('a peer that crashes as soon as it has written', () => {
  it.each(POINTS)('%s, as the %s one, takes nothing with it', (key, role) => {
    const epochs = new TestEpochs(4)
    epochs.mint(4, 100n * OUTPUT_MIN)
    // A payment that witnesses are bound to and that nobody has certified.
    epochs.minds.isCut = (_from, _to, kind) => kind === 'vote' || kind === 'facts'
    epochs.pay(4, 6)
    epochs.minds.isCut = (_from, _to, kind) => kind === 'vote'
    const [first, other] = epochs.view(0).roster.epoch.witnesses
    const added = epochs.id(5)
    const victim = { first, other, added }[role] ?? added
    let isDown = false
    epochs.minds.crashesAt = (peer, written) => {
      isDown ||= peer === victim && written.startsWith(key)
      return isDown
    }
    epochs.change(epochs.order([0, 1, 2, 3, 5]), 0, TIMES.nudgeMs)
    expect(isDown).toBe(true)
    epochs.minds.restart(victim)
    epochs.minds.pass(60_000)
    expect(epochs.view(6).roster.epoch.number).toBe(1)
    epochs.minds.isCut = () => false
    epochs.minds.pass(60_000)
    expectSame(epochs)
    expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(OUTPUT_MIN)
    for (const at of [0, 1, 2, 3, 5])
      expect([...epochs.minds.storeOf(epochs.id(at)).keys()]).not.toContain('epoch-stop')
  })
})

it('a witness that has stopped votes for nothing after a restart, either', () => {
  const epochs = new TestEpochs(4)
  epochs.mint(4, 100n * OUTPUT_MIN)
  epochs.minds.isCut = (_from, _to, kind) => kind === 'epoch-collect'
  epochs.change(epochs.order([0, 1, 2, 3, 5]), 0, 10)
  const spoken = new Set(['certify', 'certify-reply', 'head-query', 'head-reply', 'vote'])
  epochs.minds.isCut = (_from, _to, kind) => !spoken.has(kind)
  for (const at of [0, 1, 2, 3]) epochs.minds.restart(epochs.id(at))
  epochs.minds.command(epochs.id(0), { type: 'mint', to: epochs.id(6), amount: OUTPUT_MIN, memo: '' })
  epochs.minds.pass(10_000)
  for (const at of [0, 1, 2, 3]) {
    expect(epochs.view(at).change().stoppedMs).toBeDefined()
    expect([...epochs.minds.storeOf(epochs.id(at)).keys()].filter((key) => key.startsWith('lock/'))).toEqual(
      [],
    )
  }
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  expectSame(epochs)
  expect(epochs.view(4).account(epochs.id(6))?.claimable).toBe(OUTPUT_MIN)
})
