import { describe, expect, it } from 'vitest'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import { AMOUNT_MAX, OUTPUT_MIN } from '../params.ts'
import { TestMinds } from '../peer/testing-minds.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { ENTRY, type Entry, entryIdOf, genesisOf, type Operation } from './entry.ts'
import type { Fact } from './fact.ts'
import { testCharter, testSigner } from './testing-mind.ts'

const CREDIT = 1_000_000n
const SIGNERS = [0, 1, 2, 3, 4, 5].map(testSigner)
const [minter, honest, , , thief, member] = SIGNERS as [Signer, Signer, Signer, Signer, Signer, Signer]
const roster = rosterOf(testCharter(SIGNERS, 4))
const NOWHERE = '5'.repeat(64) as Digest

interface Funded {
  readonly minds: TestMinds
  /** The entries that minted ten credits to each of them. */
  readonly ofHonest: Digest
  readonly ofThief: Digest
}

/** Six whole minds, four of them witnesses; everybody has what it was given. */
function funded(): Funded {
  const minds = new TestMinds(roster, SIGNERS)
  const give = (to: Signer, amount: bigint): Digest => {
    const answer = minds.command(minter.id, { type: 'mint', to: to.id, amount, memo: '' })
    if (answer?.ok !== true || answer.type !== 'entry') throw new Error('nothing was minted')
    return answer.entry
  }
  return { minds, ofHonest: give(honest, 10n * CREDIT), ofThief: give(thief, 10n * CREDIT) }
}

const transfer = (amount: bigint): Operation => ({ type: 'transfer', to: thief.id, amount, memo: '' })
const mint = (amount: bigint): Operation => ({ type: 'mint', to: thief.id, amount, memo: '' })

/** The thief's next entry, signed with its own key past its own mind. */
function entryOf({ minds }: Funded, change: Partial<Entry>, signer = thief) {
  const view = minds.mindOf(minter.id).view.account(signer.id)
  const { seq, head } =
    view === undefined || view.seq === 0 ? { seq: 0, head: genesisOf(roster.swarm, signer.id) } : view
  const place = { account: signer.id, seq, prev: head, claims: [], ops: [], free: 0n }
  return sign(signer, roster.swarm, ENTRY, { ...place, ...change })
}

/** What each of the four witnesses answers to it, but for the entry's name. */
function answers(
  at: Funded,
  change: Partial<Entry>,
  signer = thief,
  evidence: readonly Fact[] = [],
): readonly unknown[] {
  const { minds } = at
  const entry = entryOf(at, change, signer)
  return roster.epoch.witnesses
    .filter((witness) => witness !== thief.id)
    .map((witness) => {
      minds.heard(thief.id, 'certify-reply')
      minds.say(thief.id, witness, 'certify', { epoch: 0, entry, evidence })
      const replies = minds.heard(thief.id, 'certify-reply').filter(({ from }) => from === witness)
      expect(replies.map(({ body }) => body.entry)).toEqual([entryIdOf(entry)])
      return replies[0]?.body.outcome
    })
}

function expectUntouched({ minds }: Funded, root: Digest | undefined): void {
  expect(new Set(minds.minds.map(({ view }) => view.ledgerRoot()))).toEqual(new Set([root]))
  for (const { view } of minds.minds) {
    const { minted, free, unclaimed, escrowed, burnt } = view.supply()
    expect(minted).toBe(20n * CREDIT)
    expect(free + unclaimed + escrowed + burnt).toBe(minted)
  }
}

/** Everybody can spend what it has to the last unit, and all minds agree on it. */
function expectHonestGoOn({ minds }: Funded): void {
  const paid = { type: 'transfer', to: member.id, amount: 10n * CREDIT, memo: '' } as const
  for (const owner of [honest, thief]) expect(minds.command(owner.id, paid)).toMatchObject({ ok: true })
  minds.pass(20_000)
  const roots = new Set(minds.minds.map(({ view }) => view.ledgerRoot()))
  expect(roots.size).toBe(1)
  for (const { view } of minds.minds) {
    expect(view.account(member.id)?.claimable).toBe(20n * CREDIT)
    for (const owner of [honest, thief]) expect(view.account(owner.id)?.free).toBe(0n)
  }
}

const reject = (code: string) => ({ type: 'reject', code })

