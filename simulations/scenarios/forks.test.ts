import { beforeEach, describe, expect, it } from 'vitest'
import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { type Signed, sign } from '../../protocol/encoding/signed.ts'
import { blobRefOf, type PeerId } from '../../protocol/ids.ts'
import { entryIdOf, type Vote, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import { forkProofOf, RESOLVE } from '../../protocol/ledger/resolution.ts'
import type { Command } from '../../protocol/peer/command.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { WorldPeer } from '../world.ts'
import { createForkWorld, CREDIT, type ForkWorld, MINTED } from './fork-world.ts'

let fork: ForkWorld

beforeEach(() => {
  fork = createForkWorld()
})

describe('an account that signed two entries for one place', () => {
  it('is convicted everywhere by a proof, and frozen nowhere', () => {
    const [one, other] = [
      fork.entryPaying(fork.peerAt(0).id, CREDIT),
      fork.entryPaying(fork.peerAt(1).id, 2n * CREDIT),
    ]
    fork.certify(one, fork.witnesses().slice(0, 3))
    fork.certify(other, [fork.peerAt(3)])
    // Nobody drives either; the witnesses bound to them do, after a while.
    fork.pass(5_000)
    expect(fork.witnesses().map((peer) => fork.accountAt(peer)?.forked)).toEqual([true, true, true, true])
    expect(fork.witnesses().map((peer) => fork.accountAt(peer)?.head)).toEqual(Array(4).fill(entryIdOf(one)))
    expect(fork.accountAt(fork.peerAt(0), fork.peerAt(0).id)?.claimable).toBe(CREDIT)
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it('goes on behind a merged head when the witnesses are split, and what is left over is burnt', () => {
    const [one, other] = [
      fork.entryPaying(fork.peerAt(0).id, CREDIT),
      fork.entryPaying(fork.peerAt(1).id, 2n * CREDIT),
    ]
    fork.certify(one, fork.witnesses().slice(0, 2))
    fork.certify(other, fork.witnesses().slice(2))
    fork.pass(5_000)
    expect(fork.witnesses().map((peer) => fork.accountAt(peer)?.seq)).toEqual([0, 0, 0, 0])

    fork.world.start(fork.owner)
    fork.pass(3_000)
    expect(fork.accountAt(fork.owner)?.forked).toBe(true)
    const transfer: Command = { type: 'transfer', to: fork.peerAt(2).id, amount: 5n * CREDIT, memo: '' }
    expect(fork.ask(fork.owner, transfer)).toMatchObject({ ok: false, code: 'account_forked' })
    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true, type: 'requested' })
    fork.pass(10_000)
    // The least that either entry left, and no output of either.
    expect(fork.world.peers.map((peer) => fork.accountAt(peer)?.seq)).toEqual(Array(5).fill(1))
    expect(fork.accountAt(fork.owner)?.free).toBe(MINTED - 2n * CREDIT)
    expect(fork.viewOf(fork.owner).supply().burnt).toBe(2n * CREDIT)
    expect(fork.accountAt(fork.peerAt(0), fork.peerAt(0).id)?.claimable).toBe(0n)
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)

    expect(fork.ask(fork.owner, transfer)).toMatchObject({ ok: true })
    fork.pass(2_000)
    expect(fork.accountAt(fork.peerAt(3))).toMatchObject({ seq: 2, free: MINTED - 7n * CREDIT })
    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: false, code: 'not_forked' })
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it('has a named request voided by it, as its own store shows: signed, not driven any more, in no chain', () => {
    fork.world.start(fork.owner)
    fork.pass(3_000)
    const [, , third, fourth] = fork.witnesses()
    const unheard = [third?.id, fourth?.id]
    fork.setDrops((from, to, kind) => from === fork.owner.id && unheard.includes(to) && kind === 'certify')
    const request = { name: blobRefOf(Uint8Array.of(1)).digest, content: blobRefOf(Uint8Array.of(2)).digest }
    const to = fork.peerAt(2).id
    const asked = fork.ask(fork.owner, { type: 'transfer', to, amount: CREDIT, memo: '', request })
    if (!asked.ok || asked.type !== 'entry') throw new Error('nothing was signed')
    fork.setDrops(() => false)
    fork.certify(fork.entryPaying(fork.peerAt(1).id, 2n * CREDIT), fork.witnesses().slice(2))
    fork.pass(5_000)
    const keysOf = (prefix: string) =>
      [...fork.owner.disk.records().keys()].filter((key) => key.startsWith(prefix))
    expect(keysOf(PREFIXES.own)).toHaveLength(1)

    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true, type: 'requested' })
    fork.pass(10_000)
    expect(fork.accountAt(fork.owner)).toMatchObject({ seq: 1, free: MINTED - 2n * CREDIT })
    expect(keysOf(PREFIXES.own)).toEqual([])
    expect(keysOf(keys.entry(asked.entry))).toEqual([])
    expect(keysOf(PREFIXES.request)).toEqual([keys.request(request.name)])
  })

  it('has its one voted entry certified by the resolution', () => {
    const one = fork.entryPaying(fork.peerAt(0).id, CREDIT)
    const other = fork.entryPaying(fork.peerAt(1).id, 2n * CREDIT)
    // Two witnesses are away: one entry has two votes of the three it needs, the other none.
    const [third, fourth] = [fork.peerAt(2), fork.peerAt(3)]
    fork.world.crash(third)
    fork.world.crash(fourth)
    fork.world.start(fork.owner)
    fork.pass(500)
    fork.certify(one, fork.witnesses().slice(0, 2))
    fork.pass(100)
    fork.certify(other, fork.witnesses().slice(0, 2))
    fork.pass(500)
    expect(fork.accountAt(fork.owner)?.forked).toBe(true)
    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true })
    fork.pass(2_000)
    fork.world.start(third)
    fork.world.start(fourth)
    fork.pass(20_000)
    expect(fork.world.peers.map((peer) => fork.accountAt(peer)?.head)).toEqual(Array(5).fill(entryIdOf(one)))
    expect(fork.accountAt(third, fork.peerAt(0).id)?.claimable).toBe(CREDIT)
    expect(fork.viewOf(third).supply().burnt).toBe(0n)
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it.each(['after', 'before'])(
    'pays a merged branch whose certificate surfaces %s the resolution',
    (when) => {
      const [one, other] = [
        fork.entryPaying(fork.peerAt(0).id, CREDIT),
        fork.entryPaying(fork.peerAt(1).id, 2n * CREDIT),
      ]
      const votes = new Map<PeerId, Signed<Vote>>()
      fork.world.watch((observation) => {
        if (observation.type !== 'left' || observation.effect.type !== 'send') return
        const { kind, signer, body, sig } = decodeEnvelope(observation.effect.frame)
        if (kind !== 'vote') return
        const vote = decodeKind('vote', body, TRUSTED)
        if (vote.entry === entryIdOf(one)) votes.set(signer, { signer, body: vote, bytes: body, sig })
      })
      fork.certify(one, fork.witnesses().slice(0, 2))
      fork.certify(other, fork.witnesses().slice(2))
      // The third witness is a liar and votes for the other entry, too: one has its three votes, unknown to all.
      const signer = fork.keyOf(2)
      const { id } = signer
      const { account, seq } = one.body
      votes.set(
        id,
        sign(signer, fork.world.roster.swarm, VOTE, { epoch: 0, account, seq, entry: entryIdOf(one) }),
      )
      fork.pass(1_500)
      const positions = new Map(
        [...votes].map(([peer, { sig }]) => [fork.world.roster.witnessPosition(peer), sig]),
      )
      expect(positions.size).toBe(3)
      const certificate = certificateFact({ entry: one, quorum: quorumOf(0, 4, positions) })
      const surface = (at: WorldPeer) => fork.tell([at], id, 'facts', { facts: [certificate] })

      fork.world.start(fork.owner)
      fork.pass(3_000)
      expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true })
      if (when === 'before') surface(fork.peerAt(3))
      fork.pass(1_000)
      expect(fork.accountAt(fork.peerAt(0))).toMatchObject({ seq: 1, free: MINTED - 2n * CREDIT })
      if (when === 'after') {
        expect(fork.viewOf(fork.peerAt(3)).supply().burnt).toBe(2n * CREDIT)
        surface(fork.peerAt(3))
      }
      fork.pass(40_000)
      // The branch spent one credit of the two that the merge had burnt.
      expect(fork.world.peers.map((peer) => fork.viewOf(peer).supply().burnt)).toEqual(Array(5).fill(CREDIT))
      expect(fork.world.peers.map((peer) => fork.accountAt(peer, fork.peerAt(0).id)?.claimable)).toEqual(
        Array(5).fill(CREDIT),
      )
      expect(fork.world.peers.map((peer) => fork.accountAt(peer)?.free)).toEqual(
        Array(5).fill(MINTED - 2n * CREDIT),
      )
      expect(fork.roots().size).toBe(1)
      expect(fork.conserved()).toBe(true)
    },
  )

  it('has a branch that surfaces at one peer paid at all, whatever the number of its resolution', () => {
    // The first place is settled by its certificate, so resolution 0 settles place 1.
    fork.certify(fork.entryPaying(fork.peerAt(0).id, CREDIT), fork.witnesses())
    fork.pass(3_000)
    const [one, other] = [5n, 7n].map((credits) => fork.entryPaying(fork.peerAt(0).id, credits * CREDIT))
    if (one === undefined || other === undefined) throw new Error('two entries')
    expect(one.body.seq).toBe(1)
    fork.certify(one, fork.witnesses().slice(0, 2))
    fork.certify(other, fork.witnesses().slice(2))
    fork.pass(100)
    const { swarm } = fork.world.roster
    const proof = forkProofOf(one, other)
    if (proof === undefined) throw new Error('no fork')
    const request = sign(fork.thief, swarm, RESOLVE, { account: fork.owner.id, number: 0 })
    fork.tell(fork.witnesses(), fork.owner.id, 'resolve', { request, proof })
    fork.pass(10_000)
    const burnt = () => fork.witnesses().map((peer) => fork.viewOf(peer).supply().burnt)
    expect(fork.witnesses().map((peer) => fork.accountAt(peer)?.seq)).toEqual([2, 2, 2, 2])
    expect(burnt()).toEqual(Array(4).fill(7n * CREDIT))

    const body = { epoch: 0, account: fork.owner.id, seq: 1, entry: entryIdOf(one) }
    const votes = [0, 1, 2].map((at) => {
      const { signer, sig } = sign(fork.keyOf(at), swarm, VOTE, body)
      return [fork.world.roster.witnessPosition(signer), sig] as const
    })
    const certificate = certificateFact({ entry: one, quorum: quorumOf(0, 4, new Map(votes)) })
    fork.tell([fork.peerAt(3)], fork.peerAt(2).id, 'facts', { facts: [certificate] })
    fork.pass(180_000)
    expect(burnt()).toEqual(Array(4).fill(2n * CREDIT))
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })
})
