import { beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { CONSENT } from './invitation.ts'
import { joinEntry } from './joining.ts'
import { rosterOf } from './live-roster.ts'
import type { RelayOutcome } from './join-refusals.ts'
import { createRelays, type Relays } from './relays.ts'
import { testEntry, testInvitation } from './testing-invitations.ts'

const SIGNERS = [0, 1, 2, 3].map(testSigner)
const [operator] = SIGNERS as [Signer]
const token = testSigner(10)
const roster = rosterOf(testCharter(SIGNERS, 4))
const { swarm } = roster
const invitation = testInvitation(swarm, [operator], token)
const entryOf = (peer: Signer, given = invitation, key = token): SignedEntry =>
  joinEntry(swarm, { token: key, peer, invitation: given, roles: ['peer'] })

let relays: Relays
let driven: SignedEntry[]
let answers: Map<number, RelayOutcome>
let settledSeq: number
let hasRoom: boolean
let out: EventOutbox

beforeEach(() => {
  driven = []
  answers = new Map()
  settledSeq = 0
  hasRoom = true
  out = new EventOutbox(operator.id, swarm, 1_000)
  relays = createRelays({
    roster,
    ledger: {
      nextSeq: () => settledSeq,
      drive: (_out, entry) => {
        if (hasRoom) driven.push(entry)
        return hasRoom
      },
    },
    answer: (_out, command, outcome) => {
      if (answers.has(command)) throw new Error(`command ${command} was answered twice`)
      answers.set(command, outcome)
    },
  })
})

const settle = (entry: SignedEntry) => {
  settledSeq = 1
  relays.placeSettled(out, entry.body, entry)
}
const used = { status: 'refused', code: 'invitation_used' }
const newcomers = Array.from({ length: 100 }, (_, at) => testSigner(100 + at))

describe('relaying joins', () => {
  it('drives one of a hundred entries of one token, and tells the others that it is used', () => {
    newcomers.forEach((peer, at) => relays.relay(out, at, entryOf(peer)))
    expect(driven).toEqual([entryOf(newcomers[0] as Signer)])
    settle(driven[0] as SignedEntry)
    expect(answers.get(0)).toEqual({ status: 'certified' })
    expect([...answers.values()].filter(({ status }) => status === 'certified')).toHaveLength(1)
    expect([...answers].slice(1).map(([, outcome]) => outcome)).toEqual(newcomers.slice(1).map(() => used))
    relays.relay(out, 500, entryOf(testSigner(99)))
    expect(answers.get(500)).toEqual(used)
  })

  it('tells everybody who brought the same entry', () => {
    const entry = entryOf(testSigner(11))
    relays.relay(out, 1, entry)
    relays.relay(out, 2, entry)
    expect(driven).toHaveLength(1)
    settle(entry)
    expect([...answers.values()]).toEqual([{ status: 'certified' }, { status: 'certified' }])
  })

  it('goes on with the next one when the witnesses refuse the first', () => {
    const [first, second] = [entryOf(testSigner(11)), entryOf(testSigner(12))]
    relays.relay(out, 1, first)
    relays.relay(out, 2, second)
    relays.gaveUp(out, second, 'invitation_expired')
    expect(answers.size).toBe(0)
    relays.gaveUp(out, first, 'conflict')
    expect(answers.get(1)).toEqual({ status: 'refused', code: 'invitation_contested' })
    expect(driven.map(entryIdOf)).toEqual([first, second].map(entryIdOf))
    settle(second)
    expect(answers.get(2)).toEqual({ status: 'certified' })
  })

  it('answers later when it takes too long, and goes on with what is driven', () => {
    const [first, second] = [entryOf(testSigner(11)), entryOf(testSigner(12))]
    relays.relay(out, 1, first)
    relays.relay(out, 2, second)
    expect(relays.onTimer(out, 'relay/1')).toBe(true)
    expect(relays.onTimer(out, 'relay/2')).toBe(true)
    expect([...answers.values()]).toEqual([{ status: 'later' }, { status: 'later' }])
    relays.relay(out, 3, first)
    expect(driven).toHaveLength(1)
    settle(first)
    expect(answers.get(3)).toEqual({ status: 'certified' })
    expect(relays.onTimer(out, 'ledger/drive/x')).toBe(false)
  })

  it('has room for 256 that wait, and for one more when one of them was answered', () => {
    const waiting = Array.from({ length: 256 }, (_, at) => at)
    for (const at of waiting) relays.relay(out, at, entryOf(testSigner(11)))
    expect(answers.size).toBe(0)
    relays.relay(out, 256, entryOf(testSigner(11)))
    expect(answers.get(256)).toEqual({ status: 'later' })
    relays.onTimer(out, 'relay/0')
    relays.relay(out, 257, entryOf(testSigner(11)))
    expect(answers.has(257)).toBe(false)
  })

  it('asks for patience where too much is driven already', () => {
    hasRoom = false
    relays.relay(out, 1, entryOf(testSigner(11)))
    expect(answers.get(1)).toEqual({ status: 'later' })
  })

  const peer = testSigner(11)
  const stranger = testSigner(12)
  const consent = sign(peer, swarm, CONSENT, { token: token.id, roles: ['peer'] })
  const join = { type: 'join' as const, invitation, consent }
  const bearerOf = (id: PeerId) => testInvitation(swarm, [operator], token, { peer: id })
  it.each<[string, SignedEntry]>([
    ['not_a_join', testEntry(swarm, token, [join, join])],
    ['not_a_join', testEntry(swarm, token, [{ type: 'transfer', to: peer.id, amount: 10_000n, memo: '' }])],
    ['not_a_join', { ...entryOf(peer), signer: stranger.id }],
    ['invitation_not_signed', entryOf(peer, testInvitation(swarm, [stranger], token))],
    ['invitation_of_another_token', entryOf(peer, invitation, stranger)],
    ['invitation_for_another_peer', entryOf(peer, bearerOf(stranger.id))],
    ['invitation_expired', entryOf(peer, testInvitation(swarm, [operator], token, { notAfter: 1_000 }))],
    ['invitation_not_yet', entryOf(peer, testInvitation(swarm, [operator], token, { notBefore: 1_001 }))],
  ])('asks no witness about what it can refuse itself: %s', (code, entry) => {
    relays.relay(out, 1, entry)
    expect(answers.get(1)).toEqual({ status: 'refused', code })
    expect(driven).toEqual([])
  })
})

it('an invitation of an epoch that this member has not heard of is refused by others, or by nobody', () => {
  const later = testInvitation(swarm, [operator], token, { epoch: 1 })
  relays.relay(out, 1, entryOf(testSigner(100), later))
  expect(answers.get(1)).toEqual({ status: 'later' })
  expect(driven).toEqual([])
})
