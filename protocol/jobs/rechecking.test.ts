import { describe, expect, it } from 'vitest'
import { valueDigestOf } from '../agreement/messages.ts'
import type { PeerId } from '../ids.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { quorumSizes } from '../swarm/quorum-size.ts'
import { chainOf, type ClosePlan, type Did, said } from '../trust/testing-closes.ts'
import { blameIn, cancelHolds, evidenceHolds, followed, goesOnRightly } from './rechecking.ts'
import { resultFollows, statedVerdict, takeoversOf, voidHolds } from './rechecking.ts'
import { CANCEL, sealDigestOf } from './messages.ts'
import { settle, slotAnswers } from './settlement.ts'
import { escrowOf, type JobSpec } from './spec.ts'
import type { AgainValue, CloseValue, JobValue } from './value.ts'

const SIGNERS = [0, 1, 2, 3, 4, 5, 6].map(testSigner)
const CHARTER = testCharter(SIGNERS, 4)
const [PAYER, A, B, C, D] = SIGNERS.map(({ id }) => id) as [PeerId, PeerId, PeerId, PeerId, PeerId]
const EPOCH = { witnesses: CHARTER.witnesses, sizes: quorumSizes(CHARTER.witnesses.length) }
const COUNTING = EPOCH.sizes.counting

type Replica = ClosePlan['replicas'][number]
const replica = (peer: PeerId, did: Did, more: Partial<Replica> = {}): Replica => ({ peer, did, ...more })
/** B fills the slot of A, which nobody saw; C answers its own. */
const TAKEN_OVER = [
  replica(A, 'noshow'),
  replica(C, 'agreed'),
  replica(B, 'agreed', { tookOver: { slot: 0, rank: 1 } }),
]

/** A chain of two decisions, its close settled as it has to be; `change` forges that. */
function chain(
  replicas: readonly Replica[],
  change: (value: CloseValue) => JobValue = (value) => value,
  wishes: Partial<JobSpec> = {},
) {
  // So sure of its answer that nobody else need be asked.
  const spec: Partial<JobSpec> = { minConfidence: 0, ...wishes }
  const [assign, close] = chainOf({ nonce: 0, submitter: PAYER, replicas, charter: CHARTER, spec })
  if (assign === undefined || close?.value.type !== 'close') throw new RangeError('no chain')
  const record = { job: close.job, account: PAYER, spec: close.spec }
  const made = (value: JobValue) =>
    [assign.value, value].map((each, step) => ({ step, value: each, digest: valueDigestOf(each) }))
  const [, before] = followed(record, made(close.value))
  if (before === undefined) throw new RangeError('no close')
  const { seals, result } = close.value
  const named = seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) }))
  const reveals = close.value.reveals.map((one) => ({ ...one, body: { ...one.body, seals: named } }))
  const settled = settle(close.spec, escrowOf(close.spec), slotAnswers(before.before, reveals), {
    agreement: 'unanimous',
    winner: 0,
    confidence: 900_000,
    replicas: result.replicas.flatMap(({ slot, answer }) =>
      answer === null ? [] : [{ slot, cluster: 0, outcome: 'agreed' as const, cosine: 0, findings: [] }],
    ),
  })
  const value = change({ ...close.value, reveals, result: settled })
  const one = followed(record, made(value))[1]
  if (one === undefined) throw new RangeError('no close')
  return { record, one, value, escrow: escrowOf(close.spec) }
}

function judged(value: JobValue): CloseValue | AgainValue {
  if (value.type !== 'close' && value.type !== 'again') throw new RangeError(value.type)
  return value
}

type Chain = ReturnType<typeof chain>
const isCarried = ({ record, one, value }: Chain) => evidenceHolds(record, one, judged(value), EPOCH)
const isPaid = ({ one, value, escrow }: Chain) =>
  resultFollows(one, judged(value), escrow, statedVerdict(judged(value).result))
const isNext = ({ one, value }: Chain) => goesOnRightly(one, judged(value), EPOCH)

describe('a close that is computed again', () => {
  it('comes out as it was decided', () => {
    const whole = chain(TAKEN_OVER)
    expect([isCarried(whole), isPaid(whole), isNext(whole)]).toEqual([true, true, true])
  })

  it.each<readonly [string, (value: CloseValue) => CloseValue]>([
    ['too few seals', (value) => ({ ...value, seals: value.seals.slice(1) })],
    [
      'one seal twice',
      ({ seals: [one, , ...others], ...value }) => ({
        ...value,
        seals: [one, one, ...others].flatMap((seal) => seal ?? []),
      }),
    ],
    [
      'a seal by somebody who witnesses nothing',
      ({ seals: [one, ...others], ...value }) => ({
        ...value,
        seals: [...(one === undefined ? [] : [{ ...one, signer: SIGNERS[6]?.id ?? one.signer }]), ...others],
      }),
    ],
    [
      'a seal of another attempt',
      ({ seals: [one, ...others], ...value }) => ({
        ...value,
        seals: [...(one === undefined ? [] : [{ ...one, body: { ...one.body, step: 1 } }]), ...others],
      }),
    ],
    [
      'a commit that too few had',
      (value) => ({
        ...value,
        seals: value.seals.map((seal, at) =>
          at === 0 ? seal : { ...seal, body: { ...seal.body, commits: [] } },
        ),
      }),
    ],
    [
      'a reveal of something else',
      (value) => ({
        ...value,
        reveals: value.reveals.map((one) => ({
          ...one,
          body: { ...one.body, salt: new Uint8Array(32).fill(1) },
        })),
      }),
    ],
    ['a reveal twice', (value) => ({ ...value, reveals: [...value.reveals, ...value.reveals] })],
    [
      'a reveal that rests on a second seal of a witness',
      (value) => ({
        ...value,
        reveals: value.reveals.map((one) => ({
          ...one,
          body: {
            ...one.body,
            seals: value.seals.map(({ signer }) => ({ witness: signer, seal: valueDigestOf(value) })),
          },
        })),
      }),
    ],
  ])('is not carried by %s', (_, forge) => {
    expect(isCarried(chain(TAKEN_OVER, forge))).toBe(false)
  })

  it.each<readonly [string, (result: CloseValue['result']) => Partial<CloseValue['result']>]>([
    ['keeps a credit', ({ refund }) => ({ refund: refund - 1n })],
    ['takes a higher fee', ({ fee }) => ({ fee: fee + 1n })],
    [
      'pays one more',
      ({ replicas }) => ({ replicas: replicas.map((one) => ({ ...one, paid: one.paid + 1n })) }),
    ],
    [
      'pays somebody else',
      ({ replicas }) => ({ replicas: replicas.map((one) => ({ ...one, payout: PAYER })) }),
    ],
    [
      'names the one that was replaced',
      ({ replicas }) => ({
        replicas: replicas.map((one) => (one.slot === 0 ? { ...one, peer: A, rank: 0 } : one)),
      }),
    ],
  ])('does not add up where it %s', (_, forge) => {
    const forged = chain(TAKEN_OVER, (value) => ({
      ...value,
      result: { ...value.result, ...forge(value.result) },
    }))
    expect(isPaid(forged)).toBe(false)
  })

  it('is not what another verdict leads to', () => {
    const { one, value, escrow } = chain(TAKEN_OVER)
    const stated = statedVerdict(judged(value).result)
    if (stated === undefined) throw new RangeError('no verdict')
    expect(resultFollows(one, judged(value), escrow, { ...stated, winner: 1 })).toBe(false)
  })
})

