import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../protocol/params.ts'
import { ERRORS, isErrorCode } from '../../protocol/errors.ts'
import { SERVER_LIMITS } from './limits.ts'
import { startTestServer, TEST_HOST, type TestServer } from './test-server.ts'

let test: TestServer
beforeAll(async () => {
  test = await startTestServer()
})
afterAll(() => test.server.close())

let stored = 0
beforeEach(() => {
  stored = test.backend.blobs.size
})

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Every refusal has this shape, and says nothing of the server's inside. */
function expectProblem(answer: Answer, code: string): void {
  const problem: Record<string, unknown> = JSON.parse(answer.body)
  expect(problem['code'], answer.body).toBe(code)
  if (!isErrorCode(code)) throw new TypeError(`${code} is not in the table`)
  expect(answer.statusCode).toBe(ERRORS[code].status)
  expect(problem).toMatchObject({ status: answer.statusCode, title: ERRORS[code].title })
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(problem['request_id']).toBe(answer.headers['x-request-id'])
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  expect(answer.body).not.toMatch(/node_modules|\.ts:|    at /)
}

function expectNothingDone(): void {
  expect(test.backend.commands).toEqual([])
  expect(test.backend.blobs.size).toBe(stored)
}

function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  return test.server.app.inject({
    method: 'POST',
    url: '/api/v1/jobs',
    headers: { host: TEST_HOST, 'content-type': 'application/json', ...headers },
    body,
  })
}

function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return test.server.app.inject({ url, headers: { host: TEST_HOST, ...headers } })
}

const bytes = (count: number) => 'x'.repeat(count)

/** Bodies of POST /jobs that must be refused, by what is wrong. */
const BODIES: readonly (readonly [what: string, body: unknown, code: string])[] = [
  ['no prompt', {}, 'missing_field'],
  ['an empty prompt', { prompt: '' }, 'prompt_empty'],
  ['a blank prompt', { prompt: ' \n\t\u00a0' }, 'prompt_empty'],
  ['a prompt of another type', { prompt: 7 }, 'wrong_type'],
  ['a null prompt', { prompt: null }, 'wrong_type'],
  ['a prompt beyond the limit', { prompt: bytes(LIMITS.promptBytes + 1) }, 'prompt_too_large'],
  [
    'a prompt a byte beyond the limit as UTF-8',
    { prompt: `${'ä'.repeat(LIMITS.promptBytes / 2)}x` },
    'prompt_too_large',
  ],
  ['a list', [], 'wrong_type'],
  ['null', null, 'wrong_type'],
  ['a text', 'prompt', 'wrong_type'],
  ['an unknown field', { prompt: 'x', promt: 'y' }, 'unknown_field'],
  ['a field called constructor', { prompt: 'x', constructor: {} }, 'unknown_field'],
  ['an unknown parameter', { prompt: 'x', params: { top_p: 1 } }, 'unknown_field'],
  ['a field that is not offered yet', { prompt: 'x', stream: true }, 'unknown_field'],
  ['no replicas', { prompt: 'x', replicas: 0 }, 'replicas_out_of_range'],
  ['too many replicas', { prompt: 'x', replicas: LIMITS.replicas + 1 }, 'replicas_out_of_range'],
  ['half a replica', { prompt: 'x', replicas: 1.5 }, 'replicas_out_of_range'],
  ['automatic replicas', { prompt: 'x', replicas: 'auto' }, 'replicas_out_of_range'],
  ['replicas as text', { prompt: 'x', replicas: '3' }, 'replicas_out_of_range'],
  ['an unknown comparator', { prompt: 'x', comparator: 'vibes' }, 'out_of_range'],
  ['a confidence above one', { prompt: 'x', min_confidence: 1.01 }, 'out_of_range'],
  ['a negative confidence', { prompt: 'x', min_confidence: -0.01 }, 'out_of_range'],
  ['a price as number', { prompt: 'x', max_price: 1 }, 'wrong_type'],
  ['a negative price', { prompt: 'x', max_price: '-1' }, 'out_of_range'],
  ['a price with seven decimals', { prompt: 'x', max_price: '1.0000001' }, 'out_of_range'],
  ['a price in exponents', { prompt: 'x', max_price: '1e3' }, 'out_of_range'],
  ['a price beyond the ledger', { prompt: 'x', max_price: '9223372036854.775808' }, 'out_of_range'],
  ['an empty model', { prompt: 'x', model: '' }, 'out_of_range'],
  ['a long model', { prompt: 'x', model: bytes(LIMITS.modelNameBytes + 1) }, 'out_of_range'],
  [
    'a model of many combined marks',
    { prompt: 'x', model: 'e\u0301'.repeat(LIMITS.modelNameBytes) },
    'out_of_range',
  ],
  ['a long region', { prompt: 'x', region: bytes(LIMITS.regionBytes + 1) }, 'out_of_range'],
  ['an unknown mode', { prompt: 'x', execution_mode: 'bare' }, 'out_of_range'],
  ['an unknown visibility', { prompt: 'x', visibility: 'secret' }, 'out_of_range'],
  ['heat', { prompt: 'x', params: { temperature: 2.001 } }, 'out_of_range'],
  ['a negative seed', { prompt: 'x', params: { seed: -1 } }, 'out_of_range'],
  ['a seed beyond 32 bits', { prompt: 'x', params: { seed: 2 ** 32 } }, 'out_of_range'],
  ['no tokens', { prompt: 'x', params: { max_tokens: 0 } }, 'out_of_range'],
  ['too many tokens', { prompt: 'x', params: { max_tokens: 65_537 } }, 'out_of_range'],
  ['parameters of another type', { prompt: 'x', params: [] }, 'wrong_type'],
]

