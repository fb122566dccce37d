import { describe, expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { MIGRATIONS, STORE_VERSION } from './migrations.ts'

const [TO_2] = MIGRATIONS
const bytes = (fields: Readonly<Record<string, unknown>>) => encodeCanonical(new Map(Object.entries(fields)))
const map = (fields: Readonly<Record<string, unknown>>) => new Map(Object.entries(fields))

/** What a step writes for a record, as plain values; undefined for a record that stays. */
function migrated(key: string, fields: Readonly<Record<string, unknown>>): unknown {
  const writes = TO_2?.migrate({ key, value: bytes(fields) }) ?? []
  expect(writes.every((write) => write.key === key)).toBe(true)
  const [write] = writes
  return write?.value instanceof Uint8Array ? decodeCanonical(write.value) : undefined
}

it('steps ascend by one and end with the program’s version', () => {
  expect(MIGRATIONS.map(({ to }) => to)).toEqual(MIGRATIONS.map((_, at) => at + 2))
  expect(STORE_VERSION).toBe(MIGRATIONS.length + 1)
})

describe('to version 2', () => {
  it.each([
    ['an account', 'account/a', { seq: 1, claimed: 'c', free: 5 }, { seq: 1, free: 5, burnt: 0 }],
    ['a closed job', 'closed/j', { status: 'void' }, { status: 'void', trust: null }],
    [
      'an open job',
      'job/j',
      { record: map({ status: 'bidding' }), escrow: 3 },
      { record: map({ status: 'bidding', trust: null }), escrow: 3, bid: null },
    ],
    [
      'an open job with its bid',
      'job/j',
      { record: map({ status: 'bidding' }), bid: 'signed' },
      { record: map({ status: 'bidding', trust: null }), bid: 'signed' },
    ],
  ])('brings %s', (_, key, before, after) => {
    expect(migrated(key, before)).toEqual(map(after))
  })

  it.each([
    ['an account', 'account/a', { seq: 1, free: 5, burnt: 7 }],
    ['a closed job', 'closed/j', { status: 'void', trust: [] }],
    ['an open job', 'job/j', { record: map({ status: 'bidding', trust: null }), bid: null }],
  ])('leaves %s as it is that has the shape already', (_, key, fields) => {
    expect(migrated(key, fields)).toBeUndefined()
  })

  it.each([
    ['no map', 'account/a', encodeCanonical(1), 'is no map'],
    ['not canonical', 'closed/a', Uint8Array.of(0xff), 'malformed'],
    ['without its record', 'job/a', bytes({ bid: null }), 'is no map'],
  ])('throws for a record that is %s', (_, key, value, message) => {
    expect(() => TO_2?.migrate({ key, value })).toThrow(message)
  })
})

describe('to version 3', () => {
  const head = { step: 0, value: 'v', end: null }
  const step = MIGRATIONS.find(({ to }) => to === 3)

  it('leaves what has the shape already, and refuses jobs that were decided before', () => {
    expect(step?.migrate({ key: 'job-head/j', value: bytes({ ...head, chain: 'c' }) })).toEqual([])
    expect(() => step?.migrate({ key: 'job-head/j', value: bytes(head) })).toThrow('new data folder')
  })
})

describe('to version 5', () => {
  const step = MIGRATIONS.find(({ to }) => to === 5)
  const wanted = { untilMs: 9, answers: [] }

  it('says of answers that are asked for that nobody knows who closed their job', () => {
    const [write] = step?.migrate({ key: 'wanted/j', value: bytes(wanted) }) ?? []
    expect(write).toEqual({ key: 'wanted/j', value: bytes({ ...wanted, epoch: null }) })
    expect(step?.migrate({ key: 'wanted/j', value: write?.value ?? bytes({}) })).toEqual([])
  })
})

describe('to version 4', () => {
  const step = MIGRATIONS.find(({ to }) => to === 4)

  it('refuses jobs, offered, open or decided', () => {
    for (const prefix of ['job/', 'job-head/', 'open/'])
      expect(() => step?.migrate({ key: `${prefix}j`, value: bytes({}) })).toThrow('new data folder')
  })

  it('refuses trust snapshots whose chain nobody wrote down, and epochs', () => {
    const kept = { number: 1, root: 'r' }
    expect(step?.migrate({ key: 'trust-snapshot/1', value: bytes({ ...kept, chain: 'c' }) })).toEqual([])
    expect(() => step?.migrate({ key: 'trust-snapshot/1', value: bytes(kept) })).toThrow('trust snapshots')
    for (const key of ['closing', 'adopted/a/0', 'state-part/buckets/0'])
      expect(() => step?.migrate({ key, value: bytes({}) })).toThrow('an epoch')
  })

  it('reads every kind of record that it is about, and no other', () => {
    expect(step?.prefixes.toSorted()).toEqual([
      'adopted/',
      'closing',
      'job-head/',
      'job/',
      'open/',
      'state-part/',
      'trust-snapshot/',
    ])
  })
})
