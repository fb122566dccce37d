import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillPath, ROUTES } from '../../protocol/api/routes.ts'
import { LIMITS } from '../../protocol/params.ts'
import { PEERS } from './sample-swarm.ts'
import { startTestServer, TEST_HOST, type TestServer } from './test-server.ts'

let test: TestServer
beforeEach(async () => {
  test = await startTestServer()
})
afterEach(() => test.server.close())

const KEY = { headers: { 'idempotency-key': 'mine' } }
const commands = () => test.backend.commands.length

describe('a submission under a name', () => {
  it('is carried out once, and answered alike in whatever order its fields come', async () => {
    const first = await test.client.submitJob({ body: { prompt: 'Why?', replicas: 1, label: 'a' } }, KEY)
    const again = await test.client.submitJob({ body: { label: 'a', replicas: 1, prompt: 'Why?' } }, KEY)
    expect([again.id, commands()]).toEqual([first.id, 1])
  })

  it('is the same in whatever order the fields within its fields come', async () => {
    const params = [
      { temperature: 0, seed: 1 },
      { seed: 1, temperature: 0 },
    ]
    for (const given of params)
      await test.client.submitBatch({ body: { prompts: ['Why?'], params: given } }, KEY)
    expect(commands()).toBe(1)
  })

  it.each([
    ['another prompt', { prompt: 'How?' }],
    ['another choice', { prompt: 'Why?', replicas: 2 }],
    ['another priority', { prompt: 'Why?', priority: 1 }],
  ])('is refused for %s, and nothing is stored', async (_, body) => {
    await test.client.submitJob({ body: { prompt: 'Why?' } }, KEY)
    const stored = test.backend.blobs.size
    await expect(test.client.submitJob({ body }, KEY)).rejects.toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    })
    expect([test.backend.blobs.size, commands()]).toEqual([stored, 1])
  })

  it('is refused where a move of credits has the name', async () => {
    await test.client.transferCredits(
      { body: { to: PEERS[1] ?? '', amount: '1' } },
      { headers: { ...KEY.headers, 'x-api-key': 'hlk_of-the-tests' } },
    )
    await expect(test.client.submitJob({ body: { prompt: 'Why?' } }, KEY)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })
})

describe('a submission that waits', () => {
  beforeEach(() => {
    test.backend.isFull = true
  })

  it('is a job that is queued, found by its id and in a list of its own', async () => {
    const job = await test.client.submitJob({ body: { prompt: 'Why?', priority: 3, label: 'slow' } })
    expect(job).toMatchObject({
      status: 'queued',
      queue: { position: 0, reason: 'busy' },
      priority: 3,
      label: 'slow',
      prompt: 'Why?',
    })
    expect(await test.client.getJob({ params: { id: job.id } })).toEqual(job)
    const { items } = await test.client.listJobs({ query: { status: 'queued', label: 'slow' } })
    expect(items).toMatchObject([{ id: job.id, status: 'queued' }])
    expect((await test.client.listJobs({ query: { status: 'queued', label: 'fast' } })).items).toEqual([])
  })

  it('is found on the next page also where the last one of the page before was opened since', async () => {
    for (const prompt of ['a', 'b', 'c', 'd']) await test.client.submitJob({ body: { prompt } })
    const page = (cursor?: string | null) =>
      test.client.listJobs({ query: { status: 'queued', limit: 2, ...(cursor ? { cursor } : {}) } })
    const first = await page()
    const { waiting } = test.backend
    const rest = waiting.filter(({ name }) => first.items.every(({ id }) => id !== name))
    waiting.splice(0, waiting.length, ...rest)
    const second = await page(first.next_cursor)
    expect(second.items.map(({ id }) => id)).toEqual(rest.map(({ name }) => name))
    expect(second.next_cursor).toBeNull()
    await expect(page('0'.repeat(64))).rejects.toMatchObject({ code: 'cursor_invalid' })
  })

  it('is shown as its job once it is opened, by either id', async () => {
    const { id } = await test.client.submitJob({ body: { prompt: 'Why?' } }, KEY)
    const [ticket] = test.backend.waiting.splice(0)
    if (ticket === undefined) throw new RangeError('nothing waits')
    const { content, name } = ticket
    test.backend.submissions.set(name, { content, job: test.backend.closedJob, withdrawn: null })
    expect(await test.client.getJob({ params: { id } })).toMatchObject({
      id: test.backend.closedJob,
      status: 'completed',
    })
    expect(await test.client.submitJob({ body: { prompt: 'Why?' } }, KEY)).toMatchObject({
      status: 'completed',
    })
  })

  it('is void once it is withdrawn, and cost nothing', async () => {
    const { id } = await test.client.submitJob({ body: { prompt: 'Why?' } })
    const [ticket] = test.backend.waiting.splice(0)
    if (ticket === undefined) throw new RangeError('nothing waits')
    const { name, ...record } = ticket
    const withdrawn = { ticket: record, atMs: test.backend.clockMs, why: 'cancelled' as const }
    test.backend.submissions.set(name, { content: ticket.content, job: null, withdrawn })
    expect(await test.client.getJob({ params: { id } })).toMatchObject({
      status: 'void',
      charged: '0',
      receipts: [],
    })
    await expect(test.client.cancelJob({ params: { id } })).rejects.toMatchObject({ code: 'job_over' })
    const again = await test.client.retryJob({ params: { id } })
    expect(again).toMatchObject({ status: 'queued', prompt: 'Why?' })
    await expect(test.client.retryJob({ params: { id: again.id } })).rejects.toMatchObject({
      code: 'job_running',
    })
  })
})

