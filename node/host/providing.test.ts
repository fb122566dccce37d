import { describe, expect, it } from 'vitest'
import { blobRefOf, type Digest, type JobId } from '../../protocol/ids.ts'
import { closedRecord, recordOf } from '../api/sample-swarm.ts'
import { provideAnswers } from './providing.ts'

const JOB = 'a1'.repeat(32) as JobId
const [TRUTH, LIE] = [Uint8Array.of(1), Uint8Array.of(2)]
const truth = blobRefOf(TRUTH).digest

function build(visibility: 'private' | 'public', { isOpen = false, isClosed = true, fails = false } = {}) {
  const told: Digest[] = []
  const failures: unknown[] = []
  const listeners = new Set<(job: string | null) => void>()
  const closed = isClosed ? closedRecord(JOB, TRUTH, [TRUTH, LIE]) : recordOf(JOB, TRUTH)
  const end = provideAnswers({
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isOpen: () => isOpen,
    record: async () => {
      if (fails) throw new Error('the store is closed')
      return { ...closed, spec: { ...closed.spec, visibility } }
    },
    holds: async (body) => body === truth,
    provide: (body) => told.push(body),
    failed: (error) => failures.push(error),
  })
  const notify = async (job: string | null) => {
    for (const listener of listeners) listener(job)
    // All of it resolves at once.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return { told, failures, notify, end }
}

describe('telling of answers', () => {
  it('names those of a public job that is over and that are held here, once each', async () => {
    const { told, notify } = build('public')
    await notify(JOB)
    expect(told).toEqual([truth])
  })

  it.each([
    ['a private job', build('private')],
    ['a job that goes on', build('public', { isOpen: true })],
    ['a job without a result', build('public', { isClosed: false })],
  ])('names none of %s', async (_, { told, notify }) => {
    await notify(JOB)
    await notify(null)
    expect(told).toEqual([])
  })

  it('reports a failure, but for one after its end', async () => {
    const failing = build('public', { fails: true })
    await failing.notify(JOB)
    expect(failing.failures).toHaveLength(1)
    const ending = failing.notify(JOB)
    failing.end()
    await ending
    await failing.notify(JOB)
    expect(failing.failures).toHaveLength(1)
  })
})
