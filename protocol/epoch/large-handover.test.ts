import { expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import { ENTRY, entryIdOf, genesisOf, type SignedEntry } from '../ledger/entry.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import { TestEpochs } from './testing-orders.ts'

/** What waits at most for one peer on one channel: a quarter of what it really is, for a test of a quarter of the time. */
const QUEUE_BYTES_MAX = 1_024 * 1_024
const ACCOUNTS = 80
const GIVEN = BigInt(LIMITS.operations + 1) * OUTPUT_MIN

/** Payments as large as they come of many accounts, each paid by one minting entry. */
function payments(epochs: TestEpochs): readonly SignedEntry[] {
  const { swarm } = epochs.view(0).roster
  const minter = epochs.signer(0)
  const owners = Array.from({ length: ACCOUNTS }, (_, at) => testSigner(100 + at))
  let [prev, seq] = [genesisOf(swarm, minter.id), 0]
  return Array.from({ length: Math.ceil(ACCOUNTS / LIMITS.operations) }, (_, at) => {
    const paid = owners.slice(at * LIMITS.operations, (at + 1) * LIMITS.operations)
    const ops = paid.map(({ id }) => ({ type: 'mint' as const, to: id, amount: GIVEN, memo: '' }))
    const entry = sign(minter, swarm, ENTRY, { account: minter.id, seq, prev, claims: [], ops, free: 0n })
    certify(epochs, entry, [0, 1, 2, 3])
    epochs.minds.pass(2_000)
    prev = entryIdOf(entry)
    seq += 1
    return paid.map((owner, index) => payment(epochs, owner, { source: prev as never, index }))
  }).flat()
}

function payment(epochs: TestEpochs, owner: Signer, claim: { source: never; index: number }): SignedEntry {
  const { swarm } = epochs.view(0).roster
  const ops = Array.from({ length: LIMITS.operations }, () => {
    return {
      type: 'transfer' as const,
      to: epochs.id(6),
      amount: OUTPUT_MIN,
      memo: 'm'.repeat(LIMITS.memoBytes),
    }
  })
  const prev = genesisOf(swarm, owner.id)
  return sign(owner, swarm, ENTRY, {
    account: owner.id,
    seq: 0,
    prev,
    claims: [claim],
    ops,
    free: OUTPUT_MIN,
  })
}

function certify(epochs: TestEpochs, entry: SignedEntry, to: readonly number[]): void {
  for (const at of to)
    epochs.minds.say(epochs.id(6), epochs.id(at), 'certify', { epoch: 0, entry, evidence: [] })
}

/** Entries of more than a queue holds that all witnesses but the first proposer are bound to. */
function boundSwarm() {
  const epochs = new TestEpochs(4)
  const entries = payments(epochs)
  const bytes = entries.reduce((sum, one) => sum + one.bytes.length, 0)
  expect(bytes).toBeGreaterThan(QUEUE_BYTES_MAX)
  const [first] = epochs.view(0).roster.epoch.witnesses
  if (first === undefined) throw new RangeError('there are witnesses')
  const others = [0, 1, 2, 3].filter((at) => epochs.id(at) !== first)
  epochs.minds.isCut = (_from, _to, kind) => kind === 'vote'
  for (const entry of entries) certify(epochs, entry, others)
  // Nobody brings them further, and what isn't brought further isn't certified.
  epochs.minds.isCut = (_from, _to, kind) => kind === 'certify'
  epochs.minds.laneBytesMax = QUEUE_BYTES_MAX
  return { epochs, first, entries, brings: others[0] ?? 0 }
}

/** All that witnesses were bound to is adopted by those of the new epoch, and nobody keeps more of it than was decided. */
function expectHandedOver(epochs: TestEpochs, witnesses: readonly number[]): void {
  for (const at of witnesses) expect(epochs.view(at).roster.epoch.number).toBe(1)
  const held = witnesses.map((at) => [...epochs.minds.storeOf(epochs.id(at)).keys()])
  for (const keys of held) {
    expect(keys.filter((key) => key.startsWith('adopted/'))).toHaveLength(ACCOUNTS)
    expect(keys.filter((key) => key.startsWith('handover-draft/'))).toEqual([])
  }
  const pieces = held.map((keys) => keys.filter((key) => key.startsWith('handover/')).sort())
  for (const one of pieces) expect(one).toEqual(pieces[0])
}

it('a report of more than a queue holds arrives, and so does the handover', () => {
  const { epochs, brings } = boundSwarm()
  expect(epochs.change(epochs.order([0, 1, 2, 3, 5]), brings, 5_000)).toEqual([
    { ok: true, type: 'epoch', number: 1 },
  ])
  expectHandedOver(epochs, [0, 1, 2, 3, 5])
})

it.each(['proposal/epoch/', 'handover-draft/'])(
  'also when the first proposer is gone for good after its %s',
  (record) => {
    const { epochs, first, brings } = boundSwarm()
    epochs.minds.crashesAt = (peer, key) => peer === first && key.startsWith(record)
    epochs.change(epochs.order([0, 1, 2, 3, 5]), brings, 30_000)
    const rest = [0, 1, 2, 3, 5].filter((at) => epochs.id(at) !== first)
    expect(epochs.view(5).roster.epoch.number).toBe(1)
    expectHandedOver(epochs, rest)
  },
)
