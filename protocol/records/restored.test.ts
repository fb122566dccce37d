import { expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { digestFromBytes } from '../ids.ts'
import { keys } from './keys.ts'
import { restoredRecord } from './restored.ts'

const job = digestFromBytes(new Uint8Array(32).fill(1))
const record = (bid: string | null) => ({
  key: keys.job(job),
  value: encodeCanonical(
    new Map<string, unknown>([
      ['bid', bid],
      ['escrow', 5],
    ]),
  ),
})

it('a bid that may have led to a commit after the backup is forgotten, and nothing else of the job', () => {
  const write = restoredRecord(record('signed'))
  expect(write?.key).toBe(keys.job(job))
  expect(decodeCanonical(write?.value ?? new Uint8Array(0))).toEqual(
    new Map<string, unknown>([
      ['bid', null],
      ['escrow', 5],
    ]),
  )
})

it('a job without a bid and other records stay as they are', () => {
  expect(restoredRecord(record(null))).toBeUndefined()
  expect(restoredRecord({ ...record('signed'), key: keys.closed(job) })).toBeUndefined()
})

it('what waited to be opened is forgotten: it may have been since', () => {
  const { value } = record(null)
  for (const key of [keys.ticket(job), keys.placed(job)])
    expect(restoredRecord({ key, value })).toEqual({ key, value: null })
  expect(restoredRecord({ key: keys.submission(job), value })).toBeUndefined()
})
