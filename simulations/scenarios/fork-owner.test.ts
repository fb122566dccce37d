import { beforeEach, describe, expect, it } from 'vitest'
import { sign } from '../../protocol/encoding/signed.ts'
import { ENTRY } from '../../protocol/ledger/entry.ts'
import { forkProofOf, RESOLVE } from '../../protocol/ledger/resolution.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { WorldPeer } from '../world.ts'
import { createForkWorld, CREDIT, type Drops, type ForkWorld } from './fork-world.ts'

let fork: ForkWorld

beforeEach(() => {
  fork = createForkWorld({ seed: 'fork owner' })
})

describe('the owner of a forked account', () => {
  it('asks the witnesses about its account at the pace of its timer, not of their answers', () => {
    const to = fork.peerAt(0).id
    fork.certify(fork.entryPaying(to, CREDIT), fork.witnesses().slice(0, 2))
    fork.certify(fork.entryPaying(to, 2n * CREDIT), fork.witnesses().slice(2))
    fork.pass(5_000)
    const sent = fork.countSent()
    fork.world.start(fork.owner)
    fork.pass(20_000)
    expect(fork.accountAt(fork.owner)?.forked).toBe(true)
    // Four witnesses, first after 400 and 800 ms, later every 2 s.
    expect(sent.get('head-query')).toBeGreaterThanOrEqual(4)
    expect(sent.get('head-query')).toBeLessThanOrEqual(64)
  })
})

const keysOf = (peer: WorldPeer, prefix: string) =>
  [...peer.disk.records().keys()].filter((key) => key.startsWith(prefix))

describe('an owner whose entry in flight builds on a branch that was merged away', () => {
  let first: WorldPeer
  let second: WorldPeer
  /** It alone hears of the owner's branch as certified, and votes for what the owner signs behind it. */
  let behind: WorldPeer
  let fourth: WorldPeer

  const pay = (amount: bigint): Command => ({
    type: 'transfer',
    to: fork.peerAt(0).id,
    amount,
    memo: '',
  })
  const between =
    (...pairs: readonly (readonly [WorldPeer, WorldPeer])[]): Drops =>
    (from, to) =>
      pairs.some(([a, b]) => (from === a.id && to === b.id) || (from === b.id && to === a.id))

  beforeEach(() => {
    const order = fork.witnesses().toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const [w0, w1, w2, w3] = order
    if (w0 === undefined || w1 === undefined || w2 === undefined || w3 === undefined)
      throw new Error('four witnesses')
    ;[first, second, behind, fourth] = [w0, w1, w2, w3]
    const { owner, world } = fork
    world.start(owner)
    fork.pass(1_000)
    const alone = between([behind, first], [behind, second], [behind, fourth])
    const apart = between([owner, behind], [owner, fourth])
    fork.setDrops((from, to, kind) => alone(from, to, kind) || apart(from, to, kind))
    // Another device signs, too, and reaches the fourth; the owner's own entry gets the votes of two.
    const other = fork.entryPaying(fork.peerAt(0).id, 3n * CREDIT)
    fork.tell([fourth], second.id, 'certify', { epoch: 0, entry: other, evidence: [] })
    fork.ask(owner, pay(CREDIT))
    fork.pass(300)
    const unknown = between([owner, behind])
    fork.setDrops((from, to, kind) => alone(from, to, kind) || unknown(from, to, kind))
    fork.pass(2_000)
    // The other device has the fork settled, too; this one doesn't know, so nothing stops it.
    const proof = forkProofOf(other, fork.entryPaying(fork.peerAt(0).id, 4n * CREDIT))
    if (proof === undefined) throw new Error('no fork')
    const request = sign(fork.thief, world.roster.swarm, RESOLVE, { account: owner.id, number: 0 })
    fork.tell([first, second, fourth], owner.id, 'resolve', { request, proof })
    // The merge is decided, and its decision slow to the owner.
    const slow = new Set(['decision', 'facts', 'sync-leaves', 'sync-buckets', 'sync-root'])
    const late: Drops = (from, to, kind) =>
      alone(from, to, kind) ||
      (to === owner.id && from !== behind.id && slow.has(kind)) ||
      (to === behind.id && kind === 'resolve')
    fork.setDrops((from, to, kind) => late(from, to, kind) || unknown(from, to, kind))
    fork.pass(6_000)
    // The third vote comes: at the owner its branch is certified, and it signs the next entry behind it.
    fork.setDrops(late)
    fork.pass(7_000)
    fork.ask(owner, pay(5n * CREDIT))
    fork.pass(1_500)
  })

  /** The experiment is what it says: the merge stands at three witnesses, a branch at the owner and one more. */
  function expectSplit(): void {
    expect(fork.accountAt(fork.owner)?.forked).toBe(true)
    const heads = [first, second, fourth].map((peer) => fork.accountAt(peer)?.head)
    expect(new Set(heads).size).toBe(1)
    expect(fork.accountAt(fork.owner)?.seq).toBe(1)
    expect(fork.accountAt(behind)?.head).toBe(fork.accountAt(fork.owner)?.head)
    expect(fork.accountAt(fork.owner)?.head).not.toBe(heads[0])
    expect(keysOf(behind, `lock/${fork.owner.id}`)).toHaveLength(1)
    expect(keysOf(fork.owner, 'own/')).toHaveLength(1)
  }

  it.each([
    ['', false],
    [' after a restart', true],
  ])('goes on behind the merged head%s', (_, restarts) => {
    expectSplit()
    const { owner, world } = fork
    if (restarts) world.crash(owner)
    fork.setDrops(() => false)
    if (restarts) world.start(owner)
    fork.pass(60_000)
    expect(keysOf(owner, 'own/')).toEqual([])
    expect(fork.ask(owner, pay(5n * CREDIT))).toMatchObject({ ok: true })
    fork.pass(3_000)
    expect(world.peers.map((peer) => fork.accountAt(peer)?.seq)).toEqual(Array(5).fill(2))
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it('is not held up by the dead lock of a witness when another one is away', () => {
    expectSplit()
    const { owner, world } = fork
    fork.setDrops(() => false)
    world.crash(owner)
    fork.pass(60_000)
    world.crash(second)
    const merged = fork.accountAt(first)
    if (merged === undefined) throw new Error('no account')
    const next = sign(fork.thief, world.roster.swarm, ENTRY, {
      account: owner.id,
      seq: 1,
      prev: merged.head,
      claims: [],
      ops: [{ type: 'transfer', to: first.id, amount: CREDIT, memo: '' }],
      free: merged.free - CREDIT,
    })
    const up = [first, behind, fourth]
    fork.certify(next, up)
    fork.pass(10_000)
    expect(up.map((peer) => fork.accountAt(peer)?.seq)).toEqual([2, 2, 2])
    expect(up.flatMap((peer) => keysOf(peer, `lock/${owner.id}`))).toEqual([])
  })
})