describe('an entry that claims or makes what is not its own is answered with a code by every witness', () => {
  type Row = [string, (at: Funded) => Partial<Entry>, object, Signer?]
  const ten = 10n * CREDIT
  const rows: readonly Row[] = [
    [
      'a source nobody heard of',
      () => ({ claims: [{ source: NOWHERE, index: 0 }], free: ten }),
      { type: 'missing', ids: [NOWHERE] },
    ],
    [
      'the place behind one that nobody heard of',
      () => ({ seq: 7, prev: NOWHERE, claims: [{ source: NOWHERE, index: 0 }] }),
      { type: 'missing', ids: [NOWHERE] },
    ],
    [
      "more than it claims, and somebody else's name",
      ({ ofThief }) => ({ account: honest.id, claims: [{ source: ofThief, index: 0 }], free: ten }),
      reject('wrong_signer'),
    ],
    ['nothing, and still a balance', () => ({ free: ten }), reject('empty_entry')],
    [
      'one output twice',
      ({ ofThief: source }) => ({
        claims: [
          { source, index: 0 },
          { source, index: 0 },
        ],
        free: 2n * ten,
      }),
      reject('claims_not_ascending'),
    ],
    [
      'a unit more than it was given',
      ({ ofThief: source }) => ({ claims: [{ source, index: 0 }], free: ten + 1n }),
      reject('balance_mismatch'),
    ],
    [
      'to pay a unit more than it has',
      ({ ofThief: source }) => ({ claims: [{ source, index: 0 }], ops: [transfer(ten + 1n)], free: 0n }),
      reject('balance_negative'),
    ],
    [
      'payments that sum up past 63 bits',
      ({ ofThief: source }) => ({
        claims: [{ source, index: 0 }],
        ops: [transfer(AMOUNT_MAX), transfer(AMOUNT_MAX)],
      }),
      reject('amount_overflow'),
    ],
    [
      'to mint without authority',
      ({ ofThief: source }) => ({ claims: [{ source, index: 0 }], ops: [mint(OUTPUT_MIN)], free: ten }),
      reject('not_a_minter'),
    ],
    ['to begin with a mint', () => ({ ops: [mint(OUTPUT_MIN)] }), reject('genesis_without_claim')],
    [
      'to begin with nothing but a payment',
      () => ({ ops: [transfer(OUTPUT_MIN)] }),
      reject('genesis_without_claim'),
    ],
    [
      'as a minter, more than there can be',
      () => ({ ops: [mint(AMOUNT_MAX)] }),
      reject('amount_overflow'),
      minter,
    ],
  ]

  it.each(rows)('%s', (_name, change, expected, signer = thief) => {
    const at = funded()
    at.minds.pass(20_000)
    const root = at.minds.mindOf(minter.id).view.ledgerRoot()
    expect(answers(at, change(at), signer)).toEqual([expected, expected, expected, expected])
    expectUntouched(at, root)
    expectHonestGoOn(at)
  })
})

describe('a claim on a source that witnesses know', () => {
  /** The certificate of an entry, as anybody may fetch it. */
  function proofOf({ minds }: Funded, entry: Digest) {
    const nothing = { accounts: [], jobs: [], resolved: [], trust: null }
    minds.heard(thief.id, 'facts')
    minds.say(thief.id, honest.id, 'sync-fetch', { ...nothing, ids: [entry] })
    return minds.heard(thief.id, 'facts').flatMap(({ body }) => body.facts)
  }

  /** Claimed and kept: what the second of two entries can have. */
  function withClaimMade(at: Funded): Partial<Entry> {
    const { minds, ofThief } = at
    const kept = { type: 'transfer', to: thief.id, amount: CREDIT, memo: '' } as const
    expect(minds.command(thief.id, kept)).toMatchObject({ ok: true })
    return { claims: [{ source: ofThief, index: 0 }] }
  }

  it.each<[string, (at: Funded) => Partial<Entry>, string]>([
    ['foreign', ({ ofHonest }) => ({ claims: [{ source: ofHonest, index: 0 }] }), 'claim_not_addressed'],
    ['beyond it', ({ ofThief }) => ({ claims: [{ source: ofThief, index: 9 }] }), 'claim_unknown_output'],
    ['made before', withClaimMade, 'claim_already_made'],
  ])('is held to be unknown until the source is shown, and then refused: %s', (_name, change, code) => {
    const at = funded()
    const { minds } = at
    minds.pass(20_000)
    const claim = { ...change(at), free: 10n * CREDIT }
    minds.pass(20_000)
    const root = minds.mindOf(minter.id).view.ledgerRoot()
    const source = claim.claims?.[0]?.source ?? NOWHERE
    const lacking = { type: 'missing', ids: [source] }
    expect(answers(at, claim)).toEqual([lacking, lacking, lacking, lacking])
    const evidence = proofOf(at, source)
    expect(evidence).toHaveLength(1)
    expect(answers(at, claim, thief, evidence)).toEqual([1, 2, 3, 4].map(() => reject(code)))
    expectUntouched(at, root)
    expectHonestGoOn(at)
  })
})

describe('a stranger', () => {
  it('that was given nothing can begin no chain, whoever brings its entry', () => {
    const at = funded()
    const stranger = createNobleSigner(new Uint8Array(32).fill(9))
    at.minds.pass(20_000)
    const root = at.minds.mindOf(minter.id).view.ledgerRoot()
    const code = reject('genesis_without_claim')
    expect(answers(at, { ops: [mint(CREDIT)] }, stranger)).toEqual([code, code, code, code])
    expectUntouched(at, root)
  })
})
