import { afterEach, describe, expect, it } from 'vitest'
import type { OrderAnswer, OrderRequest } from '../../protocol/api/epoch-schema.ts'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { PARTIAL_ORDER } from '../../protocol/epoch/order-text.ts'
import { type PeerId, peerIdOf } from '../../protocol/ids.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { EPOCH_ORDER, type Governance } from '../../protocol/swarm/governance.ts'
import { digestNamed } from './sample-swarm.ts'
import { type Machine, Machines } from './test-server.ts'

const signers = [71, 72, 73, 74].map((byte) => createNobleSigner(new Uint8Array(32).fill(byte)))
const [one, two, three, four] = signers as [Signer, Signer, Signer, Signer]
const LABELS = ['oak', 'elm', 'fir', 'ash']
const founders = signers.map(({ id }, at): Charter['founders'][number] => ({
  peer: id,
  roles: ['peer'],
  operator: LABELS[at] ?? '',
}))

/** Founded by `oak`, which witnesses alone; it and `elm` operate, and either of them may do so alone. */
const SWARM: Partial<Charter> = {
  founders,
  witnesses: [one.id],
  operators: { keys: [one.id, two.id].sort(), needed: 1 },
  minters: [one.id],
  treasury: one.id,
}
const BOTH: Partial<Charter> = { ...SWARM, operators: { keys: [one.id, two.id].sort(), needed: 2 } }

const machines = new Machines()
afterEach(() => machines.close())

/** The machine of whoever holds this key, which is its peer's own. */
async function machineOf(signer: Signer, charter: Partial<Charter> = SWARM): Promise<Machine> {
  const machine = await machines.open(signer, charter)
  Object.assign(machine.backend, { view: { ...machine.backend.view, self: signer.id } })
  return machine
}

const order = ({ owner }: Machine, body: OrderRequest) => owner.orderEpoch({ body })
const cosign = async ({ owner }: Machine, text: string, confirmed = true): Promise<OrderAnswer> => {
  const answer = await owner.cosign({ body: { text, confirmed } })
  if ('next' in answer) return answer
  throw new Error('it is no order')
}

/** A text that somebody else's program wrote. */
function textOf(
  { backend }: Machine,
  change: Partial<Governance> = {},
  { number = 1, swarm = backend.view.swarm } = {},
): string {
  const governance = { ...backend.view.roster.governance, ...change }
  const signed = signTogether([one], swarm, EPOCH_ORDER, { number, governance })
  return PARTIAL_ORDER.write({ swarm, order: signed })
}

