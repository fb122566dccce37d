import { expect, it } from 'vitest'
import { decodeEnvelope, plainFrame } from '../../protocol/encoding/envelope.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import { ENTRY, entryIdOf, genesisOf, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import { TIMES } from '../../protocol/params.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { keys } from '../../protocol/records/keys.ts'
import { CALM } from '../faults.ts'
import type { PeerPlan } from '../peer-plan.ts'
import type { World, WorldPeer } from '../world.ts'
import { createWatchedWorld } from './watched-world.ts'

const CREDIT = 1_000_000n
const LIMITS = { virtualMs: 60_000, steps: 1_000_000 }
const OWNER = 4

const planOf = (operator: string, at: number): PeerPlan => ({
  operator,
  witness: at < OWNER,
  runner: 'honest',
  price: 1n,
  skewMs: 0,
})

function build() {
  const [first, ...others] = ['a', 'b', 'c', 'd', 'e'].map(planOf)
  if (first === undefined) throw new RangeError('there are five')
  const judge = {
    rules: blobRefOf(Uint8Array.of(0)).digest,
    judge: () => {
      throw new Error('nothing to judge')
    },
  }
  const params = { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 }
  const options = { seed: 1, crypto: 'keyed-hash', judge, createMind: createPeer } as const
  const charter = { diversity: 'operator', params } as const
  const { world, panel } = createWatchedWorld('astray', options, {
    peers: [first, ...others],
    faults: CALM,
    charter,
  })
  const peers = world.peers as readonly [WorldPeer, WorldPeer, WorldPeer, WorldPeer, WorldPeer]
  for (const peer of peers) world.start(peer)
  world.pass({ ...LIMITS, virtualMs: 1_000 })
  for (const { id } of peers)
    world.command(peers[0], { type: 'mint', to: id, amount: 10n * CREDIT, memo: '' })
  world.pass({ ...LIMITS, virtualMs: 5_000 })
  return { world, panel, peers }
}

/** The next epoch, with another fee. */
function change(world: World, operator: WorldPeer): void {
  const { governance } = world.roster
  const body = { number: 1, governance: { ...governance, params: { ...governance.params, fee: 1n } } }
  const signing = world.epochCommand(operator, { type: 'sign-order', body, signatures: [] })
  world.runUntil(() => world.epochResultOf(signing) !== undefined, LIMITS)
  const signed = world.epochResultOf(signing)
  if (signed?.ok !== true || signed.type !== 'order') throw new Error('the order was not signed')
  world.epochCommand(operator, { type: 'order-epoch', order: signed.order })
}

/** An entry of the fifth peer's that three witnesses' keys certify, unknown to everybody. */
function hidden({ roster, loot }: World, owner: WorldPeer) {
  const signerOf = (peer: typeof owner.id) => {
    const signer = loot.signerOf(peer)
    if (signer === undefined) throw new RangeError('no such key')
    return signer
  }
  const prev = genesisOf(roster.swarm, owner.id)
  const body = { account: owner.id, seq: 0, prev, claims: [], ops: [], free: 0n }
  const entry = sign(signerOf(owner.id), roster.swarm, ENTRY, body)
  const { witnesses } = roster.epoch
  const vote = { epoch: 0, account: owner.id, seq: 0, entry: entryIdOf(entry) }
  const sigs = witnesses
    .slice(0, roster.epoch.sizes.quorum)
    .map((peer, at) => [at, sign(signerOf(peer), roster.swarm, VOTE, vote).sig] as const)
  return certificateFact({ entry, quorum: quorumOf(0, witnesses.length, new Map(sigs)) })
}

it('a witness that was led astray begins anew by itself, and the swarm needs its votes and has them', () => {
  const { world, panel, peers } = build()
  const [operator, other, , late, owner] = peers
  world.setBlocked((from, to) => from === late.id || to === late.id)
  change(world, operator)
  world.pass({ ...LIMITS, virtualMs: 10_000 })
  expect(other.body.view?.roster.epoch.number).toBe(1)
  expect(late.body.view?.roster.epoch.number).toBe(0)
  const facts = { facts: [hidden(world, owner)] }
  late.body.receive(plainFrame(world.roster.swarm, owner.id, 'facts', facts), { from: owner.id, via: 'sync' })
  world.pass({ ...LIMITS, virtualMs: 1_000 })
  expect(late.body.view?.account(owner.id)?.seq).toBe(1)

  let starts = 0
  const said: string[] = []
  world.watch((observation) => {
    if (observation.peer !== late.id) return
    if (observation.type === 'started') starts += 1
    if (observation.type === 'left' && observation.effect.type === 'send')
      said.push(decodeEnvelope(observation.effect.frame).kind)
  })
  world.setBlocked(() => false)
  const isAstray = () => late.disk.get(keys.astray) !== undefined
  world.runUntil(isAstray, { ...LIMITS, virtualMs: 60_000 })
  expect([isAstray(), late.body.view?.change().isLevel, starts]).toEqual([true, false, 0])
  world.pass({ ...LIMITS, virtualMs: TIMES.astrayMs + 30_000 })
  expect([isAstray(), late.body.view?.change().isLevel, starts]).toEqual([false, true, 1])

  // One of the other three goes: what is left is a quorum only with it.
  world.crash(other)
  said.length = 0
  const paid = world.command(operator, { type: 'transfer', to: owner.id, amount: CREDIT, memo: '' })
  world.runUntil(() => world.resultOf(paid) !== undefined, LIMITS)
  world.pass({ ...LIMITS, virtualMs: 5_000 })
  expect(late.body.view?.account(owner.id)?.claimable).toBe(11n * CREDIT)
  expect(said).toContain('vote')
  world.start(other)
  world.pass({ ...LIMITS, virtualMs: 30_000 })
  panel.conclude()
  // Here what thieves sign is shown before its reader can know of the next epoch, which they spare others in all plays.
  expect(panel.violations.filter(({ checker }) => checker !== 'closed-facts')).toEqual([])
})
