import { describe, expect, it } from 'vitest'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import { escrowOf, type JobSpec } from '../jobs/spec.ts'
import { AMOUNT_MAX, LIMITS, OUTPUT_MIN } from '../params.ts'
import { ADMISSION_FAULTS, ADMISSION_REFUSALS } from '../swarm/admission.ts'
import { swarmIdOf } from '../swarm/charter.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { type AccountState, emptyAccount } from './account.ts'
import { ENTRY, type Entry, entryCodec, type Operation, type OutputRef } from './entry.ts'
import { ENTRY_FAULTS } from './messages.ts'
import { testCharter, testSigner, testSpec } from './testing-mind.ts'
import { type EntryLookups, validateEntry } from './validate.ts'

const [minter, owner, stranger] = [testSigner(0), testSigner(1), testSigner(2)]
const charter = testCharter([minter, owner, stranger], 1)
const swarm = swarmIdOf(charter)
const id = (digit: string) => digit.repeat(64) as Digest
const ref = (digit: string, index = 0): OutputRef => ({ source: id(digit), index })

const state: AccountState = {
  ...emptyAccount(swarm, owner.id),
  seq: 3,
  head: id('3'),
  free: 50_000n,
  nonce: 7,
}
const minterState: AccountState = { ...emptyAccount(swarm, minter.id), seq: 1, head: id('9') }
const genesis = emptyAccount(swarm, owner.id)

const transfer = (amount: bigint): Operation => ({ type: 'transfer', to: stranger.id, amount, memo: '' })
const mint = (amount: bigint): Operation => ({ type: 'mint', to: owner.id, amount, memo: '' })
const spec = testSpec(charter, owner.id)
const open = (change: Partial<JobSpec> = {}, escrow?: bigint): Operation => {
  const changed = { ...spec, nonce: 7, ...change }
  return { type: 'open', spec: changed, escrow: escrow ?? escrowOf(changed) }
}

// Outputs of 20,000 units from aaa.../0 and bbb.../1, and one that would overflow.
const lookups: EntryLookups = {
  roster: rosterOf(charter),
  unclaimed({ source, index }) {
    if (source === id('f')) return AMOUNT_MAX
    return (source === id('a') && index === 0) || (source === id('b') && index === 1) ? 20_000n : undefined
  },
  // Proven by evidence: c has one output for the owner, already claimed, and one for somebody else.
  settled: (source) =>
    source === id('c')
      ? [
          { index: 0, to: owner.id },
          { index: 1, to: stranger.id },
        ]
      : undefined,
}

const base: Entry = {
  account: owner.id,
  seq: 3,
  prev: id('3'),
  claims: [ref('a')],
  ops: [transfer(60_000n)],
  free: 10_000n,
}
const judge = (change: Partial<Entry>, { signer = owner, account = state } = {}) =>
  validateEntry(sign(signer, swarm, ENTRY, { ...base, ...change }), account, lookups)

describe('an entry is valid', () => {
  const minted = { account: minter.id, seq: 1, prev: id('9'), claims: [], free: 0n }
  it.each<[string, Partial<Entry>, Parameters<typeof judge>[1]?]>([
    ['as it stands', {}],
    ['with claims alone', { ops: [], free: 70_000n }],
    ['with operations alone', { claims: [], ops: [transfer(50_000n)], free: 0n }],
    ['spending the last unit', { ops: [transfer(70_000n)], free: 0n }],
    ['with two claims, ascending', { claims: [ref('a'), ref('b', 1)], ops: [], free: 90_000n }],
    ['opening a job', { claims: [], ops: [open()], free: 50_000n - escrowOf(spec) }],
    ['with rising nonces', { ops: [open(), open({ nonce: 9 })], free: 70_000n - 2n * escrowOf(spec) }],
    [
      'minting, by a minter',
      { ...minted, ops: [mint(OUTPUT_MIN)] },
      { signer: minter, account: minterState },
    ],
    [
      'minting all there can be',
      { ...minted, ops: [mint(AMOUNT_MAX)] },
      { signer: minter, account: minterState },
    ],
    [
      'as the first one of a minter',
      { ...minted, seq: 0, prev: emptyAccount(swarm, minter.id).head, ops: [mint(OUTPUT_MIN)] },
      { signer: minter, account: emptyAccount(swarm, minter.id) },
    ],
    [
      'as a first one with a claim',
      { seq: 0, prev: genesis.head, ops: [], free: 20_000n },
      { account: genesis },
    ],
  ])('%s', (_name, change, by) => {
    expect(judge(change, by)).toEqual({ status: 'valid' })
  })
})

