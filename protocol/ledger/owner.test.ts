import { describe, expect, it } from 'vitest'
import { type EntryId } from '../ids.ts'
import { escrowOf } from '../jobs/spec.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import { keys } from '../records/keys.ts'
import { entryIdOf } from './entry.ts'
import { QUEUE_MAX } from './owner.ts'
import { createTestSwarm } from './testing.ts'
import { testSpec } from './testing-mind.ts'
import { CREDIT, pay, mint, peerAt, submit, spendable, expectLevel, funded } from './testing-ledger.ts'

describe("this peer's own account", () => {
  it('refuses what it cannot pay, also while funds are reserved', () => {
    const { swarm, owner, other, minter } = funded()
    expect(submit(swarm, owner, pay(other, 6n * CREDIT))).toEqual({ ok: true })
    expect(submit(swarm, owner, pay(other, 4n * CREDIT + 1n))).toEqual({
      ok: false,
      code: 'insufficient_credit',
    })
    expect(submit(swarm, owner, pay(other, 3n * CREDIT))).toEqual({ ok: true })
    expect(submit(swarm, owner, pay(other, CREDIT + 1n))).toEqual({ ok: false, code: 'insufficient_credit' })
    expect(submit(swarm, owner, pay(other, CREDIT))).toEqual({ ok: true })
    expect(submit(swarm, owner, mint(owner, CREDIT))).toEqual({ ok: false, code: 'not_a_minter' })
    expect(submit(swarm, minter, mint(owner, OUTPUT_MIN - 1n))).toEqual({
      ok: false,
      code: 'amount_out_of_range',
    })
    expect(submit(swarm, minter, mint(owner, 2n ** 80n))).toEqual({ ok: false, code: 'amount_out_of_range' })
    expect(submit(swarm, owner)).toEqual({ ok: false, code: 'operation_invalid' })
    const spec = { ...testSpec(swarm.roster.charter, owner.self), treasury: other.self }
    swarm.run(200)
    submit(swarm, minter, mint(owner, CREDIT))
    swarm.run(200)
    expect(submit(swarm, owner, { type: 'open', spec, escrow: escrowOf(spec) })).toEqual({
      ok: false,
      code: 'operation_invalid',
    })
    expect(spendable(minter, other)).toBe(10n * CREDIT)
    expectLevel(swarm)
  })

  it('batches what waits for the entry in flight, 64 operations an entry, and has a full queue', () => {
    const { swarm, owner, other } = funded()
    for (let count = 0; count <= QUEUE_MAX; count += 1) {
      expect(submit(swarm, owner, pay(other, OUTPUT_MIN))).toEqual({ ok: true })
    }
    expect(submit(swarm, owner, pay(other, OUTPUT_MIN))).toEqual({ ok: false, code: 'queue_full' })
    swarm.run(1_000)
    const entries = 1 + QUEUE_MAX / LIMITS.operations
    expect(owner.mind.ledger.account(owner.self)?.seq).toBe(entries)
    // From 128 outputs on the receiver claims by itself: at 129 of the 257, and the other 128.
    expect(owner.mind.ledger.account(other.self)).toMatchObject({ seq: 2, claimable: 0n })
    expect(spendable(owner, other)).toBe(OUTPUT_MIN * BigInt(QUEUE_MAX + 1))
    expectLevel(swarm)
  })

  it('tells which requests an entry carries when it is signed, before anyone certified it', () => {
    const signed: [EntryId, readonly number[]][] = []
    const swarm = createTestSwarm({
      count: 4,
      witnesses: 4,
      listener: {
        ownSigned: (_, entry, requests) => signed.push([entryIdOf(entry), requests]),
      },
    })
    const minter = peerAt(swarm, 0)
    for (const request of [11, 12, 13]) {
      swarm.act(minter, ({ ledger }, out) => ledger.submit(out, [mint(minter, CREDIT)], request))
    }
    expect(signed.map(([, requests]) => requests)).toEqual([[11]])
    swarm.run(100)
    expect(signed.map(([, requests]) => requests)).toEqual([[11], [12, 13]])
    expect(minter.mind.ledger.nextSeq(minter.self)).toBe(signed.length)
  })

  it('drives the very same entry on after a crash in flight', () => {
    const refused: string[] = []
    const { swarm, owner, other } = funded({ ownRefused: (_, _request, code) => refused.push(code) })
    submit(swarm, owner, pay(other, CREDIT))
    const own = owner.store.get(keys.own(0))
    expect(own).toBeDefined()
    swarm.crash(owner)
    // Until the witnesses have said where the account stands, what it can't pay waits to be refused.
    expect(submit(swarm, owner, pay(other, 9n * CREDIT + 1n))).toEqual({ ok: true })
    expect(submit(swarm, owner, pay(other, 2n * CREDIT))).toEqual({ ok: true })
    expect(owner.store.get(keys.own(0))).toEqual(own)
    swarm.run(1_000)
    for (const entries of swarm.votes.values()) expect(entries.size).toBe(1)
    expect(spendable(peerAt(swarm, 3), other)).toBe(3n * CREDIT)
    expect(refused).toEqual(['insufficient_credit'])
    expect(owner.store.has(keys.own(0))).toBe(false)
    expectLevel(swarm)
  })
})