describe('what follows a close', () => {
  const UNSURE: Partial<JobSpec> = { minConfidence: 1_000_000, attempts: 2, maxSlots: 4 }
  const WITH_SPARE = [...TAKEN_OVER, replica(D, 'noshow', { tookOver: { slot: 1, rank: 2 } })]
  const again =
    (changes: Partial<AgainValue>) =>
    ({ epoch, seals, reveals, result }: CloseValue): AgainValue => ({
      type: 'again',
      epoch,
      seals,
      reveals,
      result,
      slots: [{ slot: 2, peer: D }],
      standbys: [],
      ...changes,
    })

  it('is a further attempt where one was due', () => {
    expect(isNext(chain(WITH_SPARE, (value) => value, UNSURE))).toBe(false)
    expect(isNext(chain(WITH_SPARE, again({}), UNSURE))).toBe(true)
  })

  it.each<readonly [string, Partial<AgainValue>]>([
    ['somebody else', { slots: [{ slot: 2, peer: A }] }],
    ['another slot', { slots: [{ slot: 3, peer: D }] }],
    ['a standby that is none', { standbys: [A] }],
  ])('is no attempt by %s', (_, changes) => {
    expect(isNext(chain(WITH_SPARE, again(changes), UNSURE))).toBe(false)
  })

  it('is nothing once the payer wants no more, by its own word only', () => {
    const cancelledBy = (signer: PeerId) =>
      chain(
        WITH_SPARE,
        (value) => ({ ...value, cancel: said(CANCEL, signer, { job: chain(WITH_SPARE).record.job }) }),
        UNSURE,
      )
    expect(isNext(cancelledBy(PAYER))).toBe(true)
    expect(cancelHolds(cancelledBy(PAYER).record, cancelledBy(PAYER).value)).toBe(true)
    expect(cancelHolds(cancelledBy(A).record, cancelledBy(A).value)).toBe(false)
  })
})

describe('a slot that was taken over', () => {
  it('names everybody before who filled it, and in how many seals it shows', () => {
    const { record, one, value } = chain(TAKEN_OVER)
    const blame = blameIn(record, one, COUNTING)
    expect(takeoversOf(one, judged(value), blame)).toEqual([
      { slot: 0, peer: B, rank: 1, from: [{ peer: A, rank: 0, cause: 'noshow', seals: 3 }], seals: 3 },
    ])
  })

  it('is none where the node that was elected answered', () => {
    const { record, one, value } = chain([replica(A, 'agreed'), replica(B, 'agreed')])
    expect(takeoversOf(one, judged(value), blameIn(record, one, COUNTING))).toEqual([])
  })
})

describe('a refund of everything', () => {
  const isRefund = (reason: 'unassigned' | 'expired' | 'cancelled', signer?: PeerId) => {
    const { record } = chain(TAKEN_OVER)
    const cancel = signer === undefined ? null : said(CANCEL, signer, { job: record.job })
    const { one } = chain(TAKEN_OVER, () => ({ type: 'void', reason, cancel }))
    return voidHolds(record, one)
  }

  it('after an assignment is only for want of a decision', () => {
    expect(isRefund('expired')).toBe(true)
    expect(isRefund('unassigned')).toBe(false)
    expect(isRefund('cancelled', PAYER)).toBe(false)
    expect(isRefund('expired', PAYER)).toBe(false)
  })

  it.each([
    ['unassigned', undefined, true],
    ['expired', undefined, false],
    ['cancelled', PAYER, true],
    ['cancelled', A, false],
    ['cancelled', undefined, false],
  ] as const)('before one, as %s by %s, holds: %s', (reason, signer, holds) => {
    const { record } = chain(TAKEN_OVER)
    const cancel = signer === undefined ? null : said(CANCEL, signer, { job: record.job })
    const value: JobValue = { type: 'void', reason, cancel }
    const [one] = followed(record, [{ step: 0, value, digest: valueDigestOf(value) }])
    expect(one && voidHolds(record, one)).toBe(holds)
  })
})
