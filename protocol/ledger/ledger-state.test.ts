import { describe, expect, it } from 'vitest'
import { bitmapPositions } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import { type Digest, type EntryId, jobInstance, type JobId } from '../ids.ts'
import { escrowOf } from '../jobs/spec.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { Decision } from '../agreement/messages.ts'
import {
  ENTRY,
  type Entry,
  entryIdOf,
  genesisOf,
  jobIdOf,
  type Operation,
  type SignedEntry,
} from './entry.ts'
import { type Fact, storedFact } from './fact.ts'
import type { CertifyReply } from './messages.ts'
import { QUEUE_MAX } from './owner.ts'
import type { LedgerListener } from './ledger.ts'
import { createTestSwarm, type TestPeer, type TestSwarm } from './testing.ts'
import { testSpec } from './testing-mind.ts'

const CREDIT = 1_000_000n
const pay = (to: TestPeer, amount: bigint): Operation => ({ type: 'transfer', to: to.self, amount, memo: '' })
const mint = (to: TestPeer, amount: bigint): Operation => ({ type: 'mint', to: to.self, amount, memo: '' })

function peerAt(swarm: TestSwarm, at: number): TestPeer {
  const peer = swarm.peers[at]
  if (peer === undefined) throw new RangeError(`no peer ${at}`)
  return peer
}

const submit = (swarm: TestSwarm, peer: TestPeer, ...operations: Operation[]) =>
  swarm.act(peer, ({ ledger }, out) => ledger.submit(out, operations, 0))

const spendable = (at: TestPeer, of: TestPeer) => {
  const view = at.mind.ledger.account(of.self)
  return (view?.free ?? 0n) + (view?.claimable ?? 0n)
}

/** Recomputed from the accounts, against what is kept up incrementally. */
function expectConservation(peer: TestPeer): void {
  const views = [...peer.mind.ledger.accounts()]
  const sum = (of: (view: (typeof views)[number]) => bigint) =>
    views.reduce((total, view) => total + of(view), 0n)
  const supply = peer.mind.ledger.supply()
  expect(supply.free).toBe(sum(({ free }) => free))
  expect(supply.escrowed).toBe(sum(({ escrowed }) => escrowed))
  expect(supply.free + supply.unclaimed + supply.escrowed + supply.burnt).toBe(supply.minted)
}

function expectLevel(swarm: TestSwarm): void {
  expect(new Set(swarm.peers.map(({ mind }) => mind.digest.root())).size).toBe(1)
  for (const peer of swarm.peers) expectConservation(peer)
}

/** Four witnesses of whom the first minted ten credits to the second. */
function funded(listener: Partial<LedgerListener> = {}): {
  swarm: TestSwarm
  minter: TestPeer
  owner: TestPeer
  other: TestPeer
} {
  const swarm = createTestSwarm({ count: 4, witnesses: 4, listener })
  const [minter, owner, other] = [peerAt(swarm, 0), peerAt(swarm, 1), peerAt(swarm, 2)]
  expect(submit(swarm, minter, mint(owner, 10n * CREDIT))).toEqual({ ok: true })
  swarm.run(100)
  return { swarm, minter, owner, other }
}

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

describe('a witness', () => {
  it('repeats its vote byte for byte, also after a restart, and never votes for a second entry', () => {
    const { swarm, owner, other } = funded()
    const witness = peerAt(swarm, 3)
    const claims = [sourceOf(swarm)]
    const entry = signedEntry(swarm, owner, { claims, ops: [pay(other, CREDIT)], free: 9n * CREDIT })
    const rival = signedEntry(swarm, owner, { claims, ops: [pay(other, 2n * CREDIT)], free: 8n * CREDIT })
    const first = ask(swarm, witness, owner, entry)
    expect(first.votes).toHaveLength(1)
    expect(ask(swarm, witness, owner, rival)).toEqual({
      votes: [],
      outcomes: [{ type: 'conflict', entry: expect.objectContaining({ bytes: entry.bytes }) }],
    })
    swarm.crash(witness)
    // First the rival: a witness that forgot its lock would now vote for it.
    expect(ask(swarm, witness, owner, rival).votes).toEqual([])
    expect(ask(swarm, witness, owner, entry)).toEqual(first)
    expect(ask(swarm, witness, owner, rival).votes).toEqual([])
  })

  it('writes the lock before it hands over the vote', () => {
    const { swarm, owner, other } = funded()
    const entry = signedEntry(swarm, owner, {
      claims: [sourceOf(swarm)],
      ops: [pay(other, CREDIT)],
      free: 9n * CREDIT,
    })
    const { order } = record(swarm, peerAt(swarm, 3), owner, entry, 0)
    expect(order).toEqual([`write ${keys.lock(owner.self, 0)}`, 'vote'])
  })

  it.each<[string, number, Partial<Entry>, CertifyReply['outcome']['type'][]]>([
    ['an entry of another epoch', 1, {}, ['epoch']],
    ['an unknown source', 0, { claims: [{ source: 'd'.repeat(64) as Digest, index: 0 }] }, ['missing']],
    ['an unknown entry before it', 0, { seq: 5, prev: 'd'.repeat(64) as Digest }, ['missing']],
    ['a wrong balance', 0, { free: 11n * CREDIT }, ['reject']],
  ])('answers %s without binding itself', (_name, epoch, change, types) => {
    const { swarm, owner } = funded()
    const entry = signedEntry(swarm, owner, {
      claims: [sourceOf(swarm)],
      ops: [],
      free: 10n * CREDIT,
      ...change,
    })
    const { votes, outcomes } = ask(swarm, peerAt(swarm, 3), owner, entry, epoch)
    expect(votes).toEqual([])
    expect(outcomes.map(({ type }) => type)).toEqual(types)
    expect([...peerAt(swarm, 3).store.keys()].filter((key) => key.startsWith('lock/'))).toEqual([])
  })

  it('names the fault of a claim once evidence shows the source', () => {
    const { swarm, minter, owner, other } = funded()
    const source = sourceOf(swarm)
    const entry = signedEntry(swarm, other, { claims: [source], ops: [], free: 10n * CREDIT })
    expect(ask(swarm, peerAt(swarm, 3), other, entry).outcomes).toEqual([
      { type: 'missing', ids: [source.source] },
    ])
    submit(swarm, owner, pay(other, CREDIT))
    swarm.run(100)
    const again = signedEntry(swarm, owner, { claims: [source], ops: [], free: 19n * CREDIT })
    const shown = swarm.act(minter, ({ ledger }) => ledger.account(minter.self))
    expect(shown?.head).toBe(source.source)
    const evidence = minter.store.get(keys.certificate(minter.self, 0))
    expect(askWith(swarm, peerAt(swarm, 3), other, entry, evidence)).toEqual([
      { type: 'reject', code: 'claim_not_addressed' },
    ])
    expect(askWith(swarm, peerAt(swarm, 3), owner, again, evidence)).toEqual([
      { type: 'reject', code: 'claim_already_made' },
    ])
  })
})

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

