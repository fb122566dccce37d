import { beforeEach, describe, expect, it } from 'vitest'
import { sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS, TIMES } from '../params.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { Outbox } from '../peer/outbox.ts'
import { createRoster, rosterOf } from '../swarm/live-roster.ts'
import { createDriver, type Driver, type DriverParts } from './driver.ts'
import { ENTRY, entryIdOf, type SignedEntry, type Vote, VOTE } from './entry.ts'
import type { Fact } from './fact.ts'
import { testCharter, testSigner } from './testing-mind.ts'

const signers = [0, 1, 2, 3, 4].map(testSigner)
const [owner = testSigner(0), witness = owner] = signers
const roster = rosterOf(testCharter(signers, 4))
const zero = '0'.repeat(64) as Digest
const entry = sign(owner, roster.swarm, ENTRY, {
  account: owner.id,
  seq: 0,
  prev: zero,
  claims: [],
  ops: [],
  free: 0n,
})

/** The same entry under another name. */
const renamed = (number: number): SignedEntry => ({
  ...entry,
  bytes: Uint8Array.of(...entry.bytes, number >> 8, number & 255),
})

/** Somebody else's entry, under a name of its own. */
const foreign = (number: number): SignedEntry => ({
  ...renamed(number),
  body: { ...entry.body, account: witness.id },
})

let driver: Driver
let applied: Fact[]
let announced: unknown[]
let conflicts: (readonly [SignedEntry, SignedEntry])[]
let gaveUp: (readonly [SignedEntry, string])[]
let asked: string[]
let timers: Map<string, number>
const out = {
  send: (to: string, kind: string) => asked.push(`${kind} ${to}`),
  timer: (id: string, delayMs: number) => timers.set(id, delayMs),
  cancelTimer: (id: string) => timers.delete(id),
  load: (wanted: readonly string[]) => asked.push(`load ${wanted.length}`),
} as unknown as Outbox

beforeEach(() => {
  applied = []
  announced = []
  asked = []
  conflicts = []
  gaveUp = []
  timers = new Map()
  driver = createDriver(parts())
})

const parts = (): DriverParts => ({
  self: owner.id,
  roster,
  apply: (_out, fact) => applied.push(fact),
  announce: (_out, what) => announced.push(what),
  conflict: (_out, one, other) => conflicts.push([one, other]),
  gaveUp: (_out, given, why) => gaveUp.push([given, why]),
  evidenceKeys: (_entry, ids) => ids,
  shownWith: () => undefined,
  isStopped: () => false,
  serveEpochs: () => undefined,
})

function vote(by: number, change: Partial<Vote> = {}) {
  const signer = signers[by] ?? owner
  const body = { epoch: 0, account: owner.id, seq: 0, entry: entryIdOf(entry), ...change }
  const { bytes, sig } = sign(signer, roster.swarm, VOTE, body)
  return driver.onVote(out, { kind: 'vote', from: signer.id, signer: signer.id, body, bytes, sig })
}

function reply(by: number, outcome: MessageOf<'certify-reply'>['body']['outcome']) {
  const from = signers[by]?.id ?? owner.id
  const body = { entry: entryIdOf(entry), outcome }
  const none = new Uint8Array()
  return driver.onReply(out, { kind: 'certify-reply', from, signer: from, body, bytes: none, sig: none })
}

