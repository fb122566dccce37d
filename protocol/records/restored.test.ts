import { expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { testTicket } from '../jobs/testing-tickets.ts'
import { submissionCodec, ticketCodec } from '../jobs/ticket.ts'
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
  const [write] = restoredRecord(record('signed'))
  expect(write?.key).toBe(keys.job(job))
  expect(decodeCanonical(write?.value ?? new Uint8Array(0))).toEqual(
    new Map<string, unknown>([
      ['bid', null],
      ['escrow', 5],
    ]),
  )
})

it('a job without a bid and other records stay as they are', () => {
  expect(restoredRecord(record(null))).toEqual([])
  expect(restoredRecord({ ...record('signed'), key: keys.closed(job) })).toEqual([])
})

it('what may come back to wait is forgotten', () => {
  const { value } = record(null)
  expect(restoredRecord({ key: keys.placed(job), value })).toEqual([{ key: keys.placed(job), value: null }])
  expect(restoredRecord({ key: keys.submission(job), value })).toEqual([])
})

it('what waited to be opened is withdrawn, and its name stands for that: it may have been opened since', () => {
  const { name, ...ticket } = testTicket('a', { queuedMs: 5 })
  const writes = restoredRecord({ key: keys.ticket(name), value: encodeBody(ticketCodec, ticket) })
  expect(writes.map(({ key }) => key)).toEqual([
    keys.ticket(name),
    keys.submission(name),
    keys.requestTime(5, name),
  ])
  const [gone, submission] = writes.map(({ value }) => value)
  expect(gone).toBeNull()
  expect(decodeRecord(submissionCodec, submission ?? new Uint8Array(0), name)).toEqual({
    content: ticket.content,
    job: null,
    withdrawn: { ticket, atMs: 5, why: 'forgotten' },
  })
})
