import { describe, expect, it } from 'vitest'
import { plainFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { BEACON, BID, CANCEL, COMMIT, REVEAL, SEAL, sealDigestOf } from '../../protocol/jobs/messages.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import type { Blame } from '../../protocol/jobs/blame-record.ts'
import { pendingRecord } from '../../protocol/jobs/offering.ts'
import { type JobRecord, jobRecordCodec } from '../../protocol/jobs/record.ts'
import { jobMetaCodec } from '../../protocol/jobs/ticket.ts'
import { keys } from '../../protocol/records/keys.ts'
import { createSameBlameChecker } from './same-blame.ts'
import type { CloseValue, JobResult, ReplicaResult } from '../../protocol/jobs/value.ts'
import { createCancelChecker } from './cancel.ts'
import { certified, decided, digestOf, examine, frameOf, liar, minted, minter } from './bench.ts'
import { openedJob, opening, reports, runner, show, swarm, witnesses } from './bench.ts'
import { createCopierEarningsChecker } from './copier-earnings.ts'
import { createHeldKeptChecker } from './held-kept.ts'
import { createLowestRankPaidChecker } from './lowest-rank-paid.ts'
import { createOneChargeChecker } from './one-charge.ts'
import { createOpenedOnceChecker } from './opened-once.ts'
import { createPaymentsChecker } from './payments.ts'

const [first, second] = [runner, liar]
const blob = { digest: digestOf('answer'), size: 6 }

function commitOf(signer: typeof runner, rank: number) {
  const commitment = digestOf(`commitment ${rank}`)
  return sign(signer, swarm, COMMIT, { job: openedJob, step: 0, slot: 0, rank, commitment })
}

const commits = [commitOf(first, 0), commitOf(second, 1)]
const seals = witnesses
  .slice(0, 3)
  .map((witness) => sign(witness, swarm, SEAL, { job: openedJob, step: 0, commits, started: [] }))
const reveals = [first, second].map((signer) =>
  sign(signer, swarm, REVEAL, {
    job: openedJob,
    step: 0,
    slot: 0,
    salt: new Uint8Array(32),
    answer: blob,
    seals: seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) })),
  }),
)

const offer = {
  price: 5n,
  etaMs: 1,
  model: 'm',
  modelDigest: digestOf('model'),
  cached: true,
  vramFreeMb: 1,
  loadMilli: 0,
  region: '',
  modes: ['process' as const],
}

const assigned = decided(openedJob, 0, {
  type: 'assign',
  epoch: 0,
  bids: [sign(first, swarm, BID, { job: openedJob, offer, payout: first.id })],
  operators: [null],
  payer: null,
  beacon: sign(minter, swarm, BEACON, { job: openedJob }),
  slots: [{ slot: 0, peer: first.id }],
  standbys: [second.id],
  receipts: [],
})

function paidTo(signer: typeof runner, rank: number): ReplicaResult {
  return {
    slot: 0,
    peer: signer.id,
    rank,
    payout: signer.id,
    price: 5n,
    answer: blob,
    cluster: 0,
    outcome: 'agreed',
    cosine: 0,
    findings: [],
    paid: 5n,
  }
}

function closeOf(replica: ReplicaResult, result: Partial<JobResult>, changes: Partial<CloseValue> = {}) {
  const whole: JobResult = {
    agreement: 'single',
    winner: 0,
    confidence: 0,
    replicas: [replica],
    refund: 15n,
    fee: 0n,
    ...result,
  }
  return decided(openedJob, 1, {
    type: 'close',
    epoch: 0,
    seals,
    reveals,
    result: whole,
    cancel: null,
    ...changes,
  })
}

type Disk = Parameters<typeof examine>[1]
const found = (create: typeof createOneChargeChecker, ...facts: Disk) =>
  reports(create, (checker) => examine(checker, [certified(minted), certified(opening), assigned, ...facts]))

describe('one charge', () => {
  it('finds a close that pays, takes and gives back something else than the escrow', () => {
    expect(found(createOneChargeChecker, closeOf(paidTo(first, 0), {}))).toEqual([])
    expect(found(createOneChargeChecker, closeOf(paidTo(first, 0), { refund: 14n }))).toHaveLength(1)
    expect(found(createOneChargeChecker, closeOf(paidTo(first, 0), { fee: 1n, refund: 14n }))).toHaveLength(1)
  })

  it('finds two ends of one job on different disks', () => {
    const two = reports(createOneChargeChecker, (checker) => {
      for (const end of [
        closeOf(paidTo(first, 0), {}),
        closeOf({ ...paidTo(first, 0), paid: 0n }, { refund: 20n }),
      ])
        examine(checker, [certified(minted), certified(opening), assigned, end])
    })
    expect(two).toHaveLength(1)
  })
})