describe('an order', () => {
  it('names members by their labels, and is brought once however often it is repeated', async () => {
    const machine = await machineOf(one)
    const answer = await order(machine, { add: ['elm', 'fir', 'ash'] })
    expect(answer).toMatchObject({ kind: 'order', number: 1, warnings: [] })
    expect(answer.changes).toHaveLength(3)
    expect(new Set(answer.missing.map(({ label }) => label))).toEqual(new Set(['elm', 'fir', 'ash']))
    expect(await order(machine, { add: ['ash', 'fir', 'elm'] })).toMatchObject({ kind: 'order' })
    expect(machine.backend.orders).toHaveLength(1)
    const { orders, current } = await machine.owner.getEpoch()
    expect(current).toBe(0)
    expect(orders).toMatchObject([{ number: 1, stopped: false, signers: [{ label: 'oak' }] }])
  })

  it('of what is so already changes nothing', async () => {
    const machine = await machineOf(one)
    expect(await order(machine, { add: ['oak'], remove: ['elm'] })).toMatchObject({ kind: 'unchanged' })
    expect(machine.backend.orders).toEqual([])
  })

  it.each<[string, OrderRequest, RegExp]>([
    ['two witnesses', { add: ['elm'] }, /both are needed/],
    ['three witnesses', { add: ['elm', 'fir'] }, /none may lie/],
    [
      'more operators than a quorum has witnesses',
      { operators: ['oak', 'elm'], needed: 2 },
      /the only witness/,
    ],
    ['leaving oneself', { add: ['elm', 'fir', 'ash'], remove: ['oak'] }, /This peer itself/],
    ['giving up the last key here', { operators: ['elm'] }, /no key of an operator any more/],
  ])('that leads to %s is signed when that was confirmed', async (_, body, words) => {
    const machine = await machineOf(one)
    const seen = await order(machine, body)
    expect(seen.kind).toBe('unconfirmed')
    expect(seen.text).toBeNull()
    expect(seen.warnings.join(' ')).toMatch(words)
    expect(machine.backend.orders).toEqual([])
    expect(await order(machine, { ...body, confirmed: true })).toMatchObject({ kind: 'order' })
  })

  it('that lets fewer lie is warned of', async () => {
    const witnesses = signers.map(({ id }) => id).sort()
    const machine = await machineOf(one, { ...SWARM, witnesses })
    const { warnings } = await order(machine, { remove: ['ash'] })
    expect(warnings.join(' ')).toContain('none may lie')
    const sizes = { add: ['elm', 'fir', 'ash'], remove: ['oak', 'elm', 'fir'] }
    expect((await order(machine, sizes)).warnings.join(' ')).toContain('its disk is the swarm')
  })

  it('is warned of no more for what is so already, which is shown with the epoch', async () => {
    const machine = await machineOf(one, BOTH)
    expect((await order(machine, { fee: '1', confirmed: true })).warnings).toEqual([])
    const { sentences } = await machine.owner.getEpoch()
    expect(sentences.join(' ')).toContain('the only witness can order any change alone')
  })

  it('beside another that waits is warned of, and against one that is being decided refused', async () => {
    const machine = await machineOf(one)
    await order(machine, { add: ['elm', 'fir', 'ash'] })
    const other = await order(machine, { fee: '1' })
    expect(other.warnings.join(' ')).toContain('whichever is complete first')
    const [waiting] = machine.backend.orders
    if (waiting === undefined) throw new Error('it waits')
    machine.backend.orders[0] = { ...waiting, isStopped: true }
    await expect(order(machine, { fee: '1', confirmed: true })).rejects.toMatchObject({
      code: 'order_pending',
    })
  })

  it.each<[string, OrderRequest, string, RegExp]>([
    ['no witness', { remove: ['oak'] }, 'order_out_of_range', /names 0/],
    ['a member that nobody knows', { add: ['yew'] }, 'witness_unknown', /"yew"/],
    ['a key of no member', { add: [peerIdOf(new Uint8Array(32).fill(9))] }, 'witness_unknown', /invite it/],
    ['an operator twice', { operators: ['elm', 'elm'] }, 'operator_twice', /twice/],
    ['a minter twice', { minters: ['elm', 'elm'] }, 'minter_twice', /twice/],
    ['more signatures than operators', { needed: 3 }, 'operators_needed_out_of_range', /more operators/],
    ['no signature', { needed: 0 }, 'order_out_of_range', /range/],
    ['a fee of no amount', { fee: '-1' }, 'out_of_range', /fee/],
    ['a trust of nothing', { prior_trust: 0 }, 'order_out_of_range', /range/],
  ])('of %s is refused with a sentence', async (_, body, code, words) => {
    const machine = await machineOf(one)
    const refusal = await order(machine, { ...body, confirmed: true }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code })
    expect(String(refusal)).toMatch(words)
    expect(machine.backend.orders).toEqual([])
  })

  it('of 65 witnesses is refused, of 64 not', async () => {
    const many = Array.from({ length: 64 }, (_, at): Charter['founders'][number] => {
      const { id } = createNobleSigner(new Uint8Array(32).fill(100 + at))
      return { peer: id, roles: ['peer'], operator: `tree-${at}` }
    })
    const machine = await machineOf(one, { ...SWARM, founders: [...founders, ...many] })
    const all = many.map(({ peer }) => peer)
    await expect(order(machine, { add: all })).rejects.toMatchObject({
      code: 'order_out_of_range',
      detail: expect.stringContaining('names 65'),
    })
    expect(await order(machine, { add: all.slice(1) })).toMatchObject({ kind: 'order' })
  })

  it('names one of several with a label by its id', async () => {
    const twins = founders.map((one, at) => ({ ...one, operator: at > 1 ? 'twin' : one.operator }))
    const machine = await machineOf(one, { ...SWARM, founders: twins })
    const refusal = await order(machine, { add: ['twin'] }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'label_ambiguous' })
    for (const { id } of [three, four]) expect(String(refusal)).toContain(id)
  })

  it('takes a key of an operator or of a witness', async () => {
    const refusal = await order(await machineOf(three), { fee: '1' }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'not_an_operator', status: 403 })
    const witnesses = [one.id, three.id].sort()
    const answer = await order(await machineOf(three, { ...SWARM, witnesses }), { fee: '1' })
    expect(answer).toMatchObject({
      kind: 'partial',
      signatures: { operators: { given: 0, needed: 1 }, witnesses: { given: 1, needed: 2 } },
    })
  })
})