describe('an entry is refused', () => {
  const half = AMOUNT_MAX / 2n + 1n
  const nothing = { claims: [], ops: [], free: 50_000n }
  const first = { seq: 0, prev: genesis.head, claims: [], free: 0n }
  const rows: readonly [
    (typeof ENTRY_FAULTS)[number],
    string,
    Partial<Entry>,
    Parameters<typeof judge>[1]?,
  ][] = [
    ['wrong_signer', 'signed by a stranger', {}, { signer: stranger }],
    ['empty_entry', 'with nothing in it', nothing],
    ['wrong_seq', 'at a place that is taken', { seq: 2 }],
    ['wrong_prev', 'replayed from another swarm', { ...first, prev: id('0') }, { account: genesis }],
    [
      'genesis_without_claim',
      'as a first one without money',
      { ...first, ops: [transfer(OUTPUT_MIN)] },
      { account: genesis },
    ],
    [
      'genesis_without_claim',
      'as a first mint by anybody',
      { ...first, ops: [mint(OUTPUT_MIN)] },
      { account: genesis },
    ],
    [
      'claims_not_ascending',
      'with claims out of order',
      { claims: [ref('b', 1), ref('a')], ops: [], free: 90_000n },
    ],
    [
      'claims_not_ascending',
      'with one claim twice',
      { claims: [ref('a'), ref('a')], ops: [], free: 90_000n },
    ],
    ['claim_already_made', 'claiming what it had claimed', { claims: [ref('c')], ops: [], free: 70_000n }],
    ['claim_not_addressed', "claiming somebody else's", { claims: [ref('c', 1)], ops: [], free: 70_000n }],
    ['claim_unknown_output', 'claiming what never was', { claims: [ref('c', 2)], ops: [], free: 70_000n }],
    ['balance_mismatch', 'keeping a unit too many', { free: 10_001n }],
    ['balance_mismatch', 'burning a unit', { free: 9_999n }],
    ['balance_negative', 'spending a unit too many', { ops: [transfer(70_001n)], free: 0n }],
    ['amount_overflow', 'claiming past 63 bits', { claims: [ref('f')], ops: [], free: AMOUNT_MAX }],
    ['amount_overflow', 'spending sums past 63 bits', { ops: [transfer(half), transfer(half)], free: 0n }],
    [
      'amount_overflow',
      'minting past 63 bits in all',
      { account: minter.id, seq: 1, prev: id('9'), claims: [], ops: [mint(OUTPUT_MIN)], free: 0n },
      { signer: minter, account: { ...minterState, minted: AMOUNT_MAX - OUTPUT_MIN + 1n } },
    ],
    ['not_a_minter', 'minting without authority', { ops: [mint(OUTPUT_MIN)], free: 70_000n }],
    ['nonce_not_rising', 'opening with a used nonce', { ops: [open({ nonce: 6 })] }],
    ['nonce_not_rising', 'opening one job twice', { ops: [open(), open()] }],
    ['nonce_not_rising', 'using the last nonce of all', { ops: [open({ nonce: Number.MAX_SAFE_INTEGER })] }],
    ['spec_invalid', 'with too little in escrow', { ops: [open({}, escrowOf(spec) - 1n)] }],
    ['spec_invalid', 'with too much in escrow', { ops: [open({}, escrowOf(spec) + 1n)] }],
    ['spec_invalid', 'with fewer slots than replicas', { ops: [open({ replicas: 2, maxSlots: 1 })] }],
    ['spec_invalid', 'void before its time', { ops: [open({ voidMs: spec.assignMs })] }],
    ['spec_invalid', "keeping the swarm's fee", { ops: [open({ fee: charter.params.fee - 1n })] }],
    ['spec_invalid', 'with a treasury of its own', { ops: [open({ treasury: owner.id })] }],
    [
      'entry_too_large',
      'of more than 40 KiB',
      { ops: Array.from({ length: 64 }, () => open({ model: 'm'.repeat(128) })) },
    ],
    ['prompt_rules_unknown', 'under rules nobody has', { ops: [open({ rules: id('5') })] }],
  ]
  it.each(rows)('%s: %s', (code, _name, change, by) => {
    expect(judge(change, by)).toEqual({ status: 'fault', code })
  })

  // The others are tried in `membership.test.ts`.
  const ofAdmission: ReadonlySet<string> = new Set([...ADMISSION_FAULTS, ...ADMISSION_REFUSALS])
  it('for every reason there is', () => {
    expect(new Set(rows.map(([code]) => code))).toEqual(
      new Set(ENTRY_FAULTS.filter((code) => !ofAdmission.has(code))),
    )
  })
})

