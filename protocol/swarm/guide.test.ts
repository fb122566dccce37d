import { expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { createRoster } from './live-roster.ts'
import { fourWitnesses } from './testing-swarm.ts'
import { testSigner } from '../ledger/testing-mind.ts'

const { roster: founded, ids } = fourWitnesses()
const [host, other] = [testSigner(40).id, testSigner(41).id]
const [shown, forged] = [hash('epoch', Uint8Array.of(1)), hash('epoch', Uint8Array.of(2))]

it('lets a newcomer talk to whom it was led to, and makes them no members', () => {
  const roster = createRoster(founded.charter, { peers: [host], epochs: [] })
  expect([host, other, ids[0] ?? host].map((peer) => roster.isContact(peer))).toEqual([true, false, true])
  expect(roster.member(host)).toBeUndefined()
  roster.changes.revoke(new EventOutbox(host, roster.swarm, 0), host)
  expect(roster.isContact(host)).toBe(false)
})

it('lets whoever witnesses be heard, whether or not it is known how that one joined', () => {
  const { roster } = fourWitnesses()
  const live = createRoster(roster.charter)
  expect(live.isContact(other)).toBe(false)
  const governance = { ...roster.governance, witnesses: [other] }
  live.enter(new EventOutbox(host, live.swarm, 0), governance, shown)
  expect(live.member(other)).toBeUndefined()
  expect(live.isContact(other)).toBe(true)
})

it('holds a newcomer to the epochs that it was shown, and to no later ones', () => {
  const roster = createRoster(founded.charter, { peers: [], epochs: [shown] })
  expect(roster.guidedTo).toBe(1)
  expect(roster.mayBegin(1, forged)).toBe(false)
  expect(roster.mayBegin(1, shown)).toBe(true)
  expect(roster.mayBegin(2, forged)).toBe(true)
})