describe('an order on its way', () => {
  it('is shown before it is signed, and brought by the one who makes it whole', async () => {
    const charter: Partial<Charter> = { ...BOTH, witnesses: [one.id, two.id, four.id].sort() }
    const [first, other] = [await machineOf(one, charter), await machineOf(two, charter)]
    const begun = await order(first, { fee: '1' })
    expect(begun).toMatchObject({ kind: 'partial', signatures: { operators: { given: 1, needed: 2 } } })
    expect(first.backend.orders).toEqual([])
    const shown = await cosign(other, begun.text ?? '', false)
    expect(shown).toMatchObject({ kind: 'unconfirmed', changes: ['Fee of a job: 1 (before: 0).'] })
    expect(other.backend.orders).toEqual([])
    expect(await cosign(first, begun.text ?? '')).toMatchObject({ kind: 'partial' })
    const whole = await cosign(other, begun.text ?? '')
    expect(whole).toMatchObject({ kind: 'order', signatures: { operators: { given: 2 } } })
    expect(other.backend.orders).toHaveLength(1)
    // Anybody may bring what enough have signed.
    const third = await machineOf(three, charter)
    expect(await cosign(third, whole.text ?? '')).toMatchObject({ kind: 'order' })
    await expect(cosign(third, begun.text ?? '')).rejects.toMatchObject({ code: 'not_an_operator' })
  })

  it.each<[string, (machine: Machine) => string, string]>([
    [
      'for a closed epoch',
      (machine) => textOf(machine, { treasury: two.id }, { number: 7 }),
      'order_out_of_time',
    ],
    ['of another swarm', (machine) => textOf(machine, {}, { swarm: digestNamed(3) }), 'text_foreign'],
    ['with rules of nobody', (machine) => textOf(machine, { rules: digestNamed(1) }), 'rules_unknown'],
    ['that names a stranger', (machine) => textOf(machine, { witnesses: [strange] }), 'witness_unknown'],
    ['that was forged', forgedText, 'signature_wrong'],
    ['that was cut', (machine) => textOf(machine).slice(0, -9), 'text_unreadable'],
  ])('%s is refused and signed by nobody', async (_, write, code) => {
    const machine = await machineOf(one)
    await expect(cosign(machine, write(machine))).rejects.toMatchObject({ code })
    expect(machine.backend.orders).toEqual([])
  })
})

const strange: PeerId = createNobleSigner(new Uint8Array(32).fill(99)).id

/** Signed for one treasury, and changed to another. */
function forgedText(machine: Machine): string {
  const [real, changed] = [one.id, two.id].map((treasury) => {
    const read = PARTIAL_ORDER.read(textOf(machine, { treasury }))
    if (!read.ok) throw new Error(read.code)
    return read.value
  }) as [{ order: { signatures: never } }, { swarm: never; order: object }]
  const { swarm, order: body } = changed
  return PARTIAL_ORDER.write({ swarm, order: { ...body, signatures: real.order.signatures } as never })
}

describe('agreeing to witness', () => {
  it('is refused where no order names this peer, with what an operator types', async () => {
    const machine = await machineOf(two)
    const refusal = await machine.owner.acceptEpoch().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'no_order', status: 404 })
    expect(String(refusal)).toContain(`hyperlooms swarm promote ${two.id}`)
  })

  it('shows the order that names it, and says so to one that witnesses already', async () => {
    const machine = await machineOf(two)
    await order(machine, { add: ['elm', 'fir', 'ash'] })
    const answer = await machine.owner.acceptEpoch()
    expect(answer).toMatchObject({ kind: 'accepted', number: 1, orders: [{ number: 1 }] })
    expect(await (await machineOf(one)).owner.acceptEpoch()).toMatchObject({ kind: 'unchanged', number: 0 })
  })
})

it('an epoch that this peer has not heard of is none', async () => {
  const machine = await machineOf(one)
  await expect(machine.owner.getEpoch({ query: { number: 1 } })).rejects.toMatchObject({
    code: 'epoch_not_found',
  })
  expect(await machine.owner.getEpoch({ query: { number: 0 } })).toMatchObject({
    number: 0,
    count: 1,
    spare: 0,
  })
})
