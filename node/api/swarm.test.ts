import { afterEach, describe, expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { PARTIAL_ORDER } from '../../protocol/epoch/order-text.ts'
import type { EntryId, PeerId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import { EPOCH_ORDER } from '../../protocol/swarm/governance.ts'
import { INVITATION_TEXT, OPEN_SWARM, tokenOf } from '../../protocol/swarm/invitation-text.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import { TICKET_TEXT, ticketFault } from '../../protocol/swarm/ticket.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { nodesOf, payer, PEERS, third } from './sample-swarm.ts'
import { lossWords, swarmWords } from './swarm-words.ts'
import { joinedWords } from '../cli/swarm/members.ts'
import { type Machine, Machines } from './test-server.ts'

const [one, two, three] = [61, 62, 63].map((byte) => createNobleSigner(new Uint8Array(32).fill(byte))) as [
  Signer,
  Signer,
  Signer,
]
const OPERATORS: Partial<Charter> = { operators: { keys: [one.id, two.id].sort(), needed: 2 }, guests: true }

const machines = new Machines()
afterEach(() => machines.close())

/** The machine of whoever holds this key. */
const machineOf = (signer: Signer, charter: Partial<Charter> = OPERATORS) => machines.open(signer, charter)
const invite = ({ owner }: Machine, body: Parameters<typeof owner.createInvitation>[0]['body']) =>
  owner.createInvitation({ body })
const cosign = ({ owner }: Machine, text: string) => owner.cosign({ body: { text, confirmed: true } })

describe('an invitation', () => {
  it('without a grant takes one operator and is whole at once', async () => {
    const machine = await machineOf(one)
    const answer = await invite(machine, {
      label: 'lab',
      roles: ['peer', 'agent'],
      expires_in_s: 3_600,
      peer: third,
    })
    expect(answer).toMatchObject({ kind: 'invitation', signatures: 1, needed: 1, label: 'lab', grant: '0' })
    expect(Date.parse(answer.expires_at)).toBe(machine.backend.now() + 3_600_000)
    const read = INVITATION_TEXT.read(answer.text)
    if (!read.ok) throw new Error(read.code)
    expect(tokenOf(read.value.secret)).toBe(answer.token)
    expect(read.value.invitation.body).toMatchObject({
      token: answer.token,
      peer: third,
      roles: ['peer', 'agent'],
    })
    expect(machine.logged()).not.toContain(answer.text)
  })

  it('with a grant goes from operator to operator, and from the last back to the first', async () => {
    const [first, other] = [await machineOf(one), await machineOf(two)]
    const begun = await invite(first, { grant: '5' })
    expect(begun).toMatchObject({ kind: 'partial', signatures: 1, needed: 2 })
    // It holds no secret: whoever sees it on its way can't use it.
    const signed = await cosign(other, begun.text)
    expect(signed).toMatchObject({ kind: 'partial', signatures: 2, needed: 2 })
    const whole = await cosign(first, signed.text ?? '')
    expect(whole).toMatchObject({ kind: 'invitation', signatures: 2, grant: '5', token: begun.token })
    const read = INVITATION_TEXT.read(whole.text ?? '')
    expect(read.ok && tokenOf(read.value.secret)).toBe(begun.token)
    // Twice by one machine is one signature.
    expect(await cosign(first, begun.text)).toMatchObject({ kind: 'partial', signatures: 1 })
  })

  it('is made with a key of an operator alone', async () => {
    const machine = await machineOf(three)
    await expect(invite(machine, {})).rejects.toMatchObject({ code: 'not_an_operator', status: 403 })
  })

  it.each([
    [{ grant: '0.001' }, 'amount_out_of_range'],
    [{ label: 'ö'.repeat(33) }, 'out_of_range'],
    [{ label: '' }, 'out_of_range'],
    [{ label: 'elm\nash' }, 'text_not_well_formed'],
    [{ expires_in_s: 59 }, 'out_of_range'],
    [{ peer: 'nobody' }, 'out_of_range'],
  ])('refuses %j', async (body, code) => {
    await expect(invite(await machineOf(one), body)).rejects.toMatchObject({ code })
  })
})

describe('a text to be signed', () => {
  it('is shown first, and nothing is signed then', async () => {
    const [first, other] = [await machineOf(one), await machineOf(two)]
    const show = (text: string) => other.owner.cosign({ body: { text } })
    const invitation = await invite(first, { grant: '5', label: 'shed' })
    expect(await show(invitation.text)).toMatchObject({
      kind: 'unconfirmed',
      grant: '5',
      label: 'shed',
      signatures: 1,
    })
    const revocation = await first.owner.revokeKey({ body: { key: payer } })
    const shown = await show(revocation.text ?? '')
    expect(shown).toMatchObject({ kind: 'unconfirmed', key: payer, signatures: 1, text: null })
    expect('warnings' in shown && shown.warnings.join(' ')).toMatch(/operator-0.*this peer itself.*demote/)
    expect(other.backend.commands).toEqual([])
    // The one who began it signed it then: there is nothing new to agree to.
    const { text } = await cosign(other, invitation.text)
    expect(await first.owner.cosign({ body: { text: text ?? '' } })).toMatchObject({ kind: 'invitation' })
  })

  it.each([
    ['nonsense', 'text_unreadable'],
    ['hlp1qqqq', 'text_unreadable'],
    ['hlr1qqqq', 'text_unreadable'],
  ])('%s is refused', async (text, code) => {
    await expect(cosign(await machineOf(one), text)).rejects.toMatchObject({ code, status: 422 })
  })

  it.each([0, LIMITS.witnesses + 1])('is refused by name as an order with %i witnesses', async (count) => {
    const { owner, backend } = await machineOf(one)
    const { roster, swarm } = backend.view
    const witnesses = Array.from({ length: count }, () => third)
    const body = { number: 1, governance: { ...roster.governance, witnesses } }
    const order = {
      ...signTogether([one], swarm, EPOCH_ORDER, { ...body, governance: roster.governance }),
      body,
    }
    const text = PARTIAL_ORDER.write({ swarm, order })
    await expect(owner.cosign({ body: { text } })).rejects.toMatchObject({
      code: 'text_unreadable',
      detail: expect.stringContaining('names no witness, or more than the 64'),
    })
  })

  it('of another swarm is refused', async () => {
    const other = await machineOf(one, { ...OPERATORS, name: 'another' })
    const { text } = await invite(other, { grant: '5' })
    await expect(cosign(await machineOf(two), text)).rejects.toMatchObject({ code: 'text_foreign' })
  })
})

describe('a revocation', () => {
  it('is submitted once enough operators have signed', async () => {
    const [first, other] = [await machineOf(one), await machineOf(two)]
    const begun = await first.owner.revokeKey({ body: { key: third } })
    expect(begun).toMatchObject({ kind: 'partial', signatures: 1, needed: 2, entry_id: null })
    expect(first.backend.commands).toEqual([])
    expect(await cosign(other, begun.text ?? '')).toMatchObject({
      kind: 'revocation',
      signatures: 2,
      text: null,
    })
    expect(await cosign(other, begun.text ?? '')).toMatchObject({ kind: 'unchanged' })
    expect(other.backend.commands).toMatchObject([
      { type: 'revoke', revocation: { body: { key: third, epoch: 0 } } },
    ])
  })

  it('is brought again where the entry that brought it came to nothing', async () => {
    const [first, other] = [await machineOf(one), await machineOf(two)]
    const { text } = await first.owner.revokeKey({ body: { key: third } })
    const brought = await cosign(other, text ?? '')
    const entry = 'entry_id' in brought ? brought.entry_id : null
    expect(await cosign(other, text ?? '')).toMatchObject({ kind: 'unchanged', entry_id: entry })
    other.backend.ledger.voided.add(entry as EntryId)
    expect(await cosign(other, text ?? '')).toMatchObject({ kind: 'revocation' })
    expect(other.backend.commands).toHaveLength(2)
  })
})

describe('a ticket', () => {
  it('lets its bearer in as a guest of the swarm until it expires', async () => {
    const machine = await machineOf(one)
    const answer = await machine.owner.createTicket({ body: { rights: ['read'], expires_in_s: 60 } })
    const read = TICKET_TEXT.read(answer.ticket)
    if (!read.ok) throw new Error(read.code)
    expect(answer.link).toBe(
      `http://127.0.0.1:8000/#/attach/${machine.backend.view.swarm}/%2Fip4%2F127.0.0.1%2Ftcp%2F9000?ticket=${answer.ticket}`,
    )
    const { secret, ticket } = read.value
    expect(tokenOf(secret)).toBe(answer.key)
    const now = machine.backend.now()
    const faultFor = (key: PeerId, at: number) => ticketFault(ticket, key, machine.backend.view.roster, at)
    // Its signer is an operator that is no member.
    expect(faultFor(ticket.body.key, now)).toBe('ticket_not_by_a_member')
    expect(faultFor(third, now)).toBe('ticket_of_another_key')
    expect(faultFor(ticket.body.key, now + 60_000)).toBe('ticket_expired')
  })

  it('is issued nowhere where the charter admits no guests', async () => {
    const machine = await machineOf(one, { ...OPERATORS, guests: false })
    await expect(machine.owner.createTicket({ body: {} })).rejects.toMatchObject({
      code: 'guests_not_admitted',
    })
  })
})

describe('the members of a swarm', () => {
  it('show which labels are one vote with theirs', async () => {
    const roles: Charter['founders'][number]['roles'] = ['peer']
    const founders = ['oak', 'elm'].map((operator) => ({ peer: one.id, roles, operator }))
    const others = [
      { peer: two.id, roles, operator: 'elm' },
      { peer: three.id, roles, operator: 'fir' },
    ]
    const { client } = await machineOf(one, { ...OPERATORS, founders: [...founders, ...others] })
    const { items } = await client.listMembers({ query: {} })
    const shown = new Map(items.map(({ peer_id: id, ...member }) => [id, member]))
    for (const { id } of [one, two])
      expect(shown.get(id)).toMatchObject({ label: 'elm', other_labels: ['oak'] })
    expect(shown.get(three.id)).toMatchObject({ label: 'fir', other_labels: [] })
    expect(joinedWords(items)).toEqual(['', expect.stringContaining('One vote together, for good')])
    expect(joinedWords(items.filter(({ label }) => label === 'fir'))).toEqual([])
  })
})

describe('the status of a swarm', () => {
  it('names who operates it, and whom this peer reaches', async () => {
    const { client } = await machineOf(two)
    const status = await client.getSwarm()
    expect(status.operators).toMatchObject({ needed: 2, held: [two.id] })
    expect(status.sentences.join(' ')).not.toContain('operators must sign')
    expect(status.witnesses).toMatchObject({ count: 4, faulty: 1, quorum: 3, spare: 1, reached: 3 })
    expect(status.join_text).toBeNull()
    const alone = await (await machineOf(two, { ...OPERATORS, witnesses: [one.id] })).client.getSwarm()
    expect(alone.sentences.join(' ')).toContain('2 operators must sign, but the only witness')
    const open = await (await machineOf(two, { ...OPERATORS, admission: 'open' })).client.getSwarm()
    expect(OPEN_SWARM.read(open.join_text ?? '')).toMatchObject({ ok: true, value: { swarm: open.swarm_id } })
  })

  it('counts a witness that never votes again as none, and says what to do', async () => {
    const { client, backend, owner } = await machineOf(two)
    const nodes = nodesOf(backend.now())
    const forgetful = nodes.map((node, at) =>
      at === 1 && node.heartbeat ? { ...node, heartbeat: { ...node.heartbeat, lost: true } } : node,
    )
    Object.assign(backend.view, { nodes: () => forgetful })
    const { witnesses, sentences } = await client.getSwarm()
    expect(witnesses).toMatchObject({ reached: 2, list: [{}, { reached: true, lost: true }, {}, {}] })
    expect(sentences.join(' ')).toContain('never votes again')
    const { items } = await client.listMembers({ query: {} })
    expect(items.map(({ lost }) => lost)).toEqual([false, true, false, false])
    expect((await owner.getDiagnosis()).witnesses).toMatchObject({ reached: 2, lost: [PEERS[1]] })
  })

  it.each([
    [4, 1, 'All others are needed'],
    [4, 2, 'Only 2 of 4 witnesses can vote at all and 3 are needed'],
    [7, 1, 'One of the others may stop'],
  ])('of %i witnesses of which %i never vote again says: %s', (count, gone, words) => {
    const names = ['a', 'b'].slice(0, gone)
    expect(lossWords(quorumSizes(count), names).join(' ')).toContain(words)
    expect(lossWords(quorumSizes(count), [])).toEqual([])
  })

  it.each([
    [1, 1, 'its disk is lost, the swarm is lost'],
    [2, 2, 'All 2 witnesses are needed'],
    [3, 3, '2 of 3 witnesses are needed. One may stop'],
    [3, 2, 'exactly as many as are needed'],
    [4, 4, 'One may lie without harm'],
    [7, 4, 'One is missing, so nothing is certified'],
    [7, 3, '2 are missing, so nothing is certified'],
    [10, 9, '2 of them may stop and things go on'],
  ])('of %i witnesses with %i reached says: %s', (count, reached, words) => {
    expect(swarmWords({ sizes: quorumSizes(count), reached, isWitness: false }).join(' ')).toContain(words)
  })
})
