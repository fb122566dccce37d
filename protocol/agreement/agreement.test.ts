import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { CANCEL } from '../jobs/messages.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { said } from '../trust/testing-closes.ts'
import { NO_ITEMS } from './instance-rules.ts'
import {
  EXPIRED,
  GUARD,
  INSTANCE,
  Swarm,
  UNASSIGNED,
  proposing,
  type Node,
  IDS,
} from './testing-agreement.ts'

/** The payer's word about a job; nobody here looks at signatures. */
const CANCELLED = said(CANCEL, IDS[0] as PeerId, { job: jobIdOf(IDS[0] as PeerId, 0) })

describe('agreement', () => {
  it("decides the natural proposer's value in round 0, with a quorum of commits", () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    swarm.stir(first)
    const decision = first.decisions[0]
    expect(swarm.decided()[0]).toBe('unassigned')
    expect(decision?.round).toBe(0)
    expect(decision?.quorum.sigs.length).toBeGreaterThanOrEqual(3)
  })

  it('does not decide without a quorum, and goes on when one is back', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    const [, , third, fourth] = IDS
    swarm.drop = (_from, to) => to === third || to === fourth
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    swarm.drop = () => false
    swarm.pass(10_000)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('asks again a witness whose guard lets time pass', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    for (const node of swarm.nodes) node.local.judge = () => GUARD
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    for (const node of swarm.nodes) node.local.judge = () => ({ verdict: 'prepare' })
    swarm.pass(1_000)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it.each([
    ['never valid', { verdict: 'not_valid' }],
    ['short of a cancel', { verdict: 'guard', items: { ...NO_ITEMS, cancels: [CANCELLED] } }],
  ] as const)('repairs in round 1 a value that is %s', (_, refused) => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    for (const node of swarm.nodes) node.local.dueMs = swarm.now
    for (const node of swarm.nodes)
      node.local.judge = (value) =>
        value.type === 'void' && value.reason === 'unassigned' ? { verdict: 'prepare' } : refused
    // What it would propose next has changed by the time that round 1 starts.
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    first.local.value = UNASSIGNED
    swarm.settle()
    expect(first.decisions[0]?.round).toBe(1)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('proposes in a round whose promises are here once the value is, which takes work', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    for (const node of swarm.nodes) {
      node.local.dueMs = swarm.now
      node.local.judge = (value) =>
        value.type === 'void' && value.reason === 'unassigned'
          ? { verdict: 'prepare' }
          : { verdict: 'not_valid' }
    }
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    first.local.value = undefined
    swarm.settle()
    expect(swarm.decided()).toEqual([])
    first.local.value = UNASSIGNED
    swarm.stir(first)
    expect(first.decisions[0]?.round).toBe(1)
  })

  it('lets a witness take over when the natural proposer is gone, carrying what may have been decided', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    // The prepared certificate gets out, every commit is lost: nobody knows whether it was decided.
    swarm.drop = (from, to, kind) => kind === 'commit' && to === first.id && from !== first.id
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    swarm.drop = (from, to) => from === first.id || to === first.id
    for (const node of swarm.nodes) {
      node.local.dueMs = swarm.now
      node.local.value = UNASSIGNED
      swarm.stir(node)
    }
    swarm.pass(30_000)
    const others = swarm.nodes.slice(1).flatMap(({ decisions }) => decisions)
    expect(others.length).toBeGreaterThan(0)
    expect(new Set(others.map(({ value }) => (value.type === 'void' ? value.reason : value.type)))).toEqual(
      new Set(['expired']),
    )
    expect(others[0]?.round).toBeGreaterThan(1)
  })

  it('proposes the same value again after a restart', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    swarm.drop = () => true
    swarm.stir(first)
    swarm.drop = () => false
    swarm.restart(first)
    first.local.value = UNASSIGNED
    swarm.stir(first)
    expect(swarm.decided()[0]).toBe('expired')
  })

  it('gives the stored answer after a restart and never prepares a second value in a round', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    swarm.drop = (_from, to) => to === first.id
    swarm.stir(first)
    const second = swarm.nodes[1] as Node
    swarm.restart(second)
    const before = [...second.disk.values()].map((value) => value.join())
    // The proposer forgets everything, disk included, and proposes another value in the same round.
    first.disk.clear()
    swarm.restart(first)
    first.local.value = UNASSIGNED
    swarm.drop = (_from, to, kind) => to === first.id && kind !== 'prepare'
    swarm.stir(first)
    expect([...second.disk.values()].map((value) => value.join())).toEqual(before)
    expect(swarm.decided()).toEqual([])
  })

  it('is not stopped by one witness that claims to have promised a higher round', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    const liar = swarm.nodes[3] as Node
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    swarm.act(liar, (out) =>
      out.send(first.id, 'refusal', {
        instance: INSTANCE,
        epoch: 0,
        round: 0,
        code: 'promised',
        missing: [],
        ...NO_ITEMS,
      }),
    )
    swarm.drop = (from, _to, kind) => from === liar.id && kind !== 'refusal'
    swarm.settle()
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('forgets an instance once it is decided', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    swarm.stir(first)
    for (const node of swarm.nodes) swarm.act(node, (out) => node.agreement.forget(out, INSTANCE))
    expect(swarm.nodes.every(({ disk }) => disk.size === 0)).toBe(true)
  })
})
