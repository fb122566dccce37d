import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallInput } from '../../protocol/api/client.ts'
import { ENDPOINTS } from '../../protocol/api/endpoints.ts'
import { CALLERS, RIGHTS } from '../../protocol/api/rights.ts'
import { fillPath, ROUTES, type RouteName } from '../../protocol/api/routes.ts'
import { PARTIAL_REVOCATION } from '../../protocol/swarm/invitation-text.ts'
import { draftRevocation } from '../../protocol/swarm/inviting.ts'
import { envelopeOf, payer, second } from './sample-swarm.ts'
import {
  openTestSocket,
  startTestServer,
  TEST_HOST,
  TEST_KEY,
  type TestServer,
  type TestSocket,
  WITH_KEY,
} from './test-server.ts'

let test: TestServer
beforeEach(async () => {
  test = await startTestServer()
})
afterEach(() => test.server.close())

const NAMES = Object.keys(ROUTES) as RouteName[]

/** A good call of each route; one without a row doesn't compile. */
function inputs({ backend }: TestServer): { [N in RouteName]: CallInput<N> } {
  const other = second
  const [entry = ''] = backend.ledger.entries.keys()
  return {
    submitJob: { body: { prompt: 'Why is the sky blue?' } },
    listJobs: { query: { limit: 1, status: 'completed' } },
    getJob: { params: { id: backend.closedJob } },
    cancelJob: { params: { id: backend.runningJob } },
    retryJob: { params: { id: backend.closedJob } },
    submitBatch: { body: { prompts: ['Why?', 'How?'] } },
    getBatch: { params: { id: backend.batch } },
    getBatchResults: { params: { id: backend.batch } },
    getStats: {},
    listNodes: { query: { limit: 2 } },
    listModels: {},
    getAccount: { params: { account_type: 'user', account_id: payer } },
    listTransactions: { query: { limit: 2, type: 'mint', account: payer } },
    mintCredits: { body: { to: other, amount: '1' } },
    rewardCredits: { body: { to: other, amount: '1' } },
    transferCredits: { body: { to: other, amount: '0.01', memo: 'tea' }, query: { wait_ms: 1 } },
    spendCredits: { body: { amount: '1' } },
    resolveFork: {},
    getEntry: { params: { id: entry } },
    registerPeer: { body: { envelope: envelopeOf(other) } },
    heartbeatPeer: { params: { id: other }, body: { envelope: envelopeOf(other) } },
    injectGossip: { body: { envelope: envelopeOf(other) } },
    getDecision: { params: { id: backend.closedJob } },
    getLedgerRoot: {},
    getSelf: {},
    getSwarm: {},
    listMembers: { query: { limit: 2 } },
    createInvitation: {
      body: { label: 'lab', roles: ['peer'], grant: '5', expires_in_s: 3_600, peer: other },
    },
    cosign: { body: { text: partialRevocation(backend) } },
    revokeKey: { body: { key: other } },
    getEpoch: { query: { number: 0 } },
    orderEpoch: { body: { fee: '2' } },
    acceptEpoch: {},
    createTicket: { body: { rights: ['read'], expires_in_s: 60 } },
    getNode: {},
    pauseNode: {},
    resumeNode: {},
    drainNode: {},
    shutdownNode: {},
    getConsent: {},
    acceptConsent: { body: { terms_version: 1 } },
    revokeConsent: {},
    listSettings: { query: { limit: 1 } },
    getLogs: { query: { limit: 2, after: 0, wait_ms: 1 } },
    startBackup: { body: { path: '/somewhere' } },
    getBackup: {},
    cancelBackup: {},
    listWallets: {},
    createWallet: { body: { label: 'rent' } },
    getDiagnosis: {},
    getHealth: {},
    getReadiness: {},
  }
}

function partialRevocation({ view, swarm }: TestServer['backend']): string {
  const revocation = draftRevocation(view.roster, swarm.signers, second)
  return PARTIAL_REVOCATION.write({ swarm: view.swarm, revocation })
}

