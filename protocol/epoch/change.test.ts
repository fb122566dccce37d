import { describe, expect, it } from 'vitest'
import { TIMES } from '../params.ts'
import { TestEpochs } from './testing-orders.ts'

const ALL = [0, 1, 2, 3, 4, 5, 6]

/** Everybody named has the same ledger, in which no credit was made or lost. */
function expectSame(epochs: TestEpochs, peers: readonly number[] = ALL): void {
  epochs.minds.pass(3 * TIMES.syncMs)
  expect(new Set(peers.map((at) => epochs.view(at).ledgerRoot())).size).toBe(1)
  expect(new Set(peers.map((at) => epochs.view(at).roster.epoch.decision)).size).toBe(1)
  for (const at of peers) {
    const { minted, free, unclaimed, escrowed, burnt } = epochs.view(at).supply()
    expect(free + unclaimed + escrowed + burnt).toBe(minted)
  }
}

const begun = (number: number) => ({ ok: true, type: 'epoch', number })

describe('a swarm', () => {
  it('grows from one witness to two and four, and goes on without its founder', () => {
    const epochs = new TestEpochs(1)
    epochs.mint(1)
    expect(epochs.change(epochs.order([0, 1]))).toEqual([begun(1)])
    epochs.pay(1, 2)
    expectSame(epochs)
    expect(epochs.change(epochs.order([1, 2, 3, 4]))).toEqual([begun(2)])
    epochs.minds.stop(epochs.id(0))
    expect(epochs.pay(1, 5)).toMatchObject({ ok: true })
    expectSame(epochs, [1, 2, 3, 4, 5, 6])
    expect(epochs.view(6).account(epochs.id(5))?.claimable).toBe(10_000n)
    expect(epochs.view(6).roster.epoch.number).toBe(2)
  })
})
