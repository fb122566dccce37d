import { expect, it } from 'vitest'
import { type Decision, decisionCodec, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { hash } from '../../protocol/crypto/digest.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Digest } from '../../protocol/ids.ts'
import { followed } from '../../protocol/jobs/rechecking.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { ANSWER, TestJobs } from '../../protocol/jobs/testing-jobs.ts'
import { isJobValue } from '../../protocol/jobs/value.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { Verdict } from '../../protocol/verification/verdict.ts'
import { createRejudge, REJUDGED_AT_ONCE } from './rejudge.ts'

/** The close of a job of two replicas, asked for under any digest: as that of any other job. */
function closed() {
  const jobs = new TestJobs([5, 6])
  const job = jobs.submit()
  jobs.passElection()
  for (const run of jobs.minds.runs.splice(0)) jobs.minds.finish(run, ANSWER)
  jobs.passElection()
  const stored = <T>(codec: Parameters<typeof decodeRecord<T>>[0], key: string): T =>
    decodeRecord(codec, jobs.minds.stored(jobs.id(0), key) ?? new Uint8Array(0), key)
  const record = stored(jobRecordCodec, keys.closed(job))
  const links = [0, 1].flatMap((step) => {
    const { value }: Decision = stored(decisionCodec, keys.decision(job, step))
    return isJobValue(value) ? [{ step, value, digest: valueDigestOf(value) }] : []
  })
  const close = followed(record, links)[1]
  const value = close?.link.value
  if (close === undefined || value?.type !== 'close') throw new RangeError('the job was not closed')
  const { link, before } = close
  return {
    rules: record.spec.rules,
    under: (digest: Digest) => [record, { before, link: { ...link, digest } }, value] as const,
  }
}

const VERDICT: Verdict = {
  agreement: 'unanimous',
  winner: 0,
  confidence: 1_000_000,
  replicas: [0, 1].map((slot) => {
    return { slot, cluster: 0, outcome: 'agreed', cosine: 1_000_000, findings: [] }
  }),
}
const digestOf = (word: number) => hash('test', Uint8Array.of(word))

it('answers are judged again once, however many ask, and a few of them at a time', async () => {
  const { rules, under } = closed()
  const { promise: isFree, resolve: free } = Promise.withResolvers<undefined>()
  let judged = 0
  const judge = async () => {
    judged += 1
    await isFree
    return VERDICT
  }
  const bodies = { get: () => Promise.resolve(Uint8Array.of(1)) }
  const rejudge = createRejudge({ bodies, judge: { judge }, rules })
  const words = Array.from({ length: REJUDGED_AT_ONCE }, (_, word) => word)
  const asked = [...words, ...words].map((word) => rejudge(...under(digestOf(word))))
  expect(await rejudge(...under(digestOf(REJUDGED_AT_ONCE)))).toBeNull()
  free(undefined)
  expect(await Promise.all(asked)).toEqual(asked.map(() => true))
  expect(judged).toBe(REJUDGED_AT_ONCE)
  // Afterwards there is room, and what came out is known.
  expect(await rejudge(...under(digestOf(REJUDGED_AT_ONCE)))).toBe(true)
  expect(await rejudge(...under(digestOf(0)))).toBe(true)
  expect(judged).toBe(REJUDGED_AT_ONCE + 1)
})

it('what can’t be judged where an answer isn’t here is judged once it is', async () => {
  const { rules, under } = closed()
  const held: Uint8Array[] = []
  const bodies = { get: () => Promise.resolve(held[0]) }
  const rejudge = createRejudge({ bodies, judge: { judge: () => Promise.resolve(VERDICT) }, rules })
  expect(await rejudge(...under(digestOf(0)))).toBeNull()
  held.push(Uint8Array.of(1))
  expect(await rejudge(...under(digestOf(0)))).toBe(true)
})
