import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestServer, startTestServer } from './test-server.ts'

let test: TestServer
beforeEach(async () => {
  test = await startTestServer()
})
afterEach(() => test.server.close())

const cancel = (id: string) => test.client.cancelJob({ params: { id } })

describe('cancelling a job', () => {
  it('tells the mind, and answers with the job as it is now', async () => {
    const { runningJob } = test.backend
    expect(await cancel(runningJob)).toMatchObject({ id: runningJob, closed_at: null })
    expect((await test.client.getJob({ params: { id: runningJob } })).cancelled_at).not.toBeNull()
    expect(test.backend.commands).toEqual([{ type: 'cancel-job', job: runningJob }])
  })

  it('is refused for one that is over, or that nobody knows, without asking the mind', async () => {
    await expect(cancel(test.backend.closedJob)).rejects.toMatchObject({ code: 'job_over', status: 409 })
    await expect(cancel('0'.repeat(64))).rejects.toMatchObject({ code: 'job_not_found', status: 404 })
    expect(test.backend.commands).toEqual([])
  })

  it.each([
    ['not_the_payer', 403],
    ['job_over', 409],
  ] as const)('answers with the mind’s refusal: %s', async (code, status) => {
    test.backend.refusal = { ok: false, code, detail: 'because' }
    await expect(cancel(test.backend.runningJob)).rejects.toMatchObject({ code, status, detail: 'because' })
  })
})

describe('a deadline', () => {
  it('goes with the job, in milliseconds', async () => {
    await test.client.submitJob({ body: { prompt: 'Quick!', deadline_ms: 1_500 } })
    expect(test.backend.commands).toMatchObject([{ type: 'submit-job', request: { deadlineMs: 1_500 } }])
  })

  it.each([0, 86_400_001, 1.5])('of %d is refused', async (deadline) => {
    const submitted = test.client.submitJob({ body: { prompt: 'Quick!', deadline_ms: deadline } })
    await expect(submitted).rejects.toMatchObject({ status: 422 })
    expect(test.backend.commands).toEqual([])
  })
})
