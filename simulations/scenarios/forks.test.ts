import { beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { decodeEnvelope, decodeKind, plainFrame } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { type Signed, sign } from '../../protocol/encoding/signed.ts'
import { blobRefOf, type PeerId } from '../../protocol/ids.ts'
import {
  ENTRY,
  type Entry,
  entryIdOf,
  type SignedEntry,
  type Vote,
  VOTE,
} from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { createCrypto } from '../crypto.ts'
import { CALM } from '../faults.ts'
import { createRandom } from '../random.ts'
import { createWorld, type PeerPlan, type World, type WorldPeer } from '../world.ts'

const SEED = 'forks'
const CREDIT = 1_000_000n
const MINTED = 100n * CREDIT
const LIMITS = { virtualMs: 60_000, steps: 1_000_000 }
/** The account that forks: a member that doesn't witness. */
const OWNER = 4

const planOf = (operator: string, at: number): PeerPlan => ({
  operator,
  witness: at < OWNER,
  runner: 'honest',
  price: 1n,
  skewMs: 0,
})

let world: World
let owner: WorldPeer
/** The owner's key, held by somebody who signs whatever he likes with it. */
let thief: Signer

function peerAt(at: number): WorldPeer {
  const peer = world.peers[at]
  if (peer === undefined) throw new RangeError('no such peer')
  return peer
}

const witnesses = () => [0, 1, 2, 3].map(peerAt)
const pass = (virtualMs: number) => world.pass({ ...LIMITS, virtualMs })
const viewOf = (peer: WorldPeer) => {
  const { view } = peer.body
  if (view === undefined) throw new Error('the peer is down')
  return view
}
const accountAt = (peer: WorldPeer, account: PeerId = owner.id) => viewOf(peer).account(account)
const roots = () =>
  new Set(world.peers.filter(({ body }) => body.running).map((peer) => viewOf(peer).ledgerRoot()))

function ask(peer: WorldPeer, command: Command): CommandResult {
  const number = world.command(peer, command)
  world.runUntil(() => world.resultOf(number) !== undefined, LIMITS)
  const result = world.resultOf(number)
  if (result === undefined) throw new Error('no answer')
  return result
}

/** An entry of the owner's account at its next place, which claims what was minted to it. */
function entryPaying(to: PeerId, amount: bigint, change: Partial<Entry> = {}): SignedEntry {
  const account = accountAt(peerAt(0))
  const minter = accountAt(peerAt(0), peerAt(0).id)
  if (account === undefined || minter === undefined) throw new Error('nothing was minted')
  return sign(thief, world.roster.swarm, ENTRY, {
    account: owner.id,
    seq: account.seq,
    prev: account.head,
    claims: [{ source: minter.head, index: 0 }],
    ops: [{ type: 'transfer', to, amount, memo: '' }],
    free: MINTED - amount,
    ...change,
  })
}

/** Any founder's key, for what it signs beside its own mind. */
function keyOf(at: number): { readonly id: PeerId; readonly signer: Signer } {
  const signer = createCrypto('ed25519').signer(createRandom(SEED).fork(`key ${at}`))
  return { id: signer.id, signer }
}

function certify(entry: SignedEntry, at: readonly WorldPeer[]): void {
  const from = owner.id
  const frame = plainFrame(world.roster.swarm, from, 'certify', { epoch: 0, entry, evidence: [] })
  for (const { body } of at) body.receive(frame, { from, via: 'certify' })
}

function expectConserved(): void {
  for (const peer of world.peers.filter(({ body }) => body.running)) {
    const { minted, free, unclaimed, escrowed, burnt } = viewOf(peer).supply()
    expect(free + unclaimed + escrowed + burnt).toBe(minted)
  }
}

beforeEach(() => {
  world = createWorld({
    seed: SEED,
    peers: [planOf('a', 0), planOf('b', 1), planOf('c', 2), planOf('d', 3), planOf('e', OWNER)],
    faults: CALM,
    charter: {
      diversity: 'operator',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    crypto: 'ed25519',
    createMind: createPeer,
    judge: {
      rules: blobRefOf(Uint8Array.of(0)).digest,
      judge: () => {
        throw new Error('nothing to judge')
      },
    },
  })
  owner = peerAt(OWNER)
  thief = keyOf(OWNER).signer
  for (const peer of witnesses()) world.start(peer)
  pass(1_000)
  ask(peerAt(0), { type: 'mint', to: owner.id, amount: MINTED, memo: '' })
  pass(1_000)
})

describe('an account that signed two entries for one place', () => {
  it('is convicted everywhere by a proof, and frozen nowhere', () => {
    const [one, other] = [entryPaying(peerAt(0).id, CREDIT), entryPaying(peerAt(1).id, 2n * CREDIT)]
    certify(one, witnesses().slice(0, 3))
    certify(other, [peerAt(3)])
    // Nobody drives either; the witnesses bound to them do, after a while.
    pass(5_000)
    expect(witnesses().map((peer) => accountAt(peer)?.forked)).toEqual([true, true, true, true])
    expect(witnesses().map((peer) => accountAt(peer)?.head)).toEqual(Array(4).fill(entryIdOf(one)))
    expect(accountAt(peerAt(0), peerAt(0).id)?.claimable).toBe(CREDIT)
    expect(roots().size).toBe(1)
    expectConserved()
  })

  it('goes on behind a merged head when the witnesses are split, and what is left over is burnt', () => {
    const [one, other] = [entryPaying(peerAt(0).id, CREDIT), entryPaying(peerAt(1).id, 2n * CREDIT)]
    certify(one, witnesses().slice(0, 2))
    certify(other, witnesses().slice(2))
    pass(5_000)
    expect(witnesses().map((peer) => accountAt(peer)?.seq)).toEqual([0, 0, 0, 0])

    world.start(owner)
    pass(3_000)
    expect(accountAt(owner)?.forked).toBe(true)
    const transfer: Command = { type: 'transfer', to: peerAt(2).id, amount: 5n * CREDIT, memo: '' }
    expect(ask(owner, transfer)).toMatchObject({ ok: false, code: 'account_forked' })
    expect(ask(owner, { type: 'resolve' })).toMatchObject({ ok: true, type: 'requested' })
    pass(10_000)
    // The least that either entry left, and no output of either.
    expect(world.peers.map((peer) => accountAt(peer)?.seq)).toEqual(Array(5).fill(1))
    expect(accountAt(owner)?.free).toBe(MINTED - 2n * CREDIT)
    expect(viewOf(owner).supply().burnt).toBe(2n * CREDIT)
    expect(accountAt(peerAt(0), peerAt(0).id)?.claimable).toBe(0n)
    expect(roots().size).toBe(1)
    expectConserved()

    expect(ask(owner, transfer)).toMatchObject({ ok: true })
    pass(2_000)
    expect(accountAt(peerAt(3))).toMatchObject({ seq: 2, free: MINTED - 7n * CREDIT })
    expect(ask(owner, { type: 'resolve' })).toMatchObject({ ok: false, code: 'not_forked' })
    expect(roots().size).toBe(1)
    expectConserved()
  })

  it('has its one voted entry certified by the resolution', () => {
    const one = entryPaying(peerAt(0).id, CREDIT)
    const other = entryPaying(peerAt(1).id, 2n * CREDIT)
    // Two witnesses are away: one entry has two votes of the three it needs, the other none.
    const [third, fourth] = [peerAt(2), peerAt(3)]
    world.crash(third)
    world.crash(fourth)
    world.start(owner)
    pass(500)
    certify(one, witnesses().slice(0, 2))
    pass(100)
    certify(other, witnesses().slice(0, 2))
    pass(500)
    expect(accountAt(owner)?.forked).toBe(true)
    expect(ask(owner, { type: 'resolve' })).toMatchObject({ ok: true })
    pass(2_000)
    world.start(third)
    world.start(fourth)
    pass(20_000)
    expect(world.peers.map((peer) => accountAt(peer)?.head)).toEqual(Array(5).fill(entryIdOf(one)))
    expect(accountAt(third, peerAt(0).id)?.claimable).toBe(CREDIT)
    expect(viewOf(third).supply().burnt).toBe(0n)
    expect(roots().size).toBe(1)
    expectConserved()
  })

  it.each(['after', 'before'])(
    'pays a merged branch whose certificate surfaces %s the resolution',
    (when) => {
      const [one, other] = [entryPaying(peerAt(0).id, CREDIT), entryPaying(peerAt(1).id, 2n * CREDIT)]
      const votes = new Map<PeerId, Signed<Vote>>()
      world.watch((observation) => {
        if (observation.type !== 'left' || observation.effect.type !== 'send') return
        const { kind, signer, body, sig } = decodeEnvelope(observation.effect.frame)
        if (kind !== 'vote') return
        const vote = decodeKind('vote', body, TRUSTED)
        if (vote.entry === entryIdOf(one)) votes.set(signer, { signer, body: vote, bytes: body, sig })
      })
      certify(one, witnesses().slice(0, 2))
      certify(other, witnesses().slice(2))
      // The third witness is a liar and votes for the other entry, too: one has its three votes, unknown to all.
      const { id, signer } = keyOf(2)
      const { account, seq } = one.body
      votes.set(id, sign(signer, world.roster.swarm, VOTE, { epoch: 0, account, seq, entry: entryIdOf(one) }))
      pass(1_500)
      const positions = new Map(
        [...votes].map(([peer, { sig }]) => [world.roster.witnessPosition(peer), sig]),
      )
      expect(positions.size).toBe(3)
      const certificate = certificateFact({ entry: one, quorum: quorumOf(0, 4, positions) })
      const frame = plainFrame(world.roster.swarm, id, 'facts', { facts: [certificate] })
      const surface = (at: WorldPeer) => at.body.receive(frame, { from: id, via: 'sync' })

      world.start(owner)
      pass(3_000)
      expect(ask(owner, { type: 'resolve' })).toMatchObject({ ok: true })
      if (when === 'before') surface(peerAt(3))
      pass(1_000)
      expect(accountAt(peerAt(0))).toMatchObject({ seq: 1, free: MINTED - 2n * CREDIT })
      if (when === 'after') {
        expect(viewOf(peerAt(3)).supply().burnt).toBe(2n * CREDIT)
        surface(peerAt(3))
      }
      pass(40_000)
      // The branch spent one credit of the two that the merge had burnt.
      expect(world.peers.map((peer) => viewOf(peer).supply().burnt)).toEqual(Array(5).fill(CREDIT))
      expect(world.peers.map((peer) => accountAt(peer, peerAt(0).id)?.claimable)).toEqual(
        Array(5).fill(CREDIT),
      )
      expect(world.peers.map((peer) => accountAt(peer)?.free)).toEqual(Array(5).fill(MINTED - 2n * CREDIT))
      expect(roots().size).toBe(1)
      expectConserved()
    },
  )
})
