import { describe, expect, it } from 'vitest'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { BEACON, BID, SEAL } from '../../protocol/jobs/messages.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import { entryIdOf } from '../../protocol/ledger/entry.ts'
import { liar } from './bench.ts'
import { certified, decided, digestOf, entryOf, examine, GRANT, minted, minter } from './bench.ts'
import { openedJob, opening, reports, runner, type StoredFact, swarm } from './bench.ts'
import { createFairVerdictChecker } from './fair-verdict.ts'
import { createLedgerReplayChecker } from './ledger-replay.ts'
import { createPaymentsChecker } from './payments.ts'

const ledger = (...records: readonly StoredFact[]) =>
  reports(createLedgerReplayChecker, (checker) => examine(checker, records))
const payments = (...records: readonly StoredFact[]) =>
  reports(createPaymentsChecker, (checker) =>
    examine(checker, [certified(minted), certified(opening), ...records]),
  )

const offer = {
  price: 7n,
  etaMs: 1,
  model: 'reference',
  modelDigest: digestOf('model'),
  cached: true,
  vramFreeMb: 1,
  loadMilli: 0,
  region: '',
  modes: ['process' as const],
}
const assign = (...slots: readonly number[]): JobValue => ({
  type: 'assign',
  epoch: 0,
  bids: [sign(runner, swarm, BID, { job: openedJob, offer, payout: runner.id })],
  operators: [null],
  payer: null,
  beacon: sign(minter, swarm, BEACON, { job: openedJob }),
  slots: slots.map((slot) => ({ slot, peer: runner.id })),
  standbys: [],
  receipts: [],
})

const replica = { slot: 0, peer: runner.id, rank: 0, payout: runner.id, price: 7n, cluster: 0, cosine: 0 }
const close = (...paid: readonly bigint[]) => closeWith({}, ...paid)
const closeWith = (who: Partial<typeof replica>, ...paid: readonly bigint[]): JobValue => ({
  type: 'close',
  epoch: 0,
  seals: [sign(minter, swarm, SEAL, { job: openedJob, step: 0, commits: [], started: [] })],
  reveals: [],
  result: {
    agreement: 'single',
    winner: 0,
    confidence: 0,
    fee: 0n,
    refund: 20n - paid.reduce((sum, amount) => sum + amount, 0n),
    replicas: paid.map((amount) => ({
      ...replica,
      ...who,
      answer: null,
      outcome: 'agreed',
      findings: [],
      paid: amount,
    })),
  },
  cancel: null,
})

const claim = { source: entryIdOf(minted), index: 0 }
const second = { seq: 1, prev: entryIdOf(minted), claims: [claim], free: GRANT }

describe('ledger replay', () => {
  it('finds nothing in books that are right', () => {
    const paid = decided(openedJob, 1, close(7n))
    expect(ledger(certified(minted), certified(opening))).toEqual([])
    expect(ledger(certified(minted), certified(opening), decided(openedJob, 0, assign(0)), paid)).toEqual([])
  })

  it.each([
    ['a broken link', entryOf(minter, { ...second, prev: digestOf('elsewhere') })],
    ['a gap', entryOf(minter, { ...second, seq: 2 })],
    ['a balance above its claims', entryOf(minter, { ...second, free: GRANT + 1n })],
    ['an output claimed twice', entryOf(minter, { ...second, claims: [claim, claim], free: 2n * GRANT })],
    ["another's output", entryOf(runner, { claims: [claim], free: GRANT })],
    [
      'a mint without authority',
      entryOf(runner, { ops: [{ type: 'mint', to: runner.id, amount: GRANT, memo: '' }] }),
    ],
  ])('finds %s', (_name, entry) => {
    expect(ledger(certified(minted), certified(entry))).not.toEqual([])
  })

  it('finds a job that pays more than its escrow', () => {
    const value = close(7n)
    if (value.type !== 'close') throw new Error('a close')
    const greedy: JobValue = { ...value, result: { ...value.result, refund: 20n } }
    expect(ledger(certified(minted), certified(opening), decided(openedJob, 1, greedy))).not.toEqual([])
  })

  it('waits for outputs that are still to come, but not in the end', () => {
    const records = [certified(entryOf(runner, { claims: [claim], free: GRANT }))]
    expect(ledger(...records)).toEqual([])
    const examined = { peer: minter.id, records: new Map(records), view: undefined }
    expect(reports(createLedgerReplayChecker, (checker) => checker.conclude?.([examined]))).toHaveLength(1)
  })
})

describe('payments', () => {
  const assigned = decided(openedJob, 0, assign(0))

  const stoodBy = decided(openedJob, 0, { ...assign(0), standbys: [minter.id] } as JobValue)

  it('finds nothing where everyone is paid once', () => {
    expect(payments(assigned, decided(openedJob, 1, close(7n)))).toEqual([])
    expect(payments(stoodBy, decided(openedJob, 1, close(7n)))).toEqual([])
    const taken = closeWith({ peer: minter.id, rank: 1 }, 7n)
    expect(payments(stoodBy, decided(openedJob, 1, taken))).toEqual([])
    expect(payments(assigned, decided(openedJob, 1, taken))).toHaveLength(1)
  })

  it.each([0, 2])('finds a standby that is settled as rank %i', (rank) => {
    const taken = closeWith({ peer: minter.id, rank }, 7n)
    expect(payments(stoodBy, decided(openedJob, 1, taken))).toHaveLength(1)
  })

  it.each([
    ['a slot settled twice', [assigned, decided(openedJob, 1, close(7n, 7n))]],
    ['another sum than the price', [assigned, decided(openedJob, 1, close(8n))]],
    [
      'a slot that nobody was assigned to',
      [decided(openedJob, 0, assign(1)), decided(openedJob, 1, close(7n))],
    ],
    ['a peer with two slots', [decided(openedJob, 0, assign(0, 1))]],
    [
      'a step after the end',
      [
        decided(openedJob, 0, { type: 'void', reason: 'expired', cancel: null }),
        decided(openedJob, 1, close()),
      ],
    ],
    ['a missing step', [assigned, decided(openedJob, 2, close(7n))]],
  ])('finds %s', (_name, records) => {
    expect(payments(...records)).not.toEqual([])
  })
})

describe('fair verdict', () => {
  const answer = { digest: digestOf('answer'), size: 6 }
  const judged = (winner: number, ...paid: readonly [Signer, bigint][]) => {
    const value = close()
    if (value.type !== 'close') throw new Error('a close')
    const replicas = paid.map(([{ id: peer }, amount], slot) => ({
      ...replica,
      slot,
      peer,
      answer,
      outcome: 'agreed' as const,
      findings: [],
      paid: amount,
    }))
    const stated = decided(openedJob, 1, { ...value, result: { ...value.result, winner, replicas } })
    return reports(createFairVerdictChecker, (checker) => examine(checker, [stated]))
  }

  it('finds a paid liar, an unpaid honest runner and a false winner', () => {
    expect(judged(0, [minter, 7n], [runner, 7n], [liar, 0n])).toEqual([])
    expect(judged(0, [minter, 7n], [liar, 0n])).toEqual([])
    expect(judged(0, [minter, 7n], [runner, 7n], [liar, 7n])).toHaveLength(1)
    expect(judged(0, [minter, 7n], [runner, 0n], [liar, 0n])).toHaveLength(1)
    expect(judged(2, [minter, 7n], [runner, 7n], [liar, 0n])).toHaveLength(1)
  })
})
