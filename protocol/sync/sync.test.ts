import { describe, expect, it } from 'vitest'
import type { AccountId, Digest } from '../ids.ts'
import type { Operation } from '../ledger/entry.ts'
import { type Fact, packFacts, storedFact } from '../ledger/fact.ts'
import { createTestSwarm, type TestPeer, type TestSwarm } from '../ledger/testing.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { createFacts } from './facts.ts'
import type { Heads } from './leaves.ts'
import { createStateDigest } from './state-digest.ts'
import { createServe, SERVED_LEAVES } from './serve.ts'

const CREDIT = 1_000_000n
/** A peer that knows of nothing. */
const HEADS: Heads = {
  nextSeq: () => 0,
  jobStep: () => undefined,
  resolved: () => undefined,
  trust: () => 0,
  placeKeys: (account, seq) => [keys.certificate(account, seq)],
}

function peerAt(swarm: TestSwarm, at: number): TestPeer {
  const peer = swarm.peers[at]
  if (peer === undefined) throw new RangeError(`no peer ${at}`)
  return peer
}

const transfer = (to: TestPeer, amount: bigint): Operation => ({
  type: 'transfer',
  to: to.self,
  amount,
  memo: '',
})
const mint = (to: TestPeer, amount: bigint): Operation => ({ type: 'mint', to: to.self, amount, memo: '' })

/** One witness with `rounds` entries of its own, each paying one of the others; they pay it back. */
function busySwarm(count: number, rounds: number): TestSwarm {
  const swarm = createTestSwarm({ count, witnesses: 1 })
  const minter = peerAt(swarm, 0)
  const submit = (peer: TestPeer, operation: Operation) =>
    expect(swarm.act(peer, ({ ledger }, out) => ledger.submit(out, [operation], 0))).toEqual({ ok: true })
  for (let round = 0; round < rounds; round += 1) {
    const payer = peerAt(swarm, 1 + (round % (count - 1)))
    submit(minter, mint(payer, CREDIT))
    swarm.run(10)
    minter.mind.sync.facts.waiting()
    submitFrom(swarm, payer, minter)
  }
  return swarm
}

function submitFrom(swarm: TestSwarm, payer: TestPeer, minter: TestPeer): void {
  level(swarm, payer)
  swarm.act(payer, ({ ledger }, out) => ledger.submit(out, [transfer(minter, CREDIT / 2n)], 0))
  swarm.run(10)
}

function level(swarm: TestSwarm, peer: TestPeer): void {
  swarm.connect(peer, peerAt(swarm, 0))
  swarm.run(100)
}

const root = (peer: TestPeer) => peer.mind.digest.root()

const accountsOf = (peer: TestPeer) =>
  new Map([...peer.mind.ledger.accounts()].map((view) => [view.account, view]))

function certificateOf(peer: TestPeer, account: AccountId, seq: number): Fact {
  const value = peer.store.get(keys.certificate(account, seq))
  if (value === undefined) throw new RangeError(`no certificate ${seq}`)
  return storedFact(value)
}

describe('an empty peer', () => {
  it('becomes level with one that has hundreds of entries, and so does its witness after losing its store', () => {
    const swarm = busySwarm(3, 120)
    const [witness, other] = [peerAt(swarm, 0), peerAt(swarm, 1)]
    level(swarm, other)
    const entries = witness.mind.ledger.entries()
    expect(entries).toBe(240)
    other.store.clear()
    swarm.crash(other)
    expect(other.mind.ledger.entries()).toBe(0)
    swarm.run(5_000)
    expect(other.mind.ledger.entries()).toBe(entries)
    expect(root(other)).toBe(root(witness))
    expect(other.mind.ledger.supply()).toEqual(witness.mind.ledger.supply())
    expect(other.mind.sync.facts.waiting()).toBe(0)
  })

  it('becomes level over a line that loses a fifth of all messages', () => {
    const faults = { loss: 0, duplication: 0, delayMsMax: 1, crash: 0 }
    const swarm = createTestSwarm({ count: 3, witnesses: 1, faults })
    const [witness, other] = [peerAt(swarm, 0), peerAt(swarm, 1)]
    for (let count = 0; count < 100; count += 1) {
      swarm.act(witness, ({ ledger }, out) => ledger.submit(out, [mint(other, OUTPUT_MIN)], 0))
    }
    Object.assign(faults, { loss: 0.2, duplication: 0.2, delayMsMax: 50 })
    swarm.connect(other, witness)
    swarm.run(300_000)
    expect(root(other)).toBe(root(witness))
  })
})

