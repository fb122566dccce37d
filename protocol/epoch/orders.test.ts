import { describe, expect, it } from 'vitest'
import { sign } from '../encoding/signed.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { testEntry, testRevocation } from '../swarm/testing-invitations.ts'
import type { Governance } from '../swarm/governance.ts'
import { LIMITS } from '../params.ts'
import { keys } from '../records/keys.ts'
import { OrderPlaces } from './order-places.ts'
import { TestEpochs } from './testing-orders.ts'
import { ACCEPT, orderDigestOf, type SignedAccept, type SignedOrder } from './value.ts'

const refused = (code: string) => [{ ok: false, code, detail: expect.any(String) as string }]
const begun = (number: number) => [{ ok: true, type: 'epoch', number }]
const numbers = (epochs: TestEpochs) => epochs.signers.map((_, at) => epochs.view(at).roster.epoch.number)
const stopped = (epochs: TestEpochs) =>
  epochs.signers.flatMap((_, at) => (epochs.view(at).change().stoppedMs === undefined ? [] : [at]))
const ids = (epochs: TestEpochs, witnesses: readonly number[]) => witnesses.map((at) => epochs.id(at)).sort()

describe('an order is refused to whoever gives it', () => {
  const many = Array.from({ length: 65 }, (_, at) => testSigner(at).id).sort()
  it.each<[string, string, (epochs: TestEpochs) => Partial<Governance>]>([
    ['without a witness', 'order_out_of_range', () => ({ witnesses: [] })],
    ['of 65 witnesses', 'order_out_of_range', () => ({ witnesses: many })],
    ['under rules that nobody brings', 'rules_unknown', () => ({ rules: 'a'.repeat(64) as never })],
    [
      'that names witnesses in another order',
      'witnesses_not_ascending',
      (epochs) => ({ witnesses: ids(epochs, [0, 1]).toReversed() }),
    ],
    ['that names no member', 'witness_unknown', () => ({ witnesses: [testSigner(9).id] })],
    [
      'that needs more operators than it names',
      'operators_needed_out_of_range',
      (epochs) => ({ operators: { keys: [epochs.id(0)], needed: 2 } }),
    ],
  ])('%s', (_name, code, change) => {
    const epochs = new TestEpochs(4)
    expect(epochs.change(epochs.order([0, 1, 2, 3], change(epochs)))).toEqual(refused(code))
    expect(stopped(epochs)).toEqual([])
  })

  it('for an epoch that has begun, or is not the next', () => {
    const epochs = new TestEpochs(4)
    const order = epochs.order([0, 1, 2, 4])
    const next = { ...order.body, number: 2 }
    expect(epochs.change(order)).toEqual(begun(1))
    expect(epochs.change(order)).toEqual(refused('order_out_of_time'))
    epochs.minds.say(epochs.id(5), epochs.id(1), 'epoch-order', { order, accepts: [], root: null })
    expect(
      epochs.minds.changeEpoch(epochs.id(0), { type: 'sign-order', body: next, signatures: [] }),
    ).toEqual([expect.objectContaining({ ok: true })])
    expect(numbers(epochs)).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(stopped(epochs)).toEqual([])
  })

  it('that names somebody whom the operators have revoked', () => {
    const epochs = new TestEpochs(4)
    const [operator, revoked] = [epochs.signer(0), epochs.signer(4)]
    const { swarm } = epochs.minds.roster
    const entry = testEntry(swarm, testSigner(9), [testRevocation(swarm, [operator], revoked)])
    for (const witness of [0, 1, 2, 3])
      epochs.minds.say(epochs.id(5), epochs.id(witness), 'certify', { epoch: 0, entry, evidence: [] })
    epochs.minds.pass(10_000)
    expect(epochs.change(epochs.order([0, 1, 2, 4]))).toEqual(refused('witness_revoked'))
  })

  it('whose signatures are too few, or none that hold', () => {
    const epochs = new TestEpochs(4)
    expect(epochs.change(epochs.order([0, 1], {}, [epochs.signer(5)]))).toEqual(refused('order_not_signed'))
    const order = epochs.order([0, 1])
    const forged = order.signatures.map(({ signer }) => ({ signer, sig: new Uint8Array(64) }))
    expect(epochs.change({ ...order, signatures: forged })).toEqual(refused('order_not_signed'))
    const other = epochs.order([0, 1, 2])
    expect(epochs.change({ ...order, bytes: other.bytes })).toEqual(refused('order_not_signed'))
    expect(stopped(epochs)).toEqual([])
  })
})

