import { describe, expect, it } from 'vitest'
import { encodeBody } from '../encoding/body.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import { partsFor, ROSTER } from '../intake/sample-values.ts'
import { covers, type HandoverLookups, isHigher, mayList } from './handover.ts'
import { isOrderly } from './held-parts.ts'
import { pieceCodec } from './messages.ts'
import { joinParts, splitHandover } from './pieces.ts'
import { entriesUpTo } from './testing-lists.ts'

const { entryOf, values, ballotOf, preparedOf } = partsFor(ROSTER.swarm)
const lock = (seq: number, free = 1n) => entryOf({ seq, free })
const [instance, value] = values.void
const carried = (round: number, epoch = 0) => {
  const { ballot, quorum } = preparedOf(ballotOf(instance, value, round))
  return { certificate: { ballot: { ...ballot, epoch }, quorum }, value }
}
const LOOKUPS: HandoverLookups = { isVotable: () => true, isDecided: () => false, carried: () => undefined }

describe('a handover', () => {
  it('is cut into parts of bounded size, in one order, and joined again', () => {
    // None behind which a part ends before it is full.
    const locks = Array.from({ length: LIMITS.listed + 99 }, (_, at) => lock(at))
      .filter((entry) => !entryIdOf(entry).endsWith('00'))
      .slice(0, LIMITS.listed + 1)
    const parts = splitHandover({ locks: locks.toReversed(), prepared: [carried(0)] })
    expect(parts.map((part) => part.locks.length)).toEqual([LIMITS.listed, 1])
    for (const part of parts)
      expect(encodeBody(pieceCodec, { type: 'part', number: 1, ...part }).length).toBeLessThan(
        LIMITS.frameBytes / 2,
      )
    expect(joinParts(parts)).toEqual({ locks, prepared: [carried(0)] })
    expect(splitHandover({ locks: [], prepared: [] })).toEqual([])
  })

  it('has no part for each entry whose id somebody has made to end one', () => {
    const ground = entriesUpTo(20_000).filter((entry) => entryIdOf(entry).endsWith('00'))
    const parts = splitHandover({ locks: ground, prepared: [] })
    expect(ground.length).toBeGreaterThan(LIMITS.listed / 8)
    expect(parts.length).toBeLessThanOrEqual(Math.ceil(ground.length / (LIMITS.listed / 4)))
  })

  it('lists nothing twice and in no other order, nothing at all not being a part', () => {
    const fits = (...locks: readonly SignedEntry[]) => isOrderly({ locks, prepared: [] })
    expect(fits(lock(0), lock(1))).toBe(true)
    expect(fits(lock(1), lock(0))).toBe(false)
    expect(fits(lock(0), lock(0))).toBe(false)
    expect(fits()).toBe(false)
    expect(isOrderly({ locks: [], prepared: [carried(0), carried(1)] })).toBe(false)
  })

  it('lists nothing that is settled or can’t be certified', () => {
    const listed = { locks: [lock(0), lock(1)], prepared: [] }
    expect(mayList(listed, 0, LOOKUPS)).toBe(true)
    const isVotable: HandoverLookups['isVotable'] = ({ body }) => body.seq === 0
    expect(mayList(listed, 0, { ...LOOKUPS, isVotable })).toBe(false)
  })

  it('lists no more entries for one place than there can be witnesses', () => {
    const { locks } = joinParts(
      splitHandover({
        locks: Array.from({ length: LIMITS.witnesses + 1 }, (_, at) => lock(0, BigInt(at))),
        prepared: [],
      }),
    )
    expect(isOrderly({ locks: locks.slice(1), prepared: [] })).toBe(true)
    expect(isOrderly({ locks, prepared: [] })).toBe(false)
  })

  it('carries a value of the closing epoch, or one that was carried to it', () => {
    const fits = (one: ReturnType<typeof carried>, closing: number, lookups = LOOKUPS) =>
      mayList({ locks: [], prepared: [one] }, closing, lookups)
    const { value: digest } = carried(0).certificate.ballot
    expect(fits(carried(0), 0)).toBe(true)
    // Whoever has left since could have signed it.
    expect(fits(carried(0), 1)).toBe(false)
    expect(fits(carried(0), 1, { ...LOOKUPS, carried: () => digest })).toBe(true)
    expect(fits(carried(0, 1), 1, { ...LOOKUPS, carried: () => 'a'.repeat(64) as never })).toBe(false)
    expect(fits(carried(0), 0, { ...LOOKUPS, isDecided: () => true })).toBe(false)
    const other = { ...carried(0), value: { ...value, reason: 'unassigned' as const } }
    expect(fits(other, 0)).toBe(false)
  })

  it('covers a witness that is bound to nothing else, and prepared in no later round', () => {
    const listed = { locks: [lock(0)], prepared: [carried(2)] }
    expect(covers(listed, { locks: [lock(0)], prepared: [carried(2)] })).toBe(true)
    expect(covers(listed, { locks: [], prepared: [carried(1)] })).toBe(true)
    expect(covers(listed, { locks: [lock(0, 2n)], prepared: [] })).toBe(false)
    expect(covers(listed, { locks: [], prepared: [carried(3)] })).toBe(false)
    expect(covers({ locks: [], prepared: [] }, { locks: [], prepared: [carried(0)] })).toBe(false)
  })

  it('takes a round of a later epoch for the higher one', () => {
    expect(isHigher(carried(0, 1), carried(9, 0))).toBe(true)
    expect(isHigher(carried(9, 0), carried(0, 1))).toBe(false)
  })
})
