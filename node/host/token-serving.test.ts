import { expect, it } from 'vitest'
import { createMemoryBackend } from '../api/memory-backend.ts'
import { createTokenServing } from './token-serving.ts'
import { TokenStreams } from './token-streams.ts'

const backend = createMemoryBackend()
const [PAYER, STEWARD, RUNNER, OTHER] = backend.peers
const NEVER = new AbortController().signal
const LATER_MS = 5

it.each([
  ['its payer', PAYER, null, true],
  ['its steward', STEWARD, null, true],
  ['a runner of it', RUNNER, null, false],
  ['any other member', OTHER, null, false],
  ['its payer, once it is over', PAYER, LATER_MS, false],
] as const)('an answer in the making is for %s: %o', (_, asker, closedMs, isGiven) => {
  const job = backend.runningJob
  const record = backend.records.get(job)
  if (record === undefined || asker === undefined || PAYER === undefined || STEWARD === undefined)
    throw new Error('the sample is too small')
  const spec = { ...record.spec, steward: STEWARD }
  const streams = new TokenStreams()
  streams.begin(job, 0)
  const serve = createTokenServing({ job: () => ({ ...record, account: PAYER, spec, closedMs }) }, streams)
  expect(serve(asker, job, NEVER) !== undefined).toBe(isGiven)
})

it('nobody is given anything of a job that is not known here', () => {
  const streams = new TokenStreams()
  streams.begin(backend.runningJob, 0)
  const serve = createTokenServing({ job: () => undefined }, streams)
  expect(PAYER && serve(PAYER, backend.runningJob, NEVER)).toBeUndefined()
})