describe('what an entry rests on is asked for, never held against it', () => {
  it.each<[string, Partial<Entry>, readonly Digest[]]>([
    ['an entry before it', { seq: 4, prev: id('7') }, [id('7')]],
    ['the resolution that put another head there', { prev: id('4') }, [id('4')]],
    ['a source', { claims: [ref('a'), ref('d'), ref('d', 1), ref('e')] }, [id('d'), id('e')]],
    ["another index of a source that isn't proven", { claims: [ref('a', 5)] }, [id('a')]],
  ])('%s', (_name, change, ids) => {
    expect(judge(change)).toEqual({ status: 'missing', ids })
  })

  it('64 sources at a time', () => {
    const sources = Array.from({ length: LIMITS.missing + 1 }, (_, at) => ({
      source: at.toString(16).padStart(64, '0') as Digest,
      index: 0,
    }))
    const validity = judge({ claims: sources })
    expect(validity.status === 'missing' && validity.ids.length).toBe(LIMITS.missing)
  })
})

describe('the limits of an entry', () => {
  const claims = (count: number) => Array.from({ length: count }, (_, index) => ref('a', index))
  const transfers = (count: number) => Array.from({ length: count }, () => transfer(OUTPUT_MIN))
  const reads = (change: Partial<Entry>) => {
    const body = encodeBody(entryCodec, { ...base, ...change })
    return () => decodeBody(entryCodec, body, 'entry', TRUSTED)
  }
  it.each<[string, Partial<Entry>, Partial<Entry>]>([
    ['claims', { claims: claims(LIMITS.claims) }, { claims: claims(LIMITS.claims + 1) }],
    ['operations', { ops: transfers(LIMITS.operations) }, { ops: transfers(LIMITS.operations + 1) }],
    ['smallest transfer', { ops: [transfer(OUTPUT_MIN)] }, { ops: [transfer(OUTPUT_MIN - 1n)] }],
    ['largest transfer', { ops: [transfer(AMOUNT_MAX)] }, { ops: [transfer(AMOUNT_MAX + 1n)] }],
    ['largest balance', { free: AMOUNT_MAX }, { free: AMOUNT_MAX + 1n }],
    ['output index', { claims: [ref('a', 0xffff)] }, { claims: [ref('a', 0x10000)] }],
  ])('%s', (_name, most, more) => {
    expect(reads(most)).not.toThrow()
    expect(reads(more)).toThrow(/out_of_range/)
  })
})
