import { expect, it } from 'vitest'
import { trustInstance } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { chainOf } from './testing-closes.ts'
import {
  chain,
  CHAINS,
  decisionOf,
  fed,
  first,
  fourth,
  ids,
  LATER,
  Peer,
  roster,
  second,
  third,
} from './testing-peer.ts'
import { snapshotId } from './value.ts'

const { charter } = roster

/** As many closes as a snapshot holds. */
const FULL = Array.from({ length: LIMITS.closes }, (_, nonce) =>
  chainOf({
    charter,
    nonce,
    submitter: ids[nonce % ids.length] ?? first,
    replicas: [second, third, fourth].map((peer, at) => ({
      peer,
      did: (nonce + at) % 5 === 0 ? 'outvoted' : 'agreed',
    })),
  }),
)

const full = fed(FULL)
const value = full.build()

it('a full snapshot takes many events to propose, to judge and to apply, each with a bounded piece', () => {
  const proposer = fed(FULL)
  for (const id of ids) proposer.report(id)
  expect(proposer.propose()).toBeUndefined()
  expect(proposer.propose()).toBeUndefined()
  expect(proposer.work()).toBeGreaterThan(20)
  expect(proposer.propose()).toEqual(value)

  const judge = fed(FULL)
  expect(judge.judge(value)).toEqual({ verdict: 'wait' })
  judge.stirred.length = 0
  expect(judge.work()).toBeGreaterThan(20)
  expect(judge.stirred).toContain(trustInstance(1))
  expect(judge.judge(value)).toEqual({ verdict: 'prepare' })
  expect(judge.judge({ ...value, root: snapshotId(1) })).toEqual({ verdict: 'not_valid' })
  expect(judge.decide(value).status).toBe('applied')

  const member = fed(FULL)
  expect(member.receive(decisionOf(value))).toEqual({ status: 'missing', ids: [] })
  expect(member.trust.number).toBe(0)
  expect(member.work()).toBeGreaterThan(20)
  expect(member.trust.root()).toBe(judge.trust.root())
  expect(member.facts.waiting()).toBe(0)
})

it('a fold that a crash cut short begins anew and comes to the same', () => {
  const peer = fed(FULL)
  peer.receive(decisionOf(value))
  for (let event = 0; event < 9; event += 1) peer.workOnce()
  peer.restart()
  expect(peer.trust.number).toBe(0)
  expect(peer.work()).toBe(0)
  peer.receive(decisionOf(value))
  peer.work()
  expect(peer.trust.root()).toBe(value.root)
})

it('folds of several values go on side by side, and one that somebody decides meanwhile ends them', () => {
  const peer = fed(FULL)
  expect(peer.judge(value)).toEqual({ verdict: 'wait' })
  const other = { ...value, closes: value.closes.slice(1) }
  expect(peer.judge(other)).toEqual({ verdict: 'wait' })
  peer.receive(decisionOf(value))
  peer.work()
  expect(peer.trust.number).toBe(1)
  expect(peer.work()).toBe(0)
  expect(peer.judge(other)).toEqual({ verdict: 'not_valid' })
})

it('a small snapshot is folded in the event that asks for it', () => {
  const peer = fed()
  expect(peer.receive(decisionOf(fed().build())).status).toBe('applied')
  expect(peer.work()).toBe(0)
})

it('a proposal stays the same until it is refused for what has come since', () => {
  const peer = new Peer()
  peer.takeAll(CHAINS.slice(0, 2))
  peer.now = LATER
  const before = peer.build()
  const late = chain(70, ['agreed', 'agreed', 'outvoted'])
  peer.takeAll([late])
  expect(peer.propose()).toEqual(before)
  const closes = late.slice(0, 1).map(({ job }) => job)
  peer.refuse(closes)
  expect(peer.propose()).toMatchObject({ closes: [...before.closes, ...closes].toSorted() })
})

it('a proposal that names reports of witnesses of before goes with their epoch', () => {
  const peer = fed()
  const before = peer.build()
  peer.enter([first, second, third])
  const after = peer.propose()
  expect(peer.judge(before)).toEqual({ verdict: 'not_valid' })
  expect(after).toBeDefined()
  if (after !== undefined) expect(peer.judge(after)).toEqual({ verdict: 'prepare' })
})
