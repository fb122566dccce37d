import { describe, expect, it } from 'vitest'
import { createPeer } from '../../protocol/peer/peer.ts'
import { ENTRY, VOTE } from '../../protocol/ledger/entry.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import { createEvidenceReader } from '../checkers/evidence.ts'
import { CALM } from '../faults.ts'
import type { Judge } from '../judge.ts'
import type { Observation } from '../observation.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { createWorld, type World } from '../world.ts'
import type { AdversaryName } from './adversaries.ts'

const UNUSED_JUDGE: Judge = {
  rules: blobRefOf(Uint8Array.of(0)).digest,
  judge: () => {
    throw new Error('nothing to judge')
  },
}
const LIMITS = { virtualMs: 8_000, steps: 100_000 }

/** A swarm of four of which the second does these things, and money moves to it and on. */
function play(...adversaries: readonly AdversaryName[]): {
  readonly world: World
  readonly left: readonly Observation[]
} {
  const plan = (operator: string, own: readonly AdversaryName[] = []): PeerPlan => ({
    operator,
    witness: true,
    runner: 'honest',
    price: 1n,
    skewMs: 0,
    adversaries: own,
  })
  const world = createWorld({
    seed: `adversary ${adversaries.join()}`,
    peers: [plan('a'), plan('b', adversaries), plan('c'), plan('d')],
    faults: CALM,
    charter: {
      diversity: 'operator',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    crypto: 'keyed-hash',
    createMind: createPeer,
    judge: UNUSED_JUDGE,
  })
  const [first, second] = world.peers
  if (first === undefined || second === undefined) throw new Error('four peers')
  const left: Observation[] = []
  world.watch((observation) => {
    if (observation.type === 'left' && observation.peer === second.id) left.push(observation)
  })
  for (const peer of world.peers) world.start(peer)
  world.pass({ ...LIMITS, virtualMs: 200 })
  for (const [minted, sent] of [
    [50_000n, 20_000n],
    [60_000n, 30_000n],
  ] as const) {
    world.command(first, { type: 'mint', to: second.id, amount: minted, memo: '' })
    world.pass(LIMITS)
    world.command(second, { type: 'transfer', to: first.id, amount: sent, memo: '' })
    world.pass(LIMITS)
  }
  return { world, left }
}

function idOf(world: World, at: number) {
  const peer = world.peers[at]
  if (peer === undefined) throw new Error('four peers')
  return peer.id
}

/** Signed bodies of a kind that left the second peer, its own signature alone. */
function said(world: World, left: readonly Observation[], kind: string): readonly Uint8Array[] {
  const reader = createEvidenceReader()
  const self = idOf(world, 1)
  return left.flatMap((observation) => {
    if (observation.type !== 'left' || observation.effect.type !== 'send') return []
    const { signed = [] } = reader.frame(observation.effect.frame) ?? {}
    return signed.filter((one) => one.kind === kind && one.signer === self).map(({ body }) => body)
  })
}

function ownEntries(world: World, left: readonly Observation[]) {
  return said(world, left, ENTRY.kind).map((body) => decodeBody(ENTRY.body, body, 'entry', TRUSTED))
}

describe('an adversary', () => {
  it('none: signs one entry for each place of its chain', () => {
    const { world, left } = play()
    const bodies = new Set(said(world, left, ENTRY.kind).map((body) => Buffer.from(body).toString('hex')))
    expect(bodies.size).toBe(2)
    expect(said(world, left, VOTE.kind).length).toBeGreaterThan(0)
  })

  it('forking owner: signs two, of which at most one is certified', () => {
    const { world, left } = play('forking-owner')
    const entries = ownEntries(world, left)
    const places = new Set(entries.map(({ seq }) => seq))
    const payments = new Set(
      entries.map(({ seq, ops: [op] }) => `${seq} ${op?.type === 'transfer' ? op.to : ''}`),
    )
    expect(payments.size).toBeGreaterThan(places.size)
    const certified = world.peers[0]?.body.view?.account(idOf(world, 1))
    expect(certified?.seq).toBeLessThanOrEqual(2)
  })

  it('certificate hider: its forks are settled, whatever it hides meanwhile', () => {
    const { world, left } = play('certificate-hider')
    const [first] = world.peers
    const owner = idOf(world, 1)
    const entries = ownEntries(world, left)
    expect(entries.length).toBeGreaterThan(new Set(entries.map(({ seq }) => seq)).size)
    expect(
      [...(first?.disk.records().keys() ?? [])].filter((key) => key.startsWith('resolution/')),
    ).not.toEqual([])
    expect(first?.body.view?.account(owner)?.seq).toBe(2)
    const roots = world.peers.map(({ body }) => body.view?.ledgerRoot())
    expect(new Set(roots).size).toBe(1)
  })

  it('double claimer: names an output twice, in vain', () => {
    const { world, left } = play('double-claimer')
    const names = (entry: ReturnType<typeof ownEntries>[number]) =>
      entry.claims.map(({ source, index }) => `${source}/${index}`)
    const all = ownEntries(world, left)
    const greedy = all.filter((entry) => new Set(names(entry)).size < entry.claims.length)
    const again = all.filter((entry) =>
      all.some(
        (before) => before.seq < entry.seq && names(before).some((name) => names(entry).includes(name)),
      ),
    )
    expect(greedy.length + again.length).toBeGreaterThan(0)
    const account = world.peers[0]?.body.view?.account(idOf(world, 1))
    expect((account?.free ?? 0n) + (account?.claimable ?? 0n)).toBe(60_000n)
  })

  it('bad entries: none of them gets anywhere', () => {
    const { world, left } = play('bad-entries')
    expect(ownEntries(world, left).length).toBeGreaterThan(5)
    expect(world.peers[0]?.body.view?.supply().minted).toBe(110_000n)
  })

  it('withholder, lock liar, replayer, forger: the others come to one ledger all the same', () => {
    for (const name of ['withholder', 'lock-liar', 'replayer', 'forger'] as const) {
      const { world } = play(name)
      const [first, , ...others] = world.peers
      const root = first?.body.view?.ledgerRoot()
      for (const { body } of others) expect(body.view?.ledgerRoot()).toBe(root)
      expect(first?.body.view?.counters().entries).toBeGreaterThanOrEqual(2)
    }
  })
})