describe('every route', () => {
  let socket: TestSocket

  // The peer mints, pays and holds the treasury, and has an entry and a backup to show.
  beforeEach(async () => {
    await test.server.close()
    test = await startTestServer({}, { treasury: payer, guests: true })
    await test.client.mintCredits({ body: { to: payer, amount: '90' } }, WITH_KEY)
    socket = await openTestSocket(test.server)
    await socket.client.startBackup({ body: { path: '/before' } })
  })
  afterEach(() => socket.remove())

  it.each(NAMES)('%s answers what its schema promises', async (name) => {
    const call = socket.client[name] as (input: unknown) => Promise<unknown>
    expect(await call(inputs(test)[name])).toBeTypeOf('object')
  })

  it.each(NAMES)('%s lets in exactly the callers of its row', async (name) => {
    const input = inputs(test)[name] as { params?: Record<string, string>; body?: object }
    const { method, path } = ROUTES[name]
    const url = fillPath(path, input.params ?? {})
    const addresses = { loopback: '127.0.0.1', api_key: '192.0.2.8', none: '192.0.2.7' }
    const row = RIGHTS[name]
    const refusal = row.loopback ? 'not_permitted' : row.api_key ? 'api_key_missing' : 'control_only'
    const body = input.body === undefined ? {} : { body: JSON.stringify(input.body) }
    const type = input.body === undefined ? {} : { 'content-type': 'application/json' }
    for (const caller of CALLERS) {
      const headers = {
        host: TEST_HOST,
        'x-forwarded-for': '127.0.0.1',
        ...type,
        ...(caller === 'api_key' ? { 'x-api-key': TEST_KEY } : {}),
      }
      const answer =
        caller === 'control'
          ? await socket.call({ method, path: url, headers, ...body })
          : await test.server.app
              .inject({ method, url, remoteAddress: addresses[caller], headers, ...body })
              .then((response) => ({ status: response.statusCode, body: response.body }))
      if (row[caller]) expect(answer.status, caller).toBe(ENDPOINTS[name].status)
      else expect(JSON.parse(answer.body), caller).toMatchObject({ code: refusal })
    }
  })

  it('is in the OpenAPI document with its errors', async () => {
    const response = await test.server.app.inject({ url: '/openapi.json', headers: { host: TEST_HOST } })
    const document: { paths: Record<string, Record<string, { operationId: string }>> } = response.json()
    const documented = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(documented.sort()).toEqual([...NAMES].sort())
    expect(response.body).toContain('insufficient_credit')
  })

  it('says there who needs a key, and which bodies it takes', async () => {
    const response = await test.server.app.inject({ url: '/openapi.json', headers: { host: TEST_HOST } })
    const document: {
      paths: Record<string, Record<string, { security?: object[]; requestBody?: { content: object } }>>
      components: { securitySchemes: object }
    } = response.json()
    for (const name of NAMES) {
      const { method, path } = ROUTES[name]
      const documented = document.paths[path]?.[method.toLowerCase()]
      const needsKey = RIGHTS[name].api_key && !RIGHTS[name].loopback
      expect(documented?.security, name).toEqual(needsKey ? [{ apiKey: [] }] : undefined)
    }
    expect(document.components.securitySchemes).toMatchObject({ apiKey: { in: 'header', name: 'X-API-Key' } })
    const gossip = document.paths[ROUTES.injectGossip.path]?.['post']
    expect(Object.keys(gossip?.requestBody?.content ?? {})).toEqual(['application/json', 'application/cbor'])
  })
})

describe('submitting a job', () => {
  it('stores the prompt, asks the mind and says where the job is', async () => {
    const body = { prompt: 'Hello 😀', replicas: 5, max_price: '0.25', min_confidence: 0.9 }
    const response = await test.server.app.inject({
      method: 'POST',
      url: '/api/v1/jobs',
      headers: { host: TEST_HOST },
      body: { ...body, params: { temperature: 0.7, seed: 3, max_tokens: 9 } },
    })
    expect(response.statusCode).toBe(202)
    const job: { id: string; prompt: string; status: string } = response.json()
    expect(job).toMatchObject({ prompt: 'Hello 😀', status: 'pending', receipts: [] })
    expect(response.headers.location).toBe(`/api/v1/jobs/${job.id}`)
    expect(test.backend.commands).toMatchObject([
      {
        type: 'submit-job',
        request: {
          replicas: 5,
          standbys: 5,
          maxPrice: 250_000n,
          minConfidence: 900_000,
          temperatureMilli: 700,
          seed: 3,
          maxTokens: 9,
          model: null,
        },
      },
    ])
    expect(test.logged()).not.toContain('Hello')
  })

  it('says why the mind refuses', async () => {
    test.backend.refusal = {
      ok: false,
      code: 'insufficient_credit',
      detail: '6.5 credits are needed, 1 is there',
    }
    await expect(test.client.submitJob({ body: { prompt: 'Too dear' } })).rejects.toMatchObject({
      code: 'insufficient_credit',
      status: 402,
      detail: '6.5 credits are needed, 1 is there',
    })
  })
})
