import { describe, expect, it } from 'vitest'
import { blobRefOf } from '../protocol/ids.ts'
import { CALM, type Faults } from './faults.ts'
import type { Judge } from './judge.ts'
import type { Observation } from './observation.ts'
import { createStandInMind } from './stand-in-mind.ts'
import type { PeerPlan } from './peer-plan.ts'
import { createWorld, type World, type WorldPeer } from './world.ts'

const UNUSED_JUDGE: Judge = {
  rules: blobRefOf(Uint8Array.of(0)).digest,
  judge: () => {
    throw new Error('nothing to judge')
  },
}

const ROUGH: Faults = {
  link: {
    ...CALM.link,
    jitterMs: 30,
    lossPpm: 100_000,
    duplicatePpm: 100_000,
    reorderPpm: 100_000,
    reorderMs: 50,
  },
  host: { ...CALM.host, syncMs: { min: 5, max: 20 }, verifyMs: { min: 0, max: 10 } },
}

const plan = (operator: string): PeerPlan => ({
  operator,
  witness: true,
  runner: 'honest',
  price: 1n,
  skewMs: 0,
})

function createTestWorld(seed: string, faults = ROUGH, fails = () => false): World {
  return createWorld({
    seed,
    peers: [plan('a'), plan('b'), plan('c'), plan('d')],
    faults,
    charter: {
      diversity: 'operator',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    crypto: 'keyed-hash',
    createMind: createStandInMind,
    judge: UNUSED_JUDGE,
    fails,
  })
}

const LIMITS = { virtualMs: 10_000, steps: 100_000 }

function pass(world: World, ms: number): void {
  world.pass({ ...LIMITS, virtualMs: ms })
}

function say(world: World, peer: WorldPeer, memo: string): number {
  return world.command(peer, { type: 'transfer', to: peer.id, amount: 1n, memo })
}

function play(seed: string): World {
  const world = createTestWorld(seed)
  const [first, second] = world.peers
  for (const peer of world.peers) world.start(peer)
  pass(world, 100)
  for (let at = 0; at < 20; at += 1) for (const peer of world.peers) say(world, peer, `${at}`)
  pass(world, 15)
  if (first !== undefined) world.crash(first)
  pass(world, 200)
  if (first !== undefined) world.start(first)
  if (second !== undefined) say(world, second, 'late')
  pass(world, 200)
  return world
}

describe('world', () => {
  it('has one trace for one seed', () => {
    expect(play('one').traceHash()).toBe(play('one').traceHash())
    expect(play('one').traceHash()).not.toBe(play('two').traceHash())
  })

  it('lets nothing leave before what it relies on is durable', () => {
    const world = createTestWorld('durable')
    const [first] = world.peers
    if (first === undefined) throw new Error('no peers')
    const left: Observation[] = []
    world.watch((observation) => {
      if (observation.type !== 'left') return
      expect(first.disk.durable().has('own/said/x')).toBe(true)
      left.push(observation)
    })
    for (const peer of world.peers) world.start(peer)
    pass(world, 100)
    const asked = say(world, first, 'x')
    expect(left).toEqual([])
    expect(world.resultOf(asked)).toBeUndefined()
    world.runUntil(() => world.resultOf(asked) !== undefined, LIMITS)
    expect(left.map((observation) => observation.type === 'left' && observation.effect.type)).toEqual([
      'send',
      'send',
      'send',
      'respond',
    ])
  })

  it('takes from a crashed peer what was not synced, and its words with it', () => {
    const world = createTestWorld('crash', { ...CALM, host: { ...CALM.host, syncMs: { min: 50, max: 50 } } })
    const [first, second] = world.peers
    if (first === undefined || second === undefined) throw new Error('no peers')
    for (const peer of world.peers) world.start(peer)
    pass(world, 100)
    const asked = say(world, first, 'x')
    pass(world, 20)
    world.crash(first)
    pass(world, 500)
    expect(world.resultOf(asked)).toBeUndefined()
    expect(second.disk.records().size).toBe(0)
    expect(first.body.view).toBeUndefined()
    const kept = first.disk.records().size
    world.start(first)
    expect(first.body.view?.counters().entries).toBe(kept)
  })

  it('fails the power where it is told to, and nothing leaves from then on', () => {
    let isFailing = false
    const world = createTestWorld('power', CALM, () => isFailing)
    const [first, second] = world.peers
    if (first === undefined || second === undefined) throw new Error('no peers')
    for (const peer of world.peers) world.start(peer)
    pass(world, 100)
    isFailing = true
    const asked = say(world, first, 'x')
    expect(first.body.running).toBe(false)
    expect(first.disk.records().size).toBe(0)
    isFailing = false
    pass(world, 100)
    expect(world.resultOf(asked)).toBeUndefined()
    expect(second.disk.records().size).toBe(0)
  })

  it('lets frames vanish where it is told to, in one direction alone', () => {
    const world = createTestWorld('blocked', CALM)
    const [first, second] = world.peers
    if (first === undefined || second === undefined) throw new Error('no peers')
    for (const peer of world.peers) world.start(peer)
    pass(world, 100)
    world.setBlocked((from, to) => from === first.id && to === second.id)
    say(world, first, 'x')
    pass(world, 100)
    expect(second.disk.records().size).toBe(0)
    say(world, second, 'y')
    pass(world, 100)
    // Its own word and the other's.
    expect(first.disk.records().size).toBe(2)
  })

  it('reports a mind that throws and runs it no further', () => {
    const world = createTestWorld('throw')
    const [first] = world.peers
    if (first === undefined) throw new Error('no peers')
    const threw: Observation[] = []
    world.watch((observation) => {
      if (observation.type === 'threw') threw.push(observation)
    })
    world.start(first)
    world.command(first, { type: 'mint', to: first.id, amount: 1n, memo: '' })
    world.command(first, { type: 'mint', to: first.id, amount: 1n, memo: '' })
    expect(threw).toHaveLength(1)
  })
})
