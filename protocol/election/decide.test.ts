import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { type PeerId, peerIdOf } from '../ids.ts'
import type { Offer } from '../jobs/offer.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { type Candidacy, decide } from './decide.ts'

const SEED = hash('seed', Uint8Array.of(1))
const MODEL = hash('model', Uint8Array.of(1))
const OTHER_MODEL = hash('model', Uint8Array.of(2))
const flat: TrustSnapshot = { number: 0, row: () => ({ trust: 500_000, latencyMs: undefined }) }

function peer(number: number): PeerId {
  return peerIdOf(new Uint8Array(32).fill(number))
}

const SPEC: JobSpec = {
  nonce: 0,
  steward: peer(200),
  prompt: { digest: MODEL, size: 1 },
  model: 'm',
  sampling: { temperatureMilli: 0, seed: 0, maxTokens: 1 },
  comparator: 'auto',
  rules: MODEL,
  replicas: 3,
  standbys: 1,
  attempts: 3,
  maxSlots: 4,
  maxPrice: 1_000n,
  minConfidence: 0,
  fee: 0n,
  treasury: peer(200),
  trust: 0,
  coin: MODEL,
  diversity: 'operator',
  visibility: 'private',
  region: null,
  mode: 'process',
  assignMs: 10_000,
  commitMs: 1_000,
  revealMs: 1_000,
  voidMs: 22_000,
  leaseMs: 500,
  graceMs: 100,
  retryOf: null,
}

const OFFER: Offer = {
  price: 500n,
  etaMs: 1_000,
  model: 'm',
  modelDigest: MODEL,
  cached: true,
  vramFreeMb: 0,
  loadMilli: 0,
  region: 'eu',
  modes: ['process'],
}

function bid(
  number: number,
  offer: Partial<Offer> = {},
  operator: string | undefined = `op${number}`,
): Candidacy {
  return { peer: peer(number), operator, offer: { ...OFFER, ...offer } }
}

function reasons(
  candidates: readonly Candidacy[],
  spec: Partial<JobSpec> = {},
): Record<string, string | undefined> {
  const { ranking } = decide({ ...SPEC, ...spec }, candidates, flat, SEED)
  return Object.fromEntries(ranking.map(({ peer: who, ineligible }) => [who, ineligible]))
}

describe('decide', () => {
  it('elects the cheapest among equals, and lets the next stand by', () => {
    const bids = [
      bid(1, { price: 900n }),
      bid(2, { price: 100n }),
      bid(3, { price: 200n }),
      bid(4, { price: 300n }),
    ]
    const { slots, standbys } = decide(SPEC, bids, flat, SEED)
    expect(slots).toEqual([peer(2), peer(3), peer(4)])
    expect(standbys).toEqual([peer(1)])
  })

  it('prefers trust over price', () => {
    const trusting: TrustSnapshot = {
      number: 0,
      row: (who) => ({ trust: who.peer === peer(1) ? 990_000 : 100_000, latencyMs: undefined }),
    }
    const bids = [
      bid(1, { price: 900n }),
      bid(2, { price: 500n }),
      bid(3, { price: 500n }),
      bid(4, { price: 500n }),
    ]
    expect(decide(SPEC, bids, trusting, SEED).slots[0]).toBe(peer(1))
  })

  it.each([
    ['price_above_maximum', { price: 1_001n }, {}],
    ['model_differs', { model: 'other' }, {}],
    ['region_differs', { region: 'us' }, { region: 'eu' }],
    ['mode_missing', { modes: ['container'] }, {}],
  ] as const)('excludes a bid for %s', (reason, offer, spec) => {
    expect(reasons([bid(1, offer)], spec)[peer(1)]).toBe(reason)
  })

  it('takes a price at the maximum', () => {
    expect(reasons([bid(1, { price: 1_000n })])[peer(1)]).toBeUndefined()
  })

  it('excludes somebody who is not a member', () => {
    const stranger: Candidacy = { peer: peer(1), operator: undefined, offer: OFFER }
    expect(reasons([stranger])[peer(1)]).toBe('not_a_member')
  })

  it('gives one operator one slot, its best bid', () => {
    const bids = [bid(1, { price: 400n }, 'same'), bid(2, { price: 100n }, 'same'), bid(3), bid(4)]
    expect(reasons(bids)[peer(1)]).toBe('same_operator')
    expect(decide(SPEC, bids, flat, SEED).slots).toContain(peer(2))
    expect(reasons(bids, { diversity: 'peer' })[peer(1)]).toBeUndefined()
  })

  it('lets all slots run one model digest: the one most offered', () => {
    const bids = [bid(1), bid(2), bid(3), bid(4, { modelDigest: OTHER_MODEL, price: 1n })]
    const election = decide(SPEC, bids, flat, SEED)
    expect(election.modelDigest).toBe(MODEL)
    expect(reasons(bids)[peer(4)]).toBe('other_model')
  })

  it('elects nobody when too few qualify', () => {
    expect(decide(SPEC, [bid(1), bid(2)], flat, SEED).slots).toEqual([])
  })

  it('breaks ties by the seed alone', () => {
    const bids = [1, 2, 3, 4, 5, 6].map((number) => bid(number))
    const orders = new Set(
      [1, 2, 3, 4, 5, 6, 7, 8].map((at) =>
        decide(SPEC, bids, flat, hash('s', Uint8Array.of(at))).slots.join(),
      ),
    )
    expect(orders.size).toBeGreaterThan(1)
  })

  it('does not depend on the order of the bids', () => {
    const candidates = fc.array(
      fc.record({
        number: fc.integer({ min: 1, max: 60 }),
        price: fc.bigInt(0n, 1_200n),
        load: fc.integer({ min: 0, max: 1_000 }),
        operator: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(candidates, fc.func(fc.integer()), (drawn, key) => {
        const unique = [...new Map(drawn.map((one) => [one.number, one])).values()]
        const bids = unique.map(({ number, price, load, operator }) =>
          bid(number, { price, loadMilli: load }, operator),
        )
        const shuffled = bids.toSorted((a, b) => key(a.peer) - key(b.peer))
        expect(decide(SPEC, shuffled, flat, SEED)).toEqual(decide(SPEC, bids, flat, SEED))
      }),
    )
  })

  it('never elects a peer or an operator twice', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), (drawn, replicas) => {
        const bids = drawn.map((number) => bid(number, {}, `op${number % 12}`))
        const { slots, standbys } = decide({ ...SPEC, replicas }, bids, flat, SEED)
        const elected: readonly PeerId[] = [...slots, ...standbys]
        const operators = elected.map((who) => bids.find(({ peer: bidder }) => bidder === who)?.operator)
        expect(new Set(operators).size).toBe(elected.length)
        expect([0, replicas]).toContain(slots.length)
      }),
    )
  })
})
