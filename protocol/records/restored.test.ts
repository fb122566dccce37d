import { expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { digestFromBytes } from '../ids.ts'
import { keys } from './keys.ts'
import { restoredRecord } from './restored.ts'

const [job, other] = [1, 2].map((byte) => digestFromBytes(new Uint8Array(32).fill(byte)))
if (job === undefined || other === undefined) throw new Error('unreachable')
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
  const write = restoredRecord(record('signed'), [keys.run(other, 0, 0)])
  expect(write?.key).toBe(keys.job(job))
  expect(decodeCanonical(write?.value ?? new Uint8Array(0))).toEqual(
    new Map<string, unknown>([
      ['bid', null],
      ['escrow', 5],
    ]),
  )
})

it('a bid whose commit is in the backup is kept: the same commit is sent again', () => {
  expect(restoredRecord(record('signed'), [keys.run(job, 0, 2)])).toBeUndefined()
})

it('a job without a bid and other records stay as they are', () => {
  expect(restoredRecord(record(null), [])).toBeUndefined()
  expect(restoredRecord({ ...record('signed'), key: keys.closed(job) }, [])).toBeUndefined()
})