describe('opened once', () => {
  const other = digestOf('other')
  const metaOf = (job: typeof openedJob, name: string): [string, Uint8Array] => {
    const meta = { name: digestOf(name), label: null, priority: 0, batch: null, deadlineMs: null }
    return [keys.meta(job), encodeBody(jobMetaCodec, meta)]
  }
  const voided = (job: typeof openedJob) =>
    decided(job, 0, { type: 'void', reason: 'unassigned', cancel: null })

  it('finds a submission with two jobs that are not void, whatever became of them', () => {
    const one = metaOf(openedJob, 'one')
    expect(found(createOpenedOnceChecker, one, metaOf(other, 'two'))).toEqual([])
    expect(found(createOpenedOnceChecker, one, metaOf(other, 'one'))).toHaveLength(1)
    expect(
      found(createOpenedOnceChecker, one, metaOf(other, 'one'), closeOf(paidTo(first, 0), {})),
    ).toHaveLength(1)
    expect(found(createOpenedOnceChecker, one, metaOf(other, 'one'), voided(other))).toEqual([])
  })
})

describe('lowest rank paid', () => {
  it('finds a slot that is settled for a higher rank than the lowest that is counted and revealed', () => {
    expect(found(createLowestRankPaidChecker, closeOf(paidTo(first, 0), {}))).toEqual([])
    expect(found(createLowestRankPaidChecker, closeOf(paidTo(second, 1), {}))).toHaveLength(1)
    const without = { reveals: reveals.slice(1) }
    expect(found(createLowestRankPaidChecker, closeOf(paidTo(second, 1), {}, without))).toEqual([])
    expect(found(createLowestRankPaidChecker, closeOf(paidTo(first, 0), {}, without))).toHaveLength(1)
  })
})

describe('payments', () => {
  it("finds a payee that doesn't hold the rank it is paid as", () => {
    expect(found(createPaymentsChecker, closeOf(paidTo(second, 1), {}))).toEqual([])
    expect(found(createPaymentsChecker, closeOf(paidTo(second, 0), {}))).toHaveLength(1)
  })
})

describe('copier earnings', () => {
  it('finds a copier that is paid', () => {
    const earned = (replica: ReplicaResult) =>
      reports(
        createCopierEarningsChecker,
        (checker) =>
          examine(checker, [certified(minted), certified(opening), assigned, closeOf(replica, {})]),
        undefined,
        undefined,
        { copiers: new Set([second.id]) },
      )
    expect(earned(paidTo(first, 0))).toEqual([])
    expect(earned(paidTo(second, 1))).toHaveLength(1)
  })
})

describe('cancel', () => {
  const cancelledBy = (signer: typeof runner, word = openedJob) => {
    const cancel = sign(signer, swarm, CANCEL, { job: word })
    return found(createCancelChecker, decided(openedJob, 1, { type: 'void', reason: 'cancelled', cancel }))
  }

  it("finds a job that ended by somebody else's word, or by one about another job", () => {
    expect(cancelledBy(minter)).toEqual([])
    expect(cancelledBy(runner)).toHaveLength(1)
    expect(cancelledBy(minter, digestOf('other'))).toHaveLength(1)
  })
})

describe('held kept', () => {
  const commitment = digestOf('commitment 0')
  const held = plainFrame(swarm, minter.id, 'held', { job: openedJob, step: 0, slot: 0, commitment })
  const sealOf = (inside: typeof commits) =>
    frameOf(SEAL, 'seal', minter, { job: openedJob, step: 0, commits: inside, started: [] })
  const said = (...frames: readonly Uint8Array[]) =>
    reports(createHeldKeptChecker, (checker) => show(checker, frames))

  it("finds a commit that was acknowledged and isn't in the seal, in either order", () => {
    expect(said(held, sealOf(commits))).toEqual([])
    expect(said(held, sealOf(commits.slice(1)))).toHaveLength(1)
    expect(said(sealOf(commits.slice(1)), held)).toHaveLength(1)
  })
})

describe('same blame', () => {
  const record = (changes: Partial<JobRecord>): [string, Uint8Array] => {
    const [operation] = opening.body.ops
    if (operation?.type !== 'open') throw new Error('it opens a job')
    const pending = pendingRecord(openedJob, minter.id, operation.spec, 0)
    return [keys.closed(openedJob), encodeBody(jobRecordCodec, { ...pending, ...changes })]
  }
  const blame = (cause: Blame['cause'], peer = second.id): Blame[] => [
    { step: 1, slot: 0, peer, cause, led: 'unpaid', evidence: [] },
  ]
  const said = (...records: readonly Partial<JobRecord>[]) =>
    reports(createSameBlameChecker, (checker) =>
      checker.conclude?.(
        records.map((one) => ({ peer: minter.id, records: new Map([record(one)]), view: undefined })),
      ),
    )

  it('finds two peers that say different things of a job, and two commits of somebody correct', () => {
    expect(said({ blame: blame('noshow') }, { blame: blame('noshow') })).toEqual([])
    expect(said({ blame: blame('noshow') }, { blame: blame('timeout') })).toHaveLength(1)
    expect(said({ charged: 1n }, { charged: 2n })).toHaveLength(1)
    expect(said({ blame: blame('fault') })).toHaveLength(1)
  })
})
