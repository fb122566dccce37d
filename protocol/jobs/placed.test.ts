import { expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import type { JobId, PeerId } from '../ids.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { JobHead } from './job-heads.ts'
import { Placed } from './placed.ts'
import { testTicket } from './testing-tickets.ts'

const OVER: Omit<JobHead, 'end'> = {
  step: 1,
  value: hash('test', new Uint8Array(1)),
  chain: hash('test', new Uint8Array(2)),
}

const outAt = (now: number) => new EventOutbox('self' as PeerId, OVER.value, now)

it.each([
  ['completed', 2],
  ['unresolved', 2],
  ['void', 1],
] as const)('a job that was %s before anybody looked leaves a window of %i', (end, size) => {
  const ends = new Map<JobId, JobHead>()
  const placed = new Placed({ book: { get: () => undefined, all: () => [] }, heads: () => ends })
  const job = hash('job', new Uint8Array(1))
  expect(placed.window.size(1)).toBe(1)
  placed.add(outAt(0), job, testTicket('a'))
  ends.set(job, { ...OVER, end })
  expect(placed.watch(outAt(20))).toEqual([])
  expect([placed.window.size(1), placed.size]).toEqual([size, 0])
})
