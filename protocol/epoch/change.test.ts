import { describe, expect, it } from 'vitest'
import { UNITS_PER_CREDIT } from '../params.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

const begun = (number: number) => ({ ok: true, type: 'epoch', number })
const refused = (code: string) => [{ ok: false, code, detail: expect.any(String) as string }]

describe('a swarm', () => {
  it('grows from one witness to two and four, and goes on without its founder', () => {
    const epochs = new TestEpochs(1)
    epochs.mint(1)
    expect(epochs.change(epochs.order([0, 1]))).toEqual([begun(1)])
    epochs.pay(1, 2)
    expectSame(epochs)
    const { signers } = epochs
    const operators = { keys: signers.slice(1, 4).map(({ id }) => id), needed: 2 }
    const minters = [epochs.id(1)]
    expect(epochs.change(epochs.order([1, 2, 3, 4], { operators, minters }))).toEqual([begun(2)])
    epochs.minds.stop(epochs.id(0))
    expect(epochs.pay(1, 5)).toMatchObject({ ok: true })
    epochs.mint(6, UNITS_PER_CREDIT, 1)
    expectSame(epochs, [1, 2, 3, 4, 5, 6])
    expect(epochs.view(6).account(epochs.id(5))?.claimable).toBe(10_000n)
    expect(epochs.view(5).account(epochs.id(6))?.claimable).toBe(UNITS_PER_CREDIT)
    const next = epochs.order([1, 2, 3, 5], {}, signers.slice(2, 4), 1)
    expect(epochs.change(next, 3)).toEqual([begun(3)])
    epochs.pay(1, 5)
    expectSame(epochs, [1, 2, 3, 4, 5, 6])
    expect(epochs.view(6).account(epochs.id(5))?.claimable).toBe(20_000n)
  })

  it('replaces a witness that is gone', () => {
    const epochs = new TestEpochs(4)
    epochs.mint(4)
    epochs.minds.stop(epochs.id(3))
    expect(epochs.change(epochs.order([0, 1, 2, 5]))).toEqual([begun(1)])
    epochs.minds.stop(epochs.id(2))
    epochs.pay(4, 6)
    expectSame(epochs, [0, 1, 4, 5, 6])
    expect(epochs.view(6).account(epochs.id(6))?.claimable).toBe(10_000n)
  })

  it('changes who operates, mints and is paid the fees, and by which figures', () => {
    const epochs = new TestEpochs(4)
    const treasury = epochs.id(5)
    const params = { ...epochs.view(0).roster.governance.params, maxPrice: 7n }
    const operators = { keys: [epochs.id(4), epochs.id(5), epochs.id(6)], needed: 2 }
    const change = { operators, treasury, params, minters: [epochs.id(4)] }
    expect(epochs.change(epochs.order([0, 1, 2, 3], change))).toEqual([begun(1)])
    expect(epochs.view(6).roster.governance).toMatchObject(change)
    const { signers } = epochs
    const alone = epochs.order([0, 1, 2, 3], {}, [epochs.signer(4)])
    expect(epochs.change(alone, 1)).toEqual(refused('order_not_signed'))
    expect(epochs.change(epochs.order([0, 1, 2, 3], {}, signers.slice(4, 6)), 1)).toEqual([begun(2)])
    epochs.mint(2, UNITS_PER_CREDIT, 4)
    const mint = { type: 'mint', to: treasury, amount: 10_000n, memo: '' } as const
    expect([epochs.minds.command(epochs.id(0), mint)]).toEqual(refused('not_a_minter'))
    expectSame(epochs)
    expect(epochs.view(0).account(epochs.id(2))?.claimable).toBe(UNITS_PER_CREDIT)
  })

  it('may be ordered another epoch by a quorum of its witnesses, whose operators are gone', () => {
    const epochs = new TestEpochs(4)
    epochs.minds.stop(epochs.id(0))
    const { signers } = epochs
    expect(epochs.change(epochs.order([1, 2, 3, 4], {}, signers.slice(1, 3)), 1)).toEqual(
      refused('order_not_signed'),
    )
    expect(epochs.change(epochs.order([1, 2, 3, 4], {}, signers.slice(1, 4)), 1)).toEqual([begun(1)])
  })

  it('hears of an epoch that began while it was away', () => {
    const epochs = new TestEpochs(4)
    epochs.mint(4)
    epochs.minds.stop(epochs.id(3))
    epochs.minds.stop(epochs.id(4))
    epochs.change(epochs.order([0, 1, 2, 5]))
    epochs.change(epochs.order([0, 1, 2, 5, 6]))
    for (const at of [3, 4]) epochs.minds.restart(epochs.id(at))
    epochs.pay(4, 6)
    epochs.minds.pass(60_000)
    expect(epochs.view(4).roster.epoch.number).toBe(2)
    expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(10_000n)
  })

  it('keeps its epochs over restarts', () => {
    const epochs = new TestEpochs(4)
    epochs.mint(4)
    epochs.change(epochs.order([0, 1, 2, 5]))
    for (const { id } of epochs.signers) epochs.minds.restart(id)
    epochs.pay(4, 6)
    expectSame(epochs)
    expect(epochs.view(6).roster.epoch).toMatchObject({ number: 1 })
    expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(10_000n)
  })
})

describe('an order is carried out whoever dies', () => {
  it('when the operator that brought it does', () => {
    const epochs = new TestEpochs(4)
    epochs.minds.isCut = (_from, _to, kind) => kind === 'epoch-accept'
    epochs.change(epochs.order([1, 2, 3, 5], {}, [epochs.signer(0)]), 0, 100)
    epochs.minds.stop(epochs.id(0))
    epochs.minds.isCut = () => false
    epochs.minds.pass(60_000)
    expect(epochs.view(5).roster.epoch.number).toBe(1)
  })

  it.each(['epoch-collect', 'propose', 'prepared'])('when the first proposer does before its %s', (kind) => {
    const epochs = new TestEpochs(4)
    epochs.mint(4)
    const [first] = epochs.view(0).roster.epoch.witnesses
    if (first === undefined) throw new RangeError('an epoch has witnesses')
    epochs.minds.isCut = (from, _to, sent) => from === first && sent === kind
    const starter = [0, 1].find((at) => epochs.id(at) !== first) ?? 0
    epochs.change(epochs.order([0, 1, 2, 3, 5]), starter, 200)
    epochs.minds.stop(first)
    epochs.minds.isCut = () => false
    epochs.minds.pass(120_000)
    expect(epochs.view(5).roster.epoch.number).toBe(1)
  })
})
