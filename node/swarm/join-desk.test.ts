import { beforeEach, describe, expect, it } from 'vitest'
import { createNobleVerifier } from '../../protocol/crypto/noble-verifier.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { type Certificate, encodingOf } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { testCharter, testSigner } from '../../protocol/ledger/testing-mind.ts'
import type { CommandResult } from '../../protocol/peer/command.ts'
import { TestMinds } from '../../protocol/peer/testing-minds.ts'
import { keys } from '../../protocol/records/keys.ts'
import { decodeCharter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import {
  encodeJoinRequest,
  type JoinRequest,
  joinEntry,
  readJoinAnswer,
} from '../../protocol/swarm/joining.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { testInvitation } from '../../protocol/swarm/testing-invitations.ts'
import { TICKET } from '../../protocol/swarm/ticket.ts'
import type { LedgerHistory } from '../api/backend.ts'
import { createGuests, type Guests } from './guests.ts'
import { createJoinDesk, type JoinDesk } from './join-desk.ts'

const SIGNERS = [0, 1, 2, 3, 4].map(testSigner)
const [operator, , , , member] = SIGNERS as [Signer, Signer, Signer, Signer, Signer]
const [token, newcomer, other] = [testSigner(10), testSigner(11), testSigner(12)]
const charter = { ...testCharter(SIGNERS, 4), guests: true }
const roster = rosterOf(charter)
const { swarm } = roster
const entry = joinEntry(swarm, {
  token,
  peer: newcomer,
  invitation: testInvitation(swarm, [operator], token),
  roles: ['peer'],
})

interface Office {
  readonly minds: TestMinds
  readonly desk: JoinDesk
  readonly guests: Guests
  /** Commands that reached the mind. */
  readonly commands: string[]
  certificate(): Certificate | undefined
}

/** The desk of a member that is no witness. */
function openOffice(): Office {
  const minds = new TestMinds(roster, SIGNERS)
  const { view } = minds.mindOf(member.id)
  const commands: string[] = []
  let found: Certificate | undefined
  const certificate = () => {
    const facts = minds.heard(operator.id, 'facts').flatMap(({ body }) => body.facts)
    for (const fact of facts) if (fact.type === 'certificate') found = fact.certificate
    return found
  }
  const ledger: Pick<LedgerHistory, 'entry'> = {
    entry: async (id) => {
      const known = certificate()
      if (known === undefined || entryIdOf(known.entry) !== id) return undefined
      const { entry: certified, quorum } = known
      return { id, entry: certified, quorum, proof: 'certificate', bytes: encodingOf(known), verified: true }
    },
  }
  const guests = createGuests(view.roster, () => minds.now)
  const desk = createJoinDesk({
    view,
    ledger,
    guests,
    epochDecision: async (number) => minds.storeOf(member.id).get(keys.epochDecision(number)),
    verifier: createNobleVerifier(),
    now: () => minds.now,
    command: async (command) => {
      commands.push(command.type)
      // None of these commands is about epochs.
      const result = minds.command(member.id, command) as CommandResult | undefined
      return result ?? { ok: false, code: 'not_ready', detail: '' }
    },
  })
  return { minds, desk, guests, commands, certificate }
}

let office: Office
beforeEach(() => {
  office = openOffice()
})

const ask = async (from: PeerId, request: JoinRequest, at: Office = office) =>
  readJoinAnswer(await at.desk(from, encodeJoinRequest(request)))
const refused = (code: string) => ({ type: 'refused', code })
const isMember = ({ minds }: Office) => minds.mindOf(member.id).view.roster.member(newcomer.id) !== undefined

describe('a desk for newcomers', () => {
  it('shows the charter to anybody', async () => {
    const answer = await ask(newcomer.id, { type: 'charter' })
    if (answer?.type !== 'charter') throw new Error('no charter')
    expect(swarmIdOf(decodeCharter(answer.charter))).toBe(swarm)
  })

  it('brings a join to the witnesses, and answers with its certificate however often it is asked', async () => {
    const answer = await ask(newcomer.id, { type: 'redeem', entry })
    expect(answer).toMatchObject({ type: 'joined', certificate: { entry: { bytes: entry.bytes } } })
    expect(isMember(office)).toBe(true)
    expect(await ask(newcomer.id, { type: 'redeem', entry })).toEqual(answer)
    expect(office.commands).toEqual(['relay'])
    const another = joinEntry(swarm, {
      token,
      peer: other,
      invitation: testInvitation(swarm, [operator], token),
      roles: ['peer'],
    })
    expect(await ask(other.id, { type: 'redeem', entry: another })).toEqual(refused('invitation_used'))
  })

  it('lets in whoever shows a certificate that it had not heard of, and nobody else by it', async () => {
    const elsewhere = openOffice()
    await ask(newcomer.id, { type: 'redeem', entry }, elsewhere)
    const certificate = elsewhere.certificate()
    if (certificate === undefined) throw new Error('the join was certified')
    expect(isMember(office)).toBe(false)
    expect(await ask(other.id, { type: 'show', certificate })).toEqual(refused('consent_of_another_peer'))
    expect(isMember(office)).toBe(false)
    expect(await ask(newcomer.id, { type: 'show', certificate })).toEqual({ type: 'admitted' })
    expect(isMember(office)).toBe(true)
    expect(await ask(newcomer.id, { type: 'show', certificate })).toEqual({ type: 'admitted' })
    expect(office.commands).toEqual(['take-certificate'])
  })

  it('takes no certificate that too few signed', async () => {
    const elsewhere = openOffice()
    await ask(newcomer.id, { type: 'redeem', entry }, elsewhere)
    const certificate = elsewhere.certificate()
    if (certificate === undefined) throw new Error('the join was certified')
    const { quorum } = certificate
    const [first = new Uint8Array(64), ...rest] = quorum.sigs
    const forged = { ...certificate, quorum: { ...quorum, sigs: [first.map((byte) => byte ^ 1), ...rest] } }
    const one = { ...certificate, quorum: { ...quorum, signers: Uint8Array.of(1), sigs: [first] } }
    expect(await ask(newcomer.id, { type: 'show', certificate: forged })).toEqual(refused('request_forged'))
    expect(await ask(newcomer.id, { type: 'show', certificate: one })).toEqual(refused('request_unreadable'))
    expect(office.commands).toEqual([])
  })

  const changed = { ...entry, sig: entry.sig.map((byte) => byte ^ 1) }
  it.each<[string, PeerId, SignedEntry]>([
    ['consent_of_another_peer', other.id, entry],
    ['request_forged', newcomer.id, changed],
  ])('does nothing for a join that is %s', async (code, from, given) => {
    expect(await ask(from, { type: 'redeem', entry: given })).toEqual(refused(code))
    expect(office.commands).toEqual([])
  })

  it('answers bytes that mean nothing', async () => {
    const whole = encodeJoinRequest({ type: 'redeem', entry })
    for (const frame of [new Uint8Array(0), Uint8Array.of(0xff), whole.slice(0, -1), new Uint8Array(65_536)])
      expect(readJoinAnswer(await office.desk(newcomer.id, frame))).toEqual(refused('request_unreadable'))
  })

  it('lets one peer ask 32 times at once, and others go on', async () => {
    for (let count = 0; count < 32; count += 1)
      expect(await ask(newcomer.id, { type: 'charter' })).toMatchObject({ type: 'charter' })
    expect(await ask(newcomer.id, { type: 'charter' })).toMatchObject({ type: 'later' })
    expect(await ask(other.id, { type: 'charter' })).toMatchObject({ type: 'charter' })
    office.minds.pass(1_000)
    expect(await ask(newcomer.id, { type: 'charter' })).toMatchObject({ type: 'charter' })
  })
})

describe('a guest', () => {
  const ticketBy = (signer: Signer, notAfter: number) =>
    sign(signer, swarm, TICKET, { key: other.id, rights: ['read'], notAfter })

  it('is let in by a ticket of a member, until it expires', async () => {
    const ticket = ticketBy(member, office.minds.now + 60_000)
    expect(await ask(newcomer.id, { type: 'attach', ticket })).toEqual(refused('ticket_of_another_key'))
    expect(await ask(other.id, { type: 'attach', ticket })).toEqual({ type: 'admitted' })
    expect(office.guests.isGuest(other.id)).toBe(true)
    expect(office.guests.rightsOf(other.id)).toEqual(['read'])
    office.minds.pass(60_000)
    expect(office.guests.isGuest(other.id)).toBe(false)
    expect(await ask(other.id, { type: 'attach', ticket })).toEqual(refused('ticket_expired'))
  })

  it('needs a ticket of a member that is valid for no longer than a week', async () => {
    const stranger = ticketBy(newcomer, office.minds.now + 60_000)
    expect(await ask(other.id, { type: 'attach', ticket: stranger })).toEqual(
      refused('ticket_not_by_a_member'),
    )
    const week = 7 * 24 * 3_600_000
    const long = ticketBy(member, office.minds.now + week + 1)
    expect(await ask(other.id, { type: 'attach', ticket: long })).toEqual(refused('ticket_too_long'))
    const longest = ticketBy(member, office.minds.now + week)
    expect(await ask(other.id, { type: 'attach', ticket: longest })).toEqual({ type: 'admitted' })
  })

  it('leaves when others come and there are 64', () => {
    const { guests, minds } = office
    const tickets = Array.from({ length: 65 }, (_, at) => {
      const { id: key } = testSigner(200 + at)
      return sign(member, swarm, TICKET, { key, rights: ['read'], notAfter: minds.now + 60_000 })
    })
    for (const ticket of tickets) expect(guests.admit(ticket.body.key, ticket)).toBeUndefined()
    expect(tickets.map(({ body }) => guests.isGuest(body.key))).toEqual(tickets.map((_, at) => at > 0))
  })
})
