import { describe, expect, it } from 'vitest'
import { bitmapPositions } from '../encoding/quorum.ts'
import { escrowOf } from '../jobs/spec.ts'
import { keys } from '../records/keys.ts'
import { jobIdOf } from './entry.ts'
import { storedFact } from './fact.ts'
import { createTestSwarm } from './testing.ts'
import { testSpec } from './testing-mind.ts'
import {
  CREDIT,
  pay,
  mint,
  peerAt,
  submit,
  spendable,
  expectConservation,
  expectLevel,
  funded,
  decideVoid,
} from './testing-ledger.ts'

describe('four witnesses', () => {
  it('certify a mint and a transfer, and all hold the same state', () => {
    const { swarm, owner, other } = funded()
    submit(swarm, owner, pay(other, 3n * CREDIT))
    swarm.run(100)
    for (const peer of swarm.peers) {
      expect(spendable(peer, owner)).toBe(7n * CREDIT)
      expect(spendable(peer, other)).toBe(3n * CREDIT)
      expect(peer.mind.ledger.supply().minted).toBe(10n * CREDIT)
      expect(peer.mind.ledger.entries()).toBe(2)
      const stored = storedFact(peer.store.get(keys.certificate(owner.self, 0)) ?? new Uint8Array())
      const quorum = stored.type === 'certificate' ? stored.certificate.quorum : undefined
      expect(quorum?.sigs).toHaveLength(swarm.roster.epoch.sizes.quorum)
      expect(bitmapPositions(quorum?.signers ?? new Uint8Array())).toHaveLength(
        swarm.roster.epoch.sizes.quorum,
      )
    }
    expectLevel(swarm)
  })

  it('conserve credit in a job from escrow to refund', () => {
    const { swarm, owner } = funded()
    const spec = testSpec(swarm.roster.charter, owner.self)
    const job = jobIdOf(owner.self, 0)
    submit(swarm, owner, { type: 'open', spec, escrow: escrowOf(spec) })
    swarm.run(100)
    for (const peer of swarm.peers) {
      expect(peer.mind.ledger.opened(job)?.spec).toEqual(spec)
      expect(peer.mind.ledger.supply().escrowed).toBe(escrowOf(spec))
      expectConservation(peer)
    }
    const { ledger } = owner.mind
    const half = { index: 0, to: owner.self, amount: escrowOf(spec) - 1n }
    expect(swarm.act(owner, (_, out) => ledger.creditJob(out, job, [half])).status).toBe('contradiction')
    expect(ledger.opened(job)).toBeDefined()
    decideVoid(swarm, job)
    for (const peer of swarm.peers) {
      expect(peer.mind.ledger.opened(job)).toBeUndefined()
      expect(spendable(peer, owner)).toBe(10n * CREDIT)
    }
    expectLevel(swarm)
    // The refund is claimed like any other output, and the witnesses know its source.
    submit(swarm, owner, pay(owner, 10n * CREDIT))
    swarm.run(100)
    expect(peerAt(swarm, 3).mind.ledger.account(owner.self)?.seq).toBe(2)
  })

  it('give a witness that missed a source the facts it needs to vote', () => {
    // Both of two witnesses are a quorum, so the late one's vote is needed.
    const swarm = createTestSwarm({ count: 3, witnesses: 2 })
    const [minter, late, owner] = [peerAt(swarm, 0), peerAt(swarm, 1), peerAt(swarm, 2)]
    submit(swarm, minter, mint(owner, CREDIT))
    swarm.run(300)
    late.store.clear()
    swarm.crash(late)
    submit(swarm, owner, pay(minter, CREDIT))
    // Less than the first repetition takes: the evidence alone makes the vote.
    swarm.run(50)
    expect(swarm.votes.get(`${late.self} ${owner.self} 0`)?.size).toBe(1)
    expect(minter.mind.ledger.account(owner.self)?.seq).toBe(1)
    expectLevel(swarm)
  })
})

describe('under loss, repetition, reordering and crashes', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => [seed]))(
    'seed %i: no second entry, nothing lost, all level',
    (seed) => {
      const faults = { loss: 0.1, duplication: 0.1, delayMsMax: 40, crash: 0.01 }
      const swarm = createTestSwarm({ count: 4, witnesses: 4, seed, faults })
      swarm.peers.forEach((peer, at) =>
        swarm.peers.slice(at + 1).forEach((other) => swarm.connect(peer, other)),
      )
      const [minter] = swarm.peers
      if (minter === undefined) return
      // What waits for the witnesses' word on the account is in memory alone, and a crash would lose it.
      swarm.run(5_000)
      for (const peer of swarm.peers) submit(swarm, minter, mint(peer, 10n * CREDIT))
      swarm.run(10_000)
      for (let round = 0; round < 10; round += 1) {
        swarm.peers.forEach((peer, at) =>
          submit(swarm, peer, pay(peerAt(swarm, (at + 1 + (round % 3)) % 4), CREDIT / 4n)),
        )
        swarm.run(400)
        for (const peer of swarm.peers) expectConservation(peer)
      }
      Object.assign(faults, { loss: 0, duplication: 0, crash: 0 })
      swarm.run(120_000)
      expectLevel(swarm)
      for (const entries of swarm.votes.values()) expect(entries.size).toBe(1)
      expect(swarm.peers.map(({ mind }) => mind.sync.facts.contradictions())).toEqual([0, 0, 0, 0])
      // A crash loses submissions that were never acknowledged, so only what was certified counts.
      expect(minter.mind.ledger.supply().unclaimed + minter.mind.ledger.supply().free).toBe(
        minter.mind.ledger.supply().minted,
      )
      expect(minter.mind.ledger.entries()).toBeGreaterThan(20)
    },
  )
})