describe('a job that found no free node', () => {
  it('names what it goes on as, while that waits and afterwards', async () => {
    const { closedJob, runningJob, records, metas, submissions } = test.backend
    const record = records.get(closedJob)
    if (record === undefined) throw new RangeError('no closed job')
    records.set(closedJob, { ...record, status: 'void' })
    test.backend.isFull = true
    const waiting = await test.client.submitJob({ body: { prompt: 'Why?' } })
    const name = test.backend.waiting[0]?.name ?? closedJob
    metas.set(closedJob, { name, label: null, priority: 0, batch: null, deadlineMs: null })
    expect((await test.client.getJob({ params: { id: closedJob } })).continued_as).toBe(waiting.id)
    test.backend.waiting.splice(0)
    submissions.set(name, { content: name, job: runningJob, withdrawn: null })
    expect((await test.client.getJob({ params: { id: closedJob } })).continued_as).toBe(runningJob)
  })

  it('is cancelled as what it goes on as', async () => {
    const { closedJob, runningJob, records, metas, submissions } = test.backend
    const record = records.get(closedJob)
    if (record === undefined) throw new RangeError('no closed job')
    records.set(closedJob, { ...record, status: 'void' })
    const name = record.spec.prompt.digest
    metas.set(closedJob, { name, label: null, priority: 0, batch: null, deadlineMs: null })
    const goesOnAs = (job: typeof runningJob) =>
      submissions.set(name, { content: closedJob, job, withdrawn: null })
    goesOnAs(runningJob)
    expect((await test.client.cancelJob({ params: { id: closedJob } })).id).toBe(runningJob)
    expect(test.backend.commands).toEqual([{ type: 'cancel-job', job: runningJob }])
    goesOnAs(closedJob)
    await expect(test.client.cancelJob({ params: { id: closedJob } })).rejects.toMatchObject({
      code: 'job_over',
    })
  })
})

describe('a dry run', () => {
  it('prices a job and names who would be elected, and submits and stores nothing', async () => {
    const stored = test.backend.blobs.size
    const answer = await test.client.priceJob({ prompt: 'Why?', replicas: 2 })
    expect(answer).toMatchObject({ dry_run: true, replicas: 2, queue_position: 0 })
    expect(answer.would_elect).toHaveLength(2)
    expect([commands(), test.backend.blobs.size]).toEqual([0, stored])
  })

  it('answers with 200, and a submission with 202', async () => {
    const { path } = ROUTES.submitJob
    const statusOf = async (url: string) => {
      const payload = { prompt: 'Why?' }
      return (await test.server.app.inject({ method: 'POST', url, headers: { host: TEST_HOST }, payload }))
        .statusCode
    }
    expect(await statusOf(`${path}?dry_run=true`)).toBe(200)
    expect(await statusOf(`${path}?dry_run=false`)).toBe(202)
  })

  it('is refused for what a submission is refused for', async () => {
    await expect(test.client.priceJob({ prompt: 'Why?', model: 'another' })).rejects.toMatchObject({
      code: 'model_unknown',
    })
    await expect(test.client.priceJob({ prompt: ' ' })).rejects.toMatchObject({ code: 'prompt_empty' })
  })
})

