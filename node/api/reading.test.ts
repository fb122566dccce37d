import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, TEST_HOST, type TestServer } from './test-server.ts'

let test: TestServer
beforeEach(async () => {
  test = await startTestServer()
})
afterEach(() => test.server.close())

describe('reading', () => {
  it('shows a closed job with receipts that add up', async () => {
    const job = await test.client.getJob({ params: { id: test.backend.closedJob } })
    expect(job).toMatchObject({ output: 'Paris.', winner: 0, confidence: 0.9877, confidence_ppm: 987_654 })
    expect(job.answers.map(({ outcome, paid, answer }) => [outcome, paid, answer])).toEqual([
      ['agreed', '1', 'Paris.'],
      ['agreed', '1', 'Paris.'],
      ['outvoted', '0', 'Lyon, surely.'],
    ])
    const amounts = job.receipts.map(({ kind, amount }) => [kind, Number(amount)] as const)
    const escrow = amounts.filter(([kind]) => kind === 'escrow')
    const rest = amounts.filter(([kind]) => kind !== 'escrow')
    expect(escrow).toEqual([['escrow', 6.5]])
    expect(rest.reduce((sum, [, amount]) => sum + amount, 0)).toBe(6.5)
  })

  it('says null for texts that this peer does not hold', async () => {
    test.backend.blobs.clear()
    const job = await test.client.getJob({ params: { id: test.backend.closedJob } })
    expect(job).toMatchObject({ prompt: null, output: null })
  })

  it('pages through jobs, nodes and models without gap or repetition', async () => {
    const jobs: string[] = []
    const nodes: string[] = []
    let cursor: string | null | undefined
    for (; cursor !== null; ) {
      const page = await test.client.listJobs({ query: { limit: 1, ...(cursor ? { cursor } : {}) } })
      jobs.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    cursor = undefined
    for (; cursor !== null; ) {
      const page = await test.client.listNodes({ query: { limit: 3, ...(cursor ? { cursor } : {}) } })
      nodes.push(...page.items.map(({ node_id: id }) => id))
      cursor = page.next_cursor
    }
    expect(jobs).toEqual([...test.backend.records.keys()])
    expect(nodes).toEqual([...test.backend.peers])
    expect(await test.client.listModels()).toMatchObject({
      items: [{ name: 'reference', nodes: 3, price_min: '1' }],
    })
  })

  it('names the signers of each decided step', async () => {
    const decision = await test.client.getDecision({ params: { id: test.backend.closedJob } })
    const [first, second, , fourth] = test.backend.peers
    expect(decision.steps).toEqual([
      {
        step: 0,
        outcome: 'void',
        quorum: { epoch: 0, round: 0, signers: [first, second, fourth] },
        verified: true,
        checks: [
          { what: 'signatures', holds: true },
          { what: 'reason', holds: null },
        ],
        slots: [],
        takeovers: [],
      },
    ])
    await expect(test.client.getDecision({ params: { id: test.backend.runningJob } })).rejects.toMatchObject({
      code: 'decision_not_found',
    })
  })

  it('is ready only with a quorum of witnesses in reach', async () => {
    test.backend.connections.pop()
    await expect(test.client.getReadiness()).rejects.toMatchObject({ code: 'not_ready', status: 503 })
  })

  it('tells accounts by type', async () => {
    const [payer = '', treasury = ''] = test.backend.peers
    expect(
      await test.client.getAccount({ params: { account_type: 'treasury', account_id: treasury } }),
    ).toMatchObject({ free: '0', head: null })
    expect(
      await test.client.getAccount({ params: { account_type: 'node', account_id: payer } }),
    ).toMatchObject({
      free: '90',
      claimable: '0.000001',
      spendable: '90.000001',
    })
    const wrong = { account_type: 'treasury', account_id: payer } as const
    await expect(test.client.getAccount({ params: wrong })).rejects.toMatchObject({
      code: 'account_not_found',
    })
  })
})

describe('a failure inside', () => {
  it('is a problem without its cause, which the log has', async () => {
    test.backend.history.job = () => Promise.reject(new Error('disk on fire'))
    const response = await test.server.app.inject({
      url: `/api/v1/jobs/${'0'.repeat(64)}`,
      headers: { host: TEST_HOST },
    })
    expect(response.statusCode).toBe(500)
    expect(response.json()).toMatchObject({ code: 'internal', request_id: response.headers['x-request-id'] })
    expect(response.body).not.toMatch(/fire|at .*\.ts/)
    expect(test.logged()).toContain('disk on fire')
  })
})