const RAW: readonly (readonly [what: string, body: string | Buffer, code: string])[] = [
  ['broken JSON', '{"prompt": "x"', 'malformed_json'],
  ['text after the JSON', '{"prompt": "x"} y', 'malformed_json'],
  ['NaN', '{"prompt": "x", "replicas": NaN}', 'malformed_json'],
  ['an empty body', '', 'body_missing'],
  ['__proto__', '{"prompt": "x", "__proto__": {"replicas": 1}}', 'malformed_json'],
  ['a constructor with a prototype', '{"prompt": "x", "constructor": {"prototype": {}}}', 'malformed_json'],
  ['deep nesting', `{"prompt": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'wrong_type'],
  ['an unpaired surrogate in the prompt', String.raw`{"prompt": "x\ud800y"}`, 'text_not_well_formed'],
  [
    'an unpaired surrogate in the model',
    String.raw`{"prompt": "x", "model": "\udc00"}`,
    'text_not_well_formed',
  ],
  [
    'an unpaired surrogate in the region',
    String.raw`{"prompt": "x", "region": "\udc00"}`,
    'text_not_well_formed',
  ],
  ['bytes that are not UTF-8', Buffer.from('{"prompt": "\xff\xfe"}', 'latin1'), 'malformed_json'],
  ['a number beyond all', '{"prompt": "x", "min_confidence": 1e999}', 'wrong_type'],
]

describe('a job that is refused', () => {
  afterEach(expectNothingDone)

  it.each(BODIES)('%s', async (_what, body, code) => {
    expectProblem(await post(JSON.stringify(body)), code)
  })

  it.each(RAW)('%s', async (_what, body, code) => {
    expectProblem(await post(body), code)
  })

  it('a body beyond the limit', async () => {
    expectProblem(await post(bytes(SERVER_LIMITS.bodyBytes + 1)), 'body_too_large')
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
    'nonsense',
  ])('content type %s', async (type) => {
    expectProblem(await post('{"prompt":"x"}', { 'content-type': type }), 'media_type_unsupported')
  })

  it('no body at all', async () => {
    const answer = await test.server.app.inject({
      method: 'POST',
      url: '/api/v1/jobs',
      headers: { host: TEST_HOST },
    })
    expectProblem(answer, 'body_missing')
  })

  it('a forged host or origin', async () => {
    expectProblem(await post('{"prompt":"x"}', { host: 'evil.example' }), 'host_not_allowed')
    expectProblem(await post('{"prompt":"x"}', { origin: 'http://evil.example' }), 'origin_not_allowed')
  })
})

describe('the largest of everything', () => {
  // As JSON six bytes for each of the prompt's, then as many as it has.
  it.each(['\u0001', 'ä', '🧵'])('is accepted, with a prompt of %j alone', async (character) => {
    const other = await startTestServer()
    const body = {
      prompt: character.repeat(LIMITS.promptBytes / Buffer.byteLength(character)),
      model: bytes(LIMITS.modelNameBytes),
      region: bytes(LIMITS.regionBytes),
      replicas: LIMITS.replicas,
      min_confidence: 1,
      max_price: '9223372036854.775807',
      params: { temperature: 2, seed: 2 ** 32 - 1, max_tokens: 65_536 },
    }
    const answer = await other.server.app.inject({
      method: 'POST',
      url: '/api/v1/jobs',
      headers: { host: TEST_HOST },
      body,
    })
    expect(answer.statusCode).toBe(202)
    await other.server.close()
  })
})

describe('an address that names nothing', () => {
  it.each([
    ['/api/v1/jobs/zzz', 'job_not_found'],
    [`/api/v1/jobs/${'A'.repeat(64)}`, 'job_not_found'],
    [`/api/v1/jobs/${'0'.repeat(64)}`, 'job_not_found'],
    [`/api/v1/jobs/${'0'.repeat(63)}`, 'job_not_found'],
    [`/api/v1/jobs/${'0'.repeat(SERVER_LIMITS.pathPartCharacters + 1)}`, 'not_found'],
    ['/api/v1/jobs/..%2f..%2fetc%2fpasswd', 'job_not_found'],
    ['/api/v1/jobs/__proto__', 'job_not_found'],
    ['/api/v1/jobs/%00', 'job_not_found'],
    ['/api/v1/jobs/%', 'not_found'],
    [`/api/v1/p2p/jobs/${'0'.repeat(64)}/decision`, 'job_not_found'],
    ['/api/v1/p2p/jobs/constructor/decision', 'job_not_found'],
    ['/api/v1/credits/accounts/user/nobody', 'account_not_found'],
    ['/api/v1/credits/accounts/king/12D3KooW', 'account_not_found'],
    [
      '/api/v1/credits/accounts/user/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf',
      'account_not_found',
    ],
    ['/api/v1/nothing', 'not_found'],
    ['/api', 'not_found'],
    ['/v1/models', 'not_found'],
    ['/assets/gone.js', 'not_found'],
    ['/../../etc/passwd', 'not_found'],
    ['/..%2f..%2fetc%2fpasswd', 'not_found'],
    ['/api/v1/jobs?limit=0', 'out_of_range'],
    ['/api/v1/jobs?limit=101', 'out_of_range'],
    ['/api/v1/jobs?limit=ten', 'wrong_type'],
    ['/api/v1/jobs?limit=', 'out_of_range'],
    ['/api/v1/jobs?limit=1&limit=2', 'wrong_type'],
    ['/api/v1/jobs?status=done', 'out_of_range'],
    ['/api/v1/jobs?colour=red', 'unknown_field'],
    ['/api/v1/jobs?__proto__=1', 'unknown_field'],
    ['/api/v1/jobs?cursor=', 'out_of_range'],
    ['/api/v1/jobs?cursor=nonsense', 'cursor_invalid'],
    ['/api/v1/nodes?cursor=nonsense', 'cursor_invalid'],
    [`/api/v1/nodes?cursor=${'x'.repeat(129)}`, 'out_of_range'],
    ['/ws/network', 'upgrade_required'],
    [`/ws/jobs/${'0'.repeat(64)}`, 'upgrade_required'],
    ['/ws/network?since=-1', 'out_of_range'],
  ])('%s: %s', async (url, code) => {
    expectProblem(await get(url), code)
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const)('method %s', async (method) => {
    const answer = await test.server.app.inject({ method, url: '/api/v1/jobs', headers: { host: TEST_HOST } })
    expectProblem(answer, 'method_not_allowed')
    expect(answer.headers['allow']).toBe('POST, GET')
  })
})

describe('host and origin', () => {
  it('are checked where no route is reached', async () => {
    expectProblem(await get('/api/v1/jobs/%', { host: 'evil.example' }), 'host_not_allowed')
  })

  it.each([
    '/',
    '/docs',
    '/docs/static/swagger-ui.css',
    '/openapi.json',
    '/healthz',
    '/api/v1/nodes',
    '/nothing',
  ])('are checked at %s', async (url) => {
    expectProblem(await get(url, { host: 'evil.example:8000' }), 'host_not_allowed')
    expectProblem(await get(url, { origin: 'http://evil.example' }), 'origin_not_allowed')
  })
})

describe('headers', () => {
  it('keep scripts of others out and the page out of other pages', async () => {
    const answer = await get('/', { accept: 'text/html' })
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['strict-transport-security']).toBeUndefined()
  })
})