describe('a retry', () => {
  it('submits what was asked once more, and names the job that it tries again', async () => {
    const { closedJob } = test.backend
    await test.client.retryJob({ params: { id: closedJob } })
    const spec = test.backend.records.get(closedJob)?.spec
    expect(test.backend.commands).toMatchObject([
      {
        type: 'submit-job',
        request: { retryOf: closedJob, prompt: spec?.prompt, replicas: spec?.replicas, seed: null },
      },
    ])
  })

  it('under a name is carried out once', async () => {
    const input = { params: { id: test.backend.closedJob } }
    const first = await test.client.retryJob(input, KEY)
    test.backend.blobs.clear()
    expect([(await test.client.retryJob(input, KEY)).id, commands()]).toEqual([first.id, 1])
  })

  it.each([
    ['job_running', () => ({ id: test.backend.runningJob })],
    ['job_not_found', () => ({ id: '0'.repeat(64) })],
  ])('is refused as %s', async (code, params) => {
    await expect(test.client.retryJob({ params: params() })).rejects.toMatchObject({ code })
    expect(commands()).toBe(0)
  })

  it.each(['prompt_gone', 'not_the_payer'])('is refused as %s', async (code) => {
    const { closedJob, records, blobs } = test.backend
    const record = records.get(closedJob)
    if (record === undefined) throw new RangeError('no closed job')
    if (code === 'prompt_gone') blobs.delete(record.spec.prompt.digest)
    else records.set(closedJob, { ...record, account: PEERS[1] ?? record.account })
    await expect(test.client.retryJob({ params: { id: closedJob } })).rejects.toMatchObject({ code })
  })
})

describe('a batch', () => {
  it('tells its progress without asking for the place of each item', async () => {
    const { id } = await test.client.submitBatch({ body: { prompts: ['Why?', 'How?'] } })
    const asked = vi.spyOn(test.backend.view, 'waiting')
    expect(await test.client.getBatch({ params: { id } })).toMatchObject({ counts: { queued: 2 } })
    expect(asked).not.toHaveBeenCalled()
  })

  it('ends where items were forgotten: they become nothing any more', async () => {
    const { id } = await test.client.submitBatch({ body: { prompts: ['Why?', 'How?'] } })
    test.backend.waiting.splice(0, 1)
    expect(await test.client.getBatch({ params: { id } })).toMatchObject({
      done: 1,
      counts: { queued: 1, void: 1 },
      items: [{ status: 'void' }, { status: 'queued' }],
    })
  })

  const prompts = ['Why?', 'How?', 'When?']

  it('is taken as one command, and shows each of its jobs', async () => {
    const batch = await test.client.submitBatch({ body: { prompts, label: 'night', priority: 2 } }, KEY)
    expect(batch).toMatchObject({ total: 3, done: 0, label: 'night', priority: 2, charged: '0' })
    expect(batch.counts).toMatchObject({ queued: 3, completed: 0 })
    expect(commands()).toBe(1)
    const again = await test.client.submitBatch({ body: { priority: 2, label: 'night', prompts } }, KEY)
    expect([again.id, commands()]).toEqual([batch.id, 1])
    await expect(test.client.submitBatch({ body: { prompts: ['Who?'] } }, KEY)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('gives its answers as JSON Lines in the order of its prompts', async () => {
    const { batch, closedJob } = test.backend
    // Of the second one nothing is known any more.
    expect(await test.client.getBatch({ params: { id: batch } })).toMatchObject({ total: 2, done: 2 })
    const url = fillPath(ROUTES.getBatchResults.path, { id: batch })
    const answer = await test.server.app.inject({ method: 'GET', url, headers: { host: TEST_HOST } })
    expect(answer.headers['content-type']).toContain('application/jsonl')
    const lines = answer.body.trim().split('\n')
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { index: 0, id: closedJob, output: 'Paris.' },
    ])
    expect(await test.client.getBatchResults({ params: { id: batch }, query: { from: 1 } })).toEqual([])
  })

  it.each([
    ['no prompts', { prompts: [] }],
    ['too many prompts', { prompts: Array.from({ length: LIMITS.batchJobs + 1 }, () => 'Why?') }],
    ['an empty prompt among others', { prompts: ['Why?', ''] }],
    ['a blank prompt among others', { prompts: ['Why?', ' '] }],
  ])('is refused for %s, and nothing is stored', async (_, body) => {
    const stored = test.backend.blobs.size
    await expect(test.client.submitBatch({ body })).rejects.toMatchObject({ status: 422 })
    expect([test.backend.blobs.size, commands()]).toEqual([stored, 0])
  })

  it('of the most prompts is taken', async () => {
    const most = Array.from({ length: LIMITS.batchJobs }, (_, at) => `Why ${at}?`)
    expect((await test.client.submitBatch({ body: { prompts: most } })).total).toBe(LIMITS.batchJobs)
  })
})