it('an order that is not valid stops no witness that it is sent to', () => {
  const epochs = new TestEpochs(4)
  const early = epochs.order([0, 1, 2])
  const others = [
    epochs.order([0, 1, 2], {}, [epochs.signer(4)]),
    epochs.order([0, 1, 2], {}, [epochs.signer(1), epochs.signer(2)]),
    epochs.order([0, 1, 2], { witnesses: ids(epochs, [0, 1, 2]).toReversed() }),
    { ...early, body: { ...early.body, number: 2 } },
  ]
  for (const order of others)
    epochs.minds.say(epochs.id(5), epochs.id(1), 'epoch-order', { order, accepts: [], root: null })
  expect(stopped(epochs)).toEqual([])
  expect(epochs.view(1).change().order).toBeUndefined()
})

it('operators sign one after the other, and nobody else', () => {
  const epochs = new TestEpochs(4)
  const operators = { keys: [epochs.id(4), epochs.id(5)], needed: 2 }
  epochs.change(epochs.order([0, 1, 2, 3], { operators }))
  const { body } = epochs.order([0, 1, 2])
  const sign = (at: number, signatures: SignedOrder['signatures']) =>
    epochs.minds.changeEpoch(epochs.id(at), { type: 'sign-order', body, signatures })
  expect(sign(6, [])).toEqual(refused('not_an_operator'))
  const [first] = sign(4, []) as { order: SignedOrder }[]
  expect(epochs.change(first?.order ?? epochs.order([0]))).toEqual(refused('order_not_signed'))
  const [both] = sign(5, first?.order.signatures ?? []) as { order: SignedOrder }[]
  expect(epochs.change(both?.order ?? epochs.order([0]), 6)).toEqual(begun(2))
})

