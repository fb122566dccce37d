import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { blobRefOf, type Digest, type JobId, type PeerId } from '../../protocol/ids.ts'
import { holdingCodec } from '../../protocol/jobs/holdings.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { BLOB_QUOTA, BLOB_REQUEST_BYTES } from '../../protocol/params.ts'
import type { HeldBody } from '../../protocol/jobs/access.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { keys } from '../../protocol/records/keys.ts'
import { closedRecord, payer, second } from '../api/sample-swarm.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createServing } from './serving.ts'

const JOB = 'a1'.repeat(32) as JobId
const THEIRS = 'b2'.repeat(32) as JobId
const BODY = new Uint8Array(1_024).fill(3)
const { digest } = blobRefOf(BODY)
const STRANGER = 'stranger' as PeerId

type Rule = (peer: PeerId, body: HeldBody) => boolean | undefined

async function build(mayRead: Rule, jobs: readonly JobId[] = [JOB]) {
  const store = createMemoryStore()
  const value = encodeBody(holdingCodec, { what: 'prompt', own: false })
  await store.write(jobs.map((job) => ({ key: keys.body(digest, job), value })))
  const roster = { isRevoked: () => false, isWitness: () => false, member: () => undefined }
  const clock = { now: 0 }
  const serve = createServing({
    // All that it asks of a view.
    view: { mayRead, roster } as unknown as PeerView,
    records: store,
    bodies: { get: async (one: Digest) => (one === digest ? BODY : undefined) },
    now: () => clock.now,
  })
  return { serve, store, clock }
}

describe('serving a body', () => {
  it('asks for the job that it is held for, and for none that merely names it', async () => {
    const asked: HeldBody[] = []
    const rule: Rule = (_, body) => {
      asked.push(body)
      return body.job === THEIRS
    }
    const { serve } = await build(rule)
    expect(await serve(second, digest)).toBeUndefined()
    expect(asked).toMatchObject([{ job: JOB, digest, what: 'prompt' }])
    expect(await (await build(rule, [JOB, THEIRS])).serve(second, digest)).toEqual(BODY)
  })

  it('goes by the record of a job that is over', async () => {
    const { serve, store } = await build(() => undefined)
    expect(await serve(payer, digest)).toBeUndefined()
    const record = { ...closedRecord(JOB, BODY, [BODY, BODY]), entry: JOB }
    await store.write([{ key: keys.closed(JOB), value: encodeBody(jobRecordCodec, record) }])
    expect(await serve(payer, digest)).toEqual(BODY)
    expect(await serve(STRANGER, digest)).toBeUndefined()
  })

  it('finds the open job among however many closed ones that had the same body', async () => {
    const closed = Array.from({ length: 100 }, (_, at) => at.toString(16).padStart(64, '0') as JobId)
    const { serve } = await build((_, { job }) => (job === THEIRS ? true : undefined), [...closed, THEIRS])
    expect(await serve(second, digest)).toEqual(BODY)
  })

  it('gives each peer so much, then nothing until time has passed', async () => {
    const { serve, clock } = await build(() => true)
    const cost = BODY.length + BLOB_REQUEST_BYTES
    const fits = Math.ceil(BLOB_QUOTA.burst / cost)
    for (let at = 0; at < fits; at += 1) expect(await serve(second, digest)).toEqual(BODY)
    expect(await serve(second, digest)).toBeUndefined()
    expect(await serve(payer, digest)).toEqual(BODY)
    clock.now += 1_000
    expect(await serve(second, digest)).toEqual(BODY)
  })

  it('charges for requests that are refused, too', async () => {
    const { serve } = await build((peer) => peer !== STRANGER)
    const fits = BLOB_QUOTA.burst / BLOB_REQUEST_BYTES
    let looked = 0
    const counting = await build(() => {
      looked += 1
      return false
    })
    for (let at = 0; at <= fits; at += 1) await counting.serve(STRANGER, digest)
    expect(looked).toBe(fits)
    expect(await serve(second, digest)).toEqual(BODY)
  })
})
