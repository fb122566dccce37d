import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { nextTakeover, sealMs, takeoverMs } from './leases.ts'
import type { Attempt, Lease } from './open-job.ts'
import type { JobSpec } from './spec.ts'

const [FIRST, SECOND, NEXT, LAST] = ['first', 'second', 'next', 'last'] as unknown as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
]
// All that is read of a spec here.
const SPEC = { leaseMs: 1_500, graceMs: 500, commitMs: 100_000 } as JobSpec
const OPEN = { record: { spec: SPEC }, cancel: undefined }
const ASSIGNED_MS = 1_000

type Did = Partial<Record<PeerId, { readonly slot: number; readonly rank: number } | undefined>>

function attemptOf(
  leases: Partial<Record<PeerId, Lease>>,
  committed: Did = {},
  watchedMs = ASSIGNED_MS,
): Attempt {
  const slots = [FIRST, SECOND].map((peer, slot) => ({ slot, peer }))
  const commits = Object.entries(committed).map(([peer, body]) => [peer, { signer: peer, body }])
  const standbys = [NEXT, LAST]
  const heard = new Map(Object.entries(leases))
  // Only who may fill a slot, and what was heard of them, is read here.
  return {
    step: 0,
    slots,
    standbys,
    assignedMs: ASSIGNED_MS,
    watchedMs,
    leases: heard,
    commits: new Map(commits as never),
  } as unknown as Attempt
}

const lease = (slot: number, heardMs: number, isFailed = false): Lease => ({ slot, heardMs, isFailed })

describe('a standby may begin', () => {
  it('leaseMs after the ranks before it were heard last, and graceMs later for each rank', () => {
    const attempt = attemptOf({ [FIRST]: lease(0, 4_000) })
    expect(takeoverMs(SPEC, attempt, 0, 1)).toBe(4_000 + 1_500 + 500)
    expect(takeoverMs(SPEC, attempt, 0, 2)).toBe(4_000 + 1_500 + 1_000)
    expect(takeoverMs(SPEC, attempt, 1, 1)).toBe(ASSIGNED_MS + 1_500 + 500)
  })

  it('after the rank before it, which has begun meanwhile', () => {
    const attempt = attemptOf({ [FIRST]: lease(0, 4_000), [NEXT]: lease(0, 7_000) })
    expect(takeoverMs(SPEC, attempt, 0, 2)).toBe(7_000 + 1_500 + 1_000)
  })

  it('at once when all before it have failed, and not for one that has failed itself', () => {
    const failed = lease(0, 4_000, true)
    expect(takeoverMs(SPEC, attemptOf({ [FIRST]: failed }), 0, 1)).toBeLessThan(4_000)
    expect(takeoverMs(SPEC, attemptOf({ [FIRST]: failed }), 0, 2)).toBe(ASSIGNED_MS + 1_500 + 1_000)
  })

  it('in the place of one that is busy with another slot', () => {
    const busy = attemptOf({ [FIRST]: lease(0, 9_000, true), [NEXT]: lease(1, 9_000) })
    expect(takeoverMs(SPEC, busy, 0, 2)).toBe(ASSIGNED_MS + 1_500 + 1_000)
  })

  it('later after a restart of whoever listens, never earlier', () => {
    expect(takeoverMs(SPEC, attemptOf({ [FIRST]: lease(0, 4_000) }, {}, 50_000), 0, 1)).toBe(52_000)
  })

  it('with the slot whose turn comes first', () => {
    const attempt = attemptOf({ [FIRST]: lease(0, 4_000), [SECOND]: lease(1, 3_000) })
    expect(nextTakeover(SPEC, attempt, NEXT)).toEqual({ slot: 1, rank: 2, atMs: 3_000 + 1_500 + 1_000 })
    expect(nextTakeover(SPEC, attempt, LAST)).toEqual({ slot: 1, rank: 1, atMs: 3_000 + 1_500 + 500 })
    expect(nextTakeover(SPEC, attempt, FIRST)).toBeUndefined()
  })
})

describe('a witness seals', () => {
  const COMMITTED = { [FIRST]: { slot: 0, rank: 0 }, [SECOND]: { slot: 1, rank: 0 } }
  const LATEST = ASSIGNED_MS + SPEC.commitMs

  it('when each slot has the commit of the peer assigned to it, and not before', () => {
    expect(sealMs(OPEN, attemptOf({}, COMMITTED))).toBeLessThanOrEqual(ASSIGNED_MS)
    expect(sealMs(OPEN, attemptOf({}, { [FIRST]: COMMITTED[FIRST] }))).toBe(LATEST)
  })

  it('with a standby’s commit once the leases of all before it have expired, here', () => {
    const taken = { [SECOND]: COMMITTED[SECOND], [NEXT]: { slot: 0, rank: 1 } }
    expect(sealMs(OPEN, attemptOf({ [FIRST]: lease(0, 8_000) }, taken))).toBe(8_000 + 1_500)
    const both = { [SECOND]: COMMITTED[SECOND], [LAST]: { slot: 0, rank: 2 } }
    const alive = { [FIRST]: lease(0, 8_000), [NEXT]: lease(0, 9_000) }
    expect(sealMs(OPEN, attemptOf(alive, both))).toBe(9_000 + 1_500)
    expect(sealMs(OPEN, attemptOf(alive, { ...both, ...COMMITTED }))).toBeLessThanOrEqual(ASSIGNED_MS)
  })

  it('in any case when commitMs are over', () => {
    const late = { [SECOND]: COMMITTED[SECOND], [NEXT]: { slot: 0, rank: 1 } }
    expect(sealMs(OPEN, attemptOf({ [FIRST]: lease(0, LATEST - 1) }, late))).toBe(LATEST)
  })

  it('without waiting for a slot that nobody is left for', () => {
    const over = lease(0, 2_000, true)
    const failed = { [FIRST]: over, [NEXT]: over, [LAST]: over }
    expect(sealMs(OPEN, attemptOf(failed, { [SECOND]: COMMITTED[SECOND] }))).toBeLessThan(2_000)
    const elsewhere = {
      [SECOND]: COMMITTED[SECOND],
      [NEXT]: { slot: 1, rank: 2 },
      [LAST]: { slot: 1, rank: 1 },
    }
    expect(sealMs(OPEN, attemptOf({ [FIRST]: lease(0, 2_000, true) }, elsewhere))).toBeLessThan(2_000)
    expect(sealMs(OPEN, attemptOf({ [FIRST]: lease(0, 2_000, true) }, COMMITTED))).toBeLessThan(2_000)
    const alone = { [SECOND]: COMMITTED[SECOND] }
    expect(sealMs(OPEN, attemptOf({ [FIRST]: lease(0, 2_000, true) }, alone))).toBe(LATEST)
  })
})