describe('nobody is made a witness without its host', () => {
  it('which agrees by a command', () => {
    const epochs = new TestEpochs(4)
    epochs.minds.acceptsWitness = () => false
    epochs.minds.restart(epochs.id(5))
    expect(epochs.change(epochs.order([0, 1, 2, 5]))).toEqual([])
    expect(epochs.view(1).change()).toMatchObject({ missing: [epochs.id(5)], stoppedMs: undefined })
    expect(stopped(epochs)).toEqual([])
    const agree = (number: number) => epochs.minds.changeEpoch(epochs.id(5), { type: 'accept-epoch', number })
    expect(agree(2)).toEqual(refused('no_order'))
    expect(agree(1)).toEqual([{ ok: true, type: 'accepted' }])
    epochs.minds.pass(20_000)
    expect(numbers(epochs)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('which is told where it can witness in none: votes may be lost, or its program lacks the rules', () => {
    const epochs = new TestEpochs(4)
    const named = epochs.id(5)
    const agree = () => epochs.minds.changeEpoch(named, { type: 'accept-epoch', number: 1 })
    const hear = (change: Partial<Governance>) => {
      const body = { order: epochs.order([0, 1, 2, 5], change), accepts: [], root: null }
      epochs.minds.say(epochs.id(4), named, 'epoch-order', body)
    }
    epochs.minds.acceptsWitness = () => false
    epochs.minds.restart(named)
    hear({ rules: 'b'.repeat(64) as never })
    expect(agree()).toEqual(refused('rules_unknown'))
    // One of two orders it can carry out.
    hear({})
    expect(agree()).toEqual([{ ok: true, type: 'accepted' }])
    epochs.minds.write(named, keys.amnesia, new Uint8Array(0))
    epochs.minds.restart(named)
    hear({})
    expect(agree()).toEqual(refused('votes_lost'))
    epochs.minds.pass(20_000)
    expect(numbers(epochs)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('which has agreed for good, though the peer starts again before it is level', () => {
    const epochs = new TestEpochs(4)
    const late = epochs.id(5)
    epochs.minds.acceptsWitness = () => false
    epochs.minds.restart(late)
    epochs.change(epochs.order([0, 1, 2, 5]))
    epochs.minds.isCut = (_from, to, kind) => to === late && kind.startsWith('sync-')
    expect(epochs.minds.changeEpoch(late, { type: 'accept-epoch', number: 1 })).toEqual([
      { ok: true, type: 'accepted' },
    ])
    expect(epochs.view(1).change().missing).toEqual([late])
    epochs.minds.restart(late)
    epochs.minds.isCut = () => false
    epochs.minds.pass(20_000)
    expect(numbers(epochs)).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(epochs.minds.stored(late, keys.epochAgreed)).toBeUndefined()
  })

  it('nor by what somebody else, or it about another order, has signed', () => {
    const epochs = new TestEpochs(4)
    epochs.minds.acceptsWitness = () => false
    epochs.minds.restart(epochs.id(5))
    const order = epochs.order([0, 1, 2, 5])
    const { swarm } = epochs.minds.roster
    const accept = (at: number, about: SignedOrder, number = 1): SignedAccept =>
      sign(epochs.signer(at), swarm, ACCEPT, { number, order: orderDigestOf(about) })
    const others = [accept(4, order), accept(5, epochs.order([0, 1, 5])), accept(5, order, 2)]
    for (const one of others) {
      epochs.minds.say(epochs.id(4), epochs.id(1), 'epoch-order', { order, accepts: [one], root: null })
      expect(stopped(epochs)).toEqual([])
    }
    const mine = accept(5, order)
    epochs.minds.say(epochs.id(4), epochs.id(1), 'epoch-order', { order, accepts: [mine], root: null })
    epochs.minds.pass(20_000)
    expect(numbers(epochs)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })
})

it('of two orders for one epoch one is carried out, and the other is answered', () => {
  const epochs = new TestEpochs(4)
  const [one, other] = [epochs.order([0, 1, 2, 5]), epochs.order([0, 1, 2, 6])]
  // Each is heard of by half of the witnesses first.
  epochs.minds.isCut = (from, to, kind) =>
    kind === 'epoch-order' && [2, 3].includes(indexOf(epochs, to)) !== [2, 3].includes(indexOf(epochs, from))
  epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order: one })
  epochs.minds.changeEpoch(epochs.id(3), { type: 'order-epoch', order: other })
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  expect(new Set(epochs.signers.map((_, at) => epochs.view(at).roster.epoch.decision)).size).toBe(1)
  expect(numbers(epochs)).toEqual([1, 1, 1, 1, 1, 1, 1])
  epochs.mint(4)
  expect(epochs.view(6).account(epochs.id(4))?.claimable).toBeGreaterThan(0n)
})

describe('however many orders wait for an accept', () => {
  /** Orders of the one operator that add a witness whose host doesn't agree. */
  function waiting(count: number) {
    const epochs = new TestEpochs(4)
    epochs.minds.acceptsWitness = () => false
    epochs.minds.restart(epochs.id(5))
    const { params } = epochs.view(0).roster.governance
    const orders = Array.from({ length: count }, (_, at) =>
      epochs.order([0, 1, 2, 5], { params: { ...params, maxPrice: BigInt(at + 1) } }),
    )
    return { epochs, orders }
  }
  const send = (epochs: TestEpochs, order: SignedOrder) => {
    for (const to of [0, 1, 2, 3])
      epochs.minds.say(epochs.id(6), epochs.id(to), 'epoch-order', { order, accepts: [], root: null })
  }

  it('the next one is carried out', () => {
    const { epochs, orders } = waiting(LIMITS.orders + 1)
    for (const order of orders) send(epochs, order)
    expect(stopped(epochs)).toEqual([])
    expect(epochs.change(epochs.order([0, 1, 2, 4]), 6)).toEqual(begun(1))
  })

  it('so is one that its owner brought before, while others are replayed', () => {
    const { epochs, orders } = waiting(LIMITS.orders + 1)
    const mine = epochs.order([0, 1, 2, 4])
    epochs.minds.isCut = (_from, _to, kind) => kind === 'epoch-order'
    expect(epochs.minds.changeEpoch(epochs.id(6), { type: 'order-epoch', order: mine })).toEqual([])
    for (const order of orders) {
      send(epochs, order)
      epochs.minds.say(epochs.id(4), epochs.id(6), 'epoch-order', { order, accepts: [], root: null })
    }
    epochs.minds.isCut = () => false
    epochs.minds.pass(60_000)
    expect(epochs.minds.answers).toEqual(begun(1))
  })

  it('those who give few keep their places beside one who gives many', () => {
    const { epochs, orders } = waiting(2 * LIMITS.orders)
    const places = new OrderPlaces(epochs.view(0).roster)
    const few = epochs.order([0, 1], {}, epochs.signers.slice(1, 4))
    places.add(orderDigestOf(few), few)
    for (const order of orders) {
      places.add(orderDigestOf(order), order)
      places.trim()
    }
    expect(places.size).toBe(LIMITS.orders)
    expect(places.get(orderDigestOf(few))).toBeDefined()
    const newest = orders.at(-1)
    expect(newest === undefined ? undefined : places.get(orderDigestOf(newest))).toBeDefined()
  })

  it('every command is answered', () => {
    const { epochs, orders } = waiting(LIMITS.ownOrders + 1)
    const answers = orders.map((order) =>
      epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order }),
    )
    expect(answers.slice(0, -1).flat()).toEqual([])
    expect(answers.at(-1)).toEqual(refused('order_replaced'))
    const results = epochs.change(epochs.order([0, 1, 2, 4]), 6)
    const superseded = Array.from({ length: LIMITS.ownOrders }, () => refused('order_superseded')).flat()
    expect(results).toHaveLength(1 + LIMITS.ownOrders)
    expect(results).toEqual(expect.arrayContaining([...begun(1), ...superseded]))
  })
})

function indexOf(epochs: TestEpochs, peer: string): number {
  return epochs.signers.findIndex(({ id }) => id === peer)
}