describe('a driven entry', () => {
  it.each<[string, number, Partial<Vote>]>([
    ['not_driven', 1, { entry: zero }],
    ['wrong_epoch', 1, { epoch: 1 }],
    ['not_a_witness', 4, {}],
    ['wrong_entry', 1, { seq: 1 }],
    ['wrong_entry', 1, { account: signers[1]?.id ?? owner.id }],
  ])('ignores a vote as %s', (code, by, change) => {
    driver.drive(out, entry)
    vote(1)
    vote(2)
    expect(vote(by, change)).toBe(code)
    expect(applied).toEqual([])
  })

  it('counts a witness once, and is certified by the quorum alone', () => {
    driver.drive(out, entry)
    expect([vote(1), vote(1), vote(2), vote(2)]).toEqual(['counted', 'counted', 'counted', 'counted'])
    expect(applied).toEqual([])
    asked = []
    expect(vote(3)).toBe('certified')
    expect(applied).toHaveLength(1)
    expect(announced).toEqual([{ account: owner.id, seq: 0, entry: entryIdOf(entry) }])
    const others = roster.epoch.witnesses.filter((witness) => witness !== owner.id)
    expect(asked).toEqual(others.map((witness) => `facts ${witness}`))
    expect(timers.size).toBe(0)
    expect(vote(0)).toBe('not_driven')
  })

  it('is repeated with growing pauses, to those that have not answered', () => {
    driver.drive(out, entry)
    vote(1)
    reply(2, { type: 'reject', code: 'balance_mismatch' })
    asked = []
    const [timer = ''] = timers.keys()
    const pauses = Array.from({ length: 6 }, () => {
      const pause = timers.get(timer)
      expect(driver.onTimer(out, timer)).toBe(true)
      return pause
    })
    expect(pauses).toEqual([1, 2, 4, 8, 12.5, 12.5].map((factor) => factor * TIMES.retryMs))
    const open = new Set([0, 3].map((by) => `certify ${signers[by]?.id}`))
    expect(new Set(asked)).toEqual(open)
    expect(asked).toHaveLength(12)
  })

  it('tells a witness of an earlier epoch of this one, and asks that one again soon, a few times', () => {
    const later = createRoster(roster.charter)
    later.enter(new EventOutbox(owner.id, roster.swarm, 0), roster.governance, zero)
    const told: unknown[] = []
    const own = createDriver({
      ...parts(),
      roster: later,
      serveEpochs: (_out, behind, to) => told.push([behind, to]),
    })
    own.drive(out, entry)
    const [timer = ''] = timers.keys()
    for (let times = 0; times < 4; times += 1) own.onTimer(out, timer)
    const before = timers.get(timer) ?? 0
    const answer = (epoch: number) =>
      own.onReply(out, {
        from: witness.id,
        body: { entry: entryIdOf(entry), outcome: { type: 'epoch', epoch } },
      } as MessageOf<'certify-reply'>)
    answer(2)
    expect([told, timers.size]).toEqual([[], 1])
    answer(0)
    expect(told).toEqual([[0, witness.id]])
    const [, soon = ''] = timers.keys()
    expect(timers.get(soon)).toBeLessThan(TIMES.retryMs)
    asked = []
    const delays = Array.from({ length: 5 }, () => {
      timers.delete(soon)
      answer(0)
      const delay = timers.get(soon)
      if (delay !== undefined) own.onTimer(out, soon)
      return delay
    })
    expect(delays).toEqual([200, 400, undefined, undefined, undefined])
    expect(asked).toEqual([`certify ${witness.id}`, `certify ${witness.id}`])
    expect([told, timers.get(timer)]).toEqual([[[0, witness.id]], before])
  })

  it('loads a bounded number of facts for a witness that lacks some', () => {
    driver.drive(out, entry)
    asked = []
    reply(1, { type: 'missing', ids: Array.from({ length: LIMITS.missing }, () => zero) })
    expect(asked).toEqual(['load 8'])
    expect(reply(4, { type: 'missing', ids: [zero] })).toBe('not_a_witness')
  })

  it('supplies a witness that lacks the same again once between two repetitions', () => {
    const other = '1'.repeat(64) as Digest
    driver.drive(out, entry)
    asked = []
    reply(1, { type: 'missing', ids: [zero] })
    reply(1, { type: 'missing', ids: [zero] })
    expect(asked).toEqual(['load 1'])
    reply(1, { type: 'missing', ids: [other] })
    reply(2, { type: 'missing', ids: [zero] })
    expect(asked).toEqual(['load 1', 'load 1', 'load 1'])
    driver.onTimer(out, [...timers.keys()][0] ?? '')
    asked = []
    reply(1, { type: 'missing', ids: [other] })
    expect(asked).toEqual(['load 1'])
  })
})

it('drives at most so many entries, and frees a place with each that is done', () => {
  const entries = Array.from({ length: LIMITS.drivenEntries + 1 }, (_, number) => foreign(number))
  const last = entries.pop() ?? entry
  for (const each of entries) expect(driver.drive(out, each)).toBe(true)
  expect(driver.drive(out, last)).toBe(false)
  // One that is driven already takes no further place.
  expect(driver.drive(out, entries[0] ?? entry)).toBe(true)
  driver.settled(out, (entries[0] ?? entry).body, undefined)
  expect(driver.drive(out, last)).toBe(true)
})

it("always has room for its own peer's entry", () => {
  for (let number = 0; number <= LIMITS.drivenEntries; number += 1) driver.drive(out, foreign(number))
  expect(driver.drive(out, entry)).toBe(true)
})
