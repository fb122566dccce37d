import { beforeEach, describe, expect, it } from 'vitest'
import { decodeEnvelope } from '../../protocol/encoding/envelope.ts'
import { blobRefOf, type PeerId } from '../../protocol/ids.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { CALM } from '../faults.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { createWorld, type World, type WorldPeer } from '../world.ts'

const CREDIT = 1_000_000n
const LIMITS = { virtualMs: 60_000, steps: 1_000_000 }
/** What a witness signs as a witness; a member that isn't one signs none of them. */
const WITNESS_KINDS = new Set(['vote', 'prepare', 'commit', 'newview', 'seal', 'beacon'])

const planOf = (operator: string): PeerPlan => ({
  operator,
  witness: true,
  runner: 'honest',
  price: 1n,
  skewMs: 0,
})

let world: World
/** Peers whose host found their store to have lost records. */
let lost: Set<PeerId>
/** Kinds that left a peer. */
let said: Map<PeerId, string[]>

function peerAt(at: number): WorldPeer {
  const peer = world.peers[at]
  if (peer === undefined) throw new RangeError('no such peer')
  return peer
}

const pass = (virtualMs: number) => world.pass({ ...LIMITS, virtualMs })
const accountAt = (peer: WorldPeer, account: PeerId) => peer.body.view?.account(account)
const roots = () => new Set(world.peers.map(({ body }) => body.view?.ledgerRoot()))
const transfer = (to: WorldPeer, amount: bigint): Command => ({
  type: 'transfer',
  to: to.id,
  amount,
  memo: '',
})

function ask(peer: WorldPeer, command: Command): CommandResult | undefined {
  const number = world.command(peer, command)
  world.runUntil(() => world.resultOf(number) !== undefined, LIMITS)
  return world.resultOf(number)
}

/** The process dies and its disk with it; the key is all that is left. */
function loseStore(peer: WorldPeer): void {
  world.crash(peer)
  peer.disk.wipe()
  said.delete(peer.id)
}

beforeEach(() => {
  lost = new Set()
  said = new Map()
  world = createWorld({
    seed: 'lost store',
    peers: [planOf('a'), planOf('b'), planOf('c'), planOf('d')],
    faults: CALM,
    charter: {
      diversity: 'operator',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    crypto: 'keyed-hash',
    createMind: (options) => createPeer({ ...options, amnesia: lost.has(options.signer.id) }),
    judge: {
      rules: blobRefOf(Uint8Array.of(0)).digest,
      judge: () => {
        throw new Error('nothing to judge')
      },
    },
  })
  world.watch((observation) => {
    if (observation.type !== 'left' || observation.effect.type !== 'send') return
    const kinds = said.get(observation.peer) ?? []
    said.set(observation.peer, kinds)
    kinds.push(decodeEnvelope(observation.effect.frame).kind)
  })
  for (const peer of world.peers) world.start(peer)
  pass(1_000)
  for (const peer of world.peers)
    ask(peerAt(0), { type: 'mint', to: peer.id, amount: 10n * CREDIT, memo: '' })
  pass(2_000)
})

describe('an owner whose store was lost', () => {
  it('takes up the entry that witnesses are bound to, and signs no other in its place', () => {
    const owner = peerAt(3)
    // Two of the four witnesses are away, so its entry gets two votes of three: half certified.
    for (const at of [1, 2]) world.crash(peerAt(at))
    expect(ask(owner, transfer(peerAt(0), CREDIT))).toMatchObject({ ok: true })
    pass(300)
    const [own] = [...owner.disk.records()].filter(([key]) => key.startsWith('own/'))
    expect(own).toBeDefined()
    loseStore(owner)
    // As a witness it may have forgotten votes; as an owner it asks.
    lost.add(owner.id)
    world.start(owner)
    for (const at of [1, 2]) world.start(peerAt(at))
    const number = world.command(owner, transfer(peerAt(1), 2n * CREDIT))
    pass(20_000)
    expect(world.resultOf(number)).toMatchObject({ ok: true })
    expect(accountAt(owner, owner.id)).toMatchObject({ seq: 2, free: 7n * CREDIT, forked: false })
    expect(accountAt(owner, peerAt(1).id)?.claimable).toBe(12n * CREDIT)
    expect(roots().size).toBe(1)
  })
})

describe('a witness whose votes may be lost', () => {
  it('never signs as a witness again, also after a restart, and catches up on what is certified', () => {
    const witness = peerAt(3)
    loseStore(witness)
    lost.add(witness.id)
    world.start(witness)
    pass(20_000)
    expect(roots().size).toBe(1)
    lost.delete(witness.id)
    world.crash(witness)
    pass(1_000)
    world.start(witness)
    pass(1_000)
    // It says so, and nobody else is taken for lost.
    const gone = peerAt(0)
      .body.view?.nodes(0)
      .filter(({ heartbeat }) => heartbeat?.lost === true)
    expect(gone?.map(({ peer }) => peer)).toEqual([witness.id])
    // The other three are a quorum, and go on with it and without its votes.
    expect(ask(peerAt(1), transfer(witness, CREDIT))).toMatchObject({ ok: true })
    expect(ask(witness, transfer(peerAt(1), CREDIT))).toMatchObject({ ok: true })
    pass(5_000)
    expect(roots().size).toBe(1)
    expect(accountAt(witness, witness.id)?.seq).toBe(1)
    expect((said.get(witness.id) ?? []).filter((kind) => WITNESS_KINDS.has(kind))).toEqual([])
    expect(said.get(witness.id)).toContain('certify')
    expect(said.get(peerAt(1).id)).toContain('vote')
  })
})
