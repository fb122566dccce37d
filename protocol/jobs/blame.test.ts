import { describe, expect, it } from 'vitest'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import type { PeerId } from '../ids.ts'
import { valueDigestOf } from '../agreement/messages.ts'
import { chainOf, type ClosePlan, type Did, said } from '../trust/testing-closes.ts'
import { blameOf } from './blame.ts'
import { CANCEL, COMMIT } from './messages.ts'
import type { AgainValue, CloseValue, JobValue } from './value.ts'

const SIGNERS = [0, 1, 2, 3, 4, 5, 6].map(testSigner)
const CHARTER = testCharter(SIGNERS, 4)
const [PAYER, A, B, C] = SIGNERS.map(({ id }) => id) as [PeerId, PeerId, PeerId, PeerId]

type Replica = ClosePlan['replicas'][number]
const replica = (peer: PeerId, did: Did, more: Partial<Replica> = {}): Replica => ({ peer, did, ...more })

/** What the decision of a job's last step is read against. */
function closed(replicas: readonly Replica[], change: (value: CloseValue) => JobValue = (value) => value) {
  const [assign, close] = chainOf({ nonce: 0, submitter: PAYER, replicas, charter: CHARTER })
  if (assign?.value.type !== 'assign' || close?.value.type !== 'close') throw new RangeError('no chain')
  const value = change(close.value)
  const { slots, standbys } = assign.value
  return {
    job: close.job,
    step: 1,
    value,
    digest: valueDigestOf(value),
    counting: 2,
    attempt: { slots, standbys },
  }
}

const blamed = (...of: Parameters<typeof closed>) =>
  blameOf(closed(...of)).map(({ slot, peer, cause, led }) => [slot, peer, cause, led])

describe('a decision blames', () => {
  it.each(['noshow', 'timeout', 'unrevealed', 'fault'] as const)(
    'who is its slot’s only holder for %s',
    (did) => {
      expect(blamed([replica(A, did), replica(B, 'agreed')])).toEqual([[0, A, did, 'unpaid']])
    },
  )

  it('nobody whose answers agree', () => {
    expect(blamed([replica(A, 'agreed'), replica(B, 'agreed')])).toEqual([])
  })

  it('who is outvoted, with the answer that it revealed', () => {
    const replicas = [replica(A, 'agreed'), replica(B, 'outvoted')]
    expect(blamed(replicas)).toEqual([[1, B, 'outvoted', 'unpaid']])
    const [one] = blameOf(closed(replicas))
    expect(one?.evidence.map(({ kind, signer }) => [kind, signer])).toEqual([
      ['reveal', B],
      ['decision', null],
    ])
  })

  it('who was taken over, and says that somebody else filled the slot', () => {
    const tookOver = { slot: 0, rank: 1 }
    expect(blamed([replica(A, 'timeout'), replica(B, 'agreed'), replica(C, 'agreed', { tookOver })])).toEqual(
      [[0, A, 'timeout', 'reassigned']],
    )
  })

  it('no standby that stopped because the one before it has answered', () => {
    const tookOver = { slot: 0, rank: 1 }
    expect(blamed([replica(A, 'agreed'), replica(B, 'agreed'), replica(C, 'timeout', { tookOver })])).toEqual(
      [],
    )
  })

  it('for a further attempt whoever made it necessary', () => {
    const again = ({ epoch, seals, reveals, result }: CloseValue): AgainValue => ({
      type: 'again',
      epoch,
      seals,
      reveals,
      result,
      slots: [{ slot: 2, peer: C }],
      standbys: [],
    })
    expect(blamed([replica(A, 'timeout'), replica(B, 'outvoted')], again)).toEqual([
      [0, A, 'timeout', 'reassigned'],
    ])
  })

  it('the payer for its cancel, and no runner that was told to stop', () => {
    const cancelled = (value: CloseValue): CloseValue => ({
      ...value,
      cancel: said(CANCEL, PAYER, { job: closed([replica(A, 'agreed')]).job }),
    })
    expect(
      blamed([replica(A, 'timeout'), replica(B, 'noshow'), replica(C, 'unrevealed')], cancelled),
    ).toEqual([
      [2, C, 'unrevealed', 'unpaid'],
      [null, PAYER, 'cancelled', 'refunded'],
    ])
  })

  it.each(['unassigned', 'expired'] as const)('nobody for a job that is void as %s', (reason) => {
    const value: JobValue = { type: 'void', reason, cancel: null }
    expect(blamed([replica(A, 'agreed')], () => value)).toEqual([[null, null, reason, 'refunded']])
  })
})

describe('the evidence', () => {
  const signersOf = (did: Did, seenBy: number) => {
    const decided = closed([replica(A, did, { seenBy }), replica(B, 'agreed')])
    const [one] = blameOf(decided)
    return one?.evidence.map(({ kind, signer }) => [kind, signer])
  }
  const sealers = CHARTER.witnesses.slice(0, 3)
  const sealsOf = (witnesses: readonly PeerId[]) => witnesses.map((witness) => ['seal', witness])

  it('against who wasn’t there are the seals that don’t name it', () => {
    expect(signersOf('noshow', 3)).toEqual(sealsOf(sealers))
    expect(signersOf('timeout', 1)).toEqual(sealsOf(sealers.slice(1)))
  })

  it('against who was slow are those that saw it start and lack its commit', () => {
    expect(signersOf('timeout', 2)).toEqual(sealsOf(sealers.slice(0, 2)))
  })

  it('is no commit of another job that a seal names', () => {
    const { job, ...decided } = closed([replica(A, 'unrevealed', { seenBy: 3 }), replica(B, 'agreed')])
    const foreign = said(COMMIT, A, {
      job: 'f'.repeat(64) as typeof job,
      step: 0,
      slot: 0,
      rank: 0,
      commitment: decided.digest,
    })
    if (decided.value.type !== 'close') throw new RangeError('it closes')
    const [first, ...others] = decided.value.seals
    if (first === undefined) throw new RangeError('there are seals')
    const commits = [foreign, ...first.body.commits]
    const value = { ...decided.value, seals: [{ ...first, body: { ...first.body, commits } }, ...others] }
    const [one] = blameOf({ ...decided, job, value })
    expect(one?.evidence.filter(({ kind }) => kind === 'commit')).toHaveLength(1)
  })

  it('against who committed are its commits, and the seals that have them', () => {
    expect(signersOf('unrevealed', 3)).toEqual([['commit', A], ...sealsOf(sealers)])
    expect(signersOf('fault', 3)).toEqual([['commit', A], ['commit', A], ...sealsOf(sealers)])
  })
})