describe('facts', () => {
  it('give the same state in any order', () => {
    const swarm = busySwarm(3, 12)
    const witness = peerAt(swarm, 0)
    level(swarm, peerAt(swarm, 1))
    const facts = [...witness.mind.ledger.accounts()].flatMap(({ account, seq }) =>
      Array.from({ length: seq }, (_, at) => certificateOf(witness, account, at)),
    )
    expect(facts.length).toBeGreaterThan(20)
    for (const order of [facts, facts.toReversed(), interleaved(facts, 5), interleaved(facts, 7)]) {
      const fresh = createTestSwarm({ count: 3, witnesses: 1 })
      const reader = peerAt(fresh, 2)
      for (const fact of order) {
        fresh.act(reader, ({ sync }, out) => sync.facts.apply(out, fact, reader.self))
        const { minted, free, unclaimed, escrowed, burnt } = reader.mind.ledger.supply()
        expect(free + unclaimed + escrowed + burnt).toBe(minted)
      }
      fresh.run(1_000)
      expect(accountsOf(reader)).toEqual(accountsOf(witness))
      expect(root(reader)).toBe(root(witness))
      expect(reader.mind.ledger.supply()).toEqual(witness.mind.ledger.supply())
      fresh.crash(reader)
      expect(accountsOf(reader)).toEqual(accountsOf(witness))
      expect(root(reader)).toBe(root(witness))
      expect(reader.mind.ledger.supply()).toEqual(witness.mind.ledger.supply())
    }
  })

  it('wait in bounded number, and the oldest makes room', () => {
    const swarm = busySwarm(2, 1)
    const witness = peerAt(swarm, 0)
    const real = certificateOf(witness, witness.self, 0)
    if (real.type !== 'certificate') throw new RangeError('no certificate')
    const { entry, quorum } = real.certificate
    const asked: string[] = []
    const facts = createFacts({
      self: witness.self,
      heads: { ...HEADS, nextSeq: () => 0 },
      applyCertificate: () => ({ status: 'missing', ids: ['a'.repeat(64) as Digest], resolved: [] }),
      applyDecision: () => ({ status: 'known' }),
      admits: () => true,
      passed: () => undefined,
    })
    const out = {
      now: 0,
      send: (_to: unknown, kind: string) => asked.push(kind),
      timer: () => undefined,
    } as unknown as Outbox
    for (let count = 0; count <= LIMITS.waitingFacts; count += 1) {
      const bytes = new Uint8Array([...entry.bytes, count >> 8, count & 255])
      const fact: Fact = { type: 'certificate', certificate: { entry: { ...entry, bytes }, quorum } }
      facts.apply(out, fact, peerAt(swarm, 1).self)
      expect(facts.waiting()).toBe(Math.min(count + 1, LIMITS.waitingFacts))
    }
    expect(new Set(asked)).toEqual(new Set(['sync-fetch']))
  })

  it('are counted when they contradict what is certified', () => {
    const swarm = busySwarm(2, 1)
    const witness = peerAt(swarm, 0)
    const fact = certificateOf(witness, witness.self, 0)
    if (fact.type !== 'certificate') throw new RangeError('no certificate')
    const { entry, quorum } = fact.certificate
    const rival = { ...entry, bytes: Uint8Array.of(...entry.bytes, 0), body: { ...entry.body, free: 1n } }
    const before = root(witness)
    const result = swarm.act(witness, ({ sync }, out) =>
      sync.facts.apply(out, { type: 'certificate', certificate: { entry: rival, quorum } }, witness.self),
    )
    expect(result).toEqual({ status: 'contradiction' })
    expect(witness.mind.sync.facts.contradictions()).toBe(1)
    expect(root(witness)).toBe(before)
  })

  it('that are stored travel undecoded, packed below the frame limit', () => {
    const swarm = busySwarm(2, 1)
    const witness = peerAt(swarm, 0)
    const value = witness.store.get(keys.certificate(witness.self, 0)) ?? new Uint8Array()
    expect(storedFact(value)).toMatchObject({
      type: 'certificate',
      certificate: { entry: { signer: witness.self } },
    })
    const unread = Uint8Array.of(0xa4, 1, 2)
    expect(packFacts([unread, unread, unread], 2).map(({ length }) => length)).toEqual([2, 1])
    const large = new Uint8Array(LIMITS.frameBytes / 2)
    expect(packFacts([unread, large, unread], 8).map(({ length }) => length)).toEqual([1, 1, 1])
  })
})

describe('an announcement', () => {
  it('makes a peer without its own witness fetch what is new, from whoever announced it', () => {
    const swarm = createTestSwarm({ count: 2, witnesses: 1 })
    const [witness, reader] = [peerAt(swarm, 0), peerAt(swarm, 1)]
    swarm.connect(witness, reader)
    swarm.run(100)
    swarm.act(witness, ({ ledger }, out) => ledger.submit(out, [mint(reader, CREDIT)], 0))
    swarm.run(150)
    expect(reader.mind.ledger.entries()).toBe(0)
    swarm.run(100)
    expect(reader.mind.ledger.entries()).toBe(1)
  })
})

describe('serving', () => {
  it('answers with at most a page of leaves, and goes on where it stopped', () => {
    const digest = createStateDigest()
    const names = Array.from({ length: 600 }, (_, at) => at.toString(16).padStart(64, '0') as Digest)
    for (const name of names) digest.set(name, name)
    const serve = createServe({ heads: { ...HEADS, jobStep: () => 3 }, digest })
    const seen: string[] = []
    let buckets = Array.from({ length: 256 }, (_, at) => at)
    let after = ''
    let pages = 0
    for (; buckets.length > 0; pages += 1) {
      const pagesOut = {
        send(
          _to: unknown,
          _kind: unknown,
          body: { buckets: number[]; after: string; jobs: { job: string }[] },
        ) {
          expect(body.jobs.length).toBeLessThanOrEqual(SERVED_LEAVES)
          seen.push(...body.jobs.map(({ job }) => job))
          buckets = buckets.filter((bucket) => !body.buckets.includes(bucket))
          after = body.after
        },
      }
      serve.onLeavesRequest(pagesOut as unknown as Outbox, 'peer' as AccountId, { buckets, after })
    }
    expect(pages).toBe(3)
    expect(seen.toSorted()).toEqual(names)
  })
})

/** Every step-th fact, from each start: a fixed shuffle. */
function interleaved(facts: readonly Fact[], step: number): readonly Fact[] {
  return Array.from({ length: step }, (_, start) => facts.filter((_fact, at) => at % step === start)).flat()
}