/** The mint's output: what the owner of `funded` can claim. */
function sourceOf(swarm: TestSwarm): { source: Digest; index: number } {
  const minter = peerAt(swarm, 0)
  const head = minter.mind.ledger.account(minter.self)?.head
  if (head === undefined) throw new RangeError('nothing was minted')
  return { source: head, index: 0 }
}

function signedEntry(
  swarm: TestSwarm,
  owner: TestPeer,
  parts: Pick<Entry, 'claims' | 'ops' | 'free'> & Partial<Entry>,
): SignedEntry {
  const view = owner.mind.ledger.account(owner.self)
  const prev = view?.head ?? genesisOf(swarm.roster.swarm, owner.self)
  return sign(owner.signer, swarm.roster.swarm, ENTRY, {
    account: owner.self,
    seq: view?.seq ?? 0,
    prev,
    ...parts,
  })
}

interface Recorded {
  readonly votes: readonly Uint8Array[]
  readonly outcomes: readonly CertifyReply['outcome'][]
  readonly order: readonly string[]
}

/** What a witness answers to one request, kept from being sent. */
function record(
  swarm: TestSwarm,
  witness: TestPeer,
  from: TestPeer,
  entry: SignedEntry,
  epoch: number,
  evidence: readonly Fact[] = [],
): Recorded {
  const votes: Uint8Array[] = []
  const outcomes: CertifyReply['outcome'][] = []
  const order: string[] = []
  swarm.act(witness, ({ ledger }, real) => {
    const out: Outbox = {
      ...real,
      write(key, value) {
        order.push(`write ${key}`)
        real.write(key, value)
      },
      send(_to, kind, body) {
        order.push(kind)
        if (kind === 'certify-reply') outcomes.push((body as CertifyReply).outcome)
      },
      sendSigned(_to, kind, signed) {
        order.push(kind)
        votes.push(signed.sig)
      },
    }
    const body = { epoch, entry, evidence }
    ledger.onCertify(out, {
      kind: 'certify',
      from: from.self,
      signer: from.self,
      body,
      bytes: entry.bytes,
      sig: entry.sig,
    })
  })
  return { votes, outcomes, order }
}

function ask(swarm: TestSwarm, witness: TestPeer, from: TestPeer, entry: SignedEntry, epoch = 0) {
  const { votes, outcomes } = record(swarm, witness, from, entry, epoch)
  return { votes, outcomes }
}

function askWith(
  swarm: TestSwarm,
  witness: TestPeer,
  from: TestPeer,
  entry: SignedEntry,
  stored: Uint8Array | undefined,
) {
  if (stored === undefined) throw new RangeError('no such fact')
  return record(swarm, witness, from, entry, 0, [storedFact(stored)]).outcomes
}

/** A decision that every peer gets to see; its signatures are nobody's business here. */
function decideVoid(swarm: TestSwarm, job: JobId): void {
  const quorum = {
    epoch: 0,
    signers: Uint8Array.of(7),
    sigs: Array.from({ length: 3 }, () => new Uint8Array(64)),
  }
  const decision: Decision = {
    instance: jobInstance(job, 0),
    round: 0,
    value: { type: 'void', reason: 'unassigned', cancel: null },
    quorum,
  }
  for (const peer of swarm.peers) {
    swarm.act(peer, ({ sync }, out) => sync.facts.apply(out, { type: 'decision', decision }, peer.self))
  }
}
