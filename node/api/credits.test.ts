import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../protocol/api/endpoints.ts'
import { ERRORS, isErrorCode } from '../../protocol/errors.ts'
import { envelopeOf, payer, second, third } from './sample-swarm.ts'
import { startTestServer, TEST_HOST, TEST_KEY, type TestServer, WITH_KEY } from './test-server.ts'

let test: TestServer
beforeEach(async () => {
  test = await startTestServer()
})
afterEach(() => test.server.close())

const bytes = (count: number) => 'x'.repeat(count)

/** Status and code of a refusal; nothing was asked of the mind. */
async function refusalOf(url: string, body: string | object, headers: Record<string, string> = {}) {
  const answer = await test.server.app.inject({
    method: 'POST',
    url: `/api/v1/${url}`,
    headers: { host: TEST_HOST, 'content-type': 'application/json', 'x-api-key': TEST_KEY, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const problem: Record<string, unknown> = JSON.parse(answer.body)
  const code = String(problem['code'])
  expect(isErrorCode(code) && ERRORS[code].status, answer.body).toBe(answer.statusCode)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  expect(test.backend.commands).toEqual([])
  expect(test.backend.injected).toEqual([])
  return code
}

const to = second
const MOVES: readonly (readonly [what: string, body: string | object, code: string])[] = [
  ['nothing', {}, 'missing_field'],
  ['no amount', { to }, 'missing_field'],
  ['zero', { to, amount: '0' }, 'amount_out_of_range'],
  ['less than an output holds', { to, amount: '0.009999' }, 'amount_out_of_range'],
  ['a negative amount', { to, amount: '-1' }, 'amount_out_of_range'],
  ['2^63 units', { to, amount: '9223372036854.775808' }, 'amount_out_of_range'],
  ['2^63 credits', { to, amount: '9223372036854775808' }, 'amount_out_of_range'],
  ['exponents', { to, amount: '1e400' }, 'amount_out_of_range'],
  ['seven decimals', { to, amount: '1.0000001' }, 'amount_out_of_range'],
  ['digits of another script', { to, amount: '\u0661\u0662' }, 'amount_out_of_range'],
  ['full-width digits', { to, amount: '\uff11' }, 'amount_out_of_range'],
  ['a comma', { to, amount: '1,5' }, 'amount_out_of_range'],
  ['spaces', { to, amount: ' 1 ' }, 'amount_out_of_range'],
  ['no digits', { to, amount: '' }, 'amount_out_of_range'],
  ['a number', { to, amount: 1 }, 'wrong_type'],
  ['a number beyond all', `{"to": "${to}", "amount": 1e400}`, 'wrong_type'],
  ['null', { to, amount: null }, 'wrong_type'],
  ['a list', { to, amount: ['1'] }, 'wrong_type'],
  ['nobody', { to: '', amount: '1' }, 'out_of_range'],
  ['an id that is none', { to: `${to.slice(0, -1)}I`, amount: '1' }, 'out_of_range'],
  ['an id of other bytes', { to: `12D3Koo${'z'.repeat(45)}`, amount: '1' }, 'out_of_range'],
  ['a memo of 141 bytes', { to, amount: '1', memo: bytes(141) }, 'memo_too_long'],
  ['a memo of 142 bytes in 71 letters', { to, amount: '1', memo: 'ä'.repeat(71) }, 'memo_too_long'],
  [
    'a memo with half a letter',
    String.raw`{"to": "${to}", "amount": "1", "memo": "\ud800"}`,
    'text_not_well_formed',
  ],
  ['a memo that is none', { to, amount: '1', memo: 7 }, 'wrong_type'],
  ['an unknown field', { to, amount: '1', from: payer }, 'unknown_field'],
  ['__proto__', `{"to": "${to}", "amount": "1", "__proto__": {"memo": "x"}}`, 'malformed_json'],
  ['a constructor', { to, amount: '1', constructor: {} }, 'unknown_field'],
  ['no JSON', '{"to":', 'malformed_json'],
  ['no body', '', 'body_missing'],
  ['a large body', { to, amount: '1', memo: bytes(5_000) }, 'body_too_large'],
]

describe('an operation that is refused', () => {
  it.each(MOVES)('%s', async (_what, body, code) => {
    expect(await refusalOf('credits/transfer', body)).toBe(code)
    expect(await refusalOf('credits/mint', body)).toBe(code)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/cbor'])(
    'content of type %s',
    async (type) => {
      const body = JSON.stringify({ to, amount: '1' })
      expect(await refusalOf('credits/transfer', body, { 'content-type': type })).toBe(
        'media_type_unsupported',
      )
    },
  )

  it('in its query or headers', async () => {
    const body = { to, amount: '1' }
    expect(await refusalOf('credits/transfer?wait_ms=30001', body)).toBe('out_of_range')
    expect(await refusalOf('credits/transfer?wait_ms=-1', body)).toBe('out_of_range')
    expect(await refusalOf('credits/transfer?wait_ms=soon', body)).toBe('wrong_type')
    expect(await refusalOf('credits/transfer?wait=1', body)).toBe('unknown_field')
    expect(await refusalOf('credits/transfer', body, { 'idempotency-key': bytes(129) })).toBe('out_of_range')
    expect(await refusalOf('credits/transfer', body, { 'idempotency-key': '' })).toBe('out_of_range')
    expect(await refusalOf('credits/transfer', body, { host: 'evil.example' })).toBe('host_not_allowed')
    expect(await refusalOf('credits/transfer', body, { origin: 'null' })).toBe('origin_not_allowed')
  })

  it('while too few witnesses answer, with the time after which to ask again', async () => {
    test.backend.refusal = { ok: false, code: 'not_ready', detail: 'try again shortly' }
    const answer = await test.server.app.inject({
      method: 'POST',
      url: '/api/v1/credits/transfer',
      headers: { host: TEST_HOST, 'x-api-key': TEST_KEY },
      body: { to, amount: '1' },
    })
    expect(answer.json()).toMatchObject({ code: 'not_ready', status: 503 })
    expect(answer.headers['retry-after']).toBe('1')
    for (const route of ['submitJob', 'transferCredits', 'mintCredits'] as const) {
      expect(ENDPOINTS[route].errors).toContain('not_ready')
    }
  })

  it('while the account is forked, also where a job would be paid from it', async () => {
    test.backend.refusal = { ok: false, code: 'account_forked', detail: 'resolve it first' }
    const forked = { code: 'account_forked', status: 409 }
    await expect(test.client.submitJob({ body: { prompt: 'x' } })).rejects.toMatchObject(forked)
    await expect(test.client.transferCredits({ body: { to, amount: '1' } }, WITH_KEY)).rejects.toMatchObject(
      forked,
    )
    for (const route of [
      'submitJob',
      'transferCredits',
      'mintCredits',
      'rewardCredits',
      'spendCredits',
    ] as const) {
      expect(ENDPOINTS[route].errors, route).toContain('account_forked')
    }
  })

  it('without the key, also where the credits go to the treasury', async () => {
    await expect(test.client.spendCredits({ body: { amount: '1' } })).rejects.toMatchObject({
      code: 'api_key_missing',
      status: 401,
    })
    expect(test.backend.commands).toEqual([])
  })

  it('without the authority', async () => {
    expect(await refusalOf('credits/reward', { to, amount: '1' })).toBe('not_the_treasury')
    test.backend.refusal = { ok: false, code: 'not_a_minter', detail: 'the charter names other minters' }
    await expect(test.client.mintCredits({ body: { to, amount: '1' } }, WITH_KEY)).rejects.toMatchObject({
      code: 'not_a_minter',
      status: 403,
    })
  })
})

describe('an operation that is carried out', () => {
  it('goes to the mind as it was asked, and the largest of everything goes', async () => {
    const body = { to, amount: '9223372036854.775807', memo: 'ä'.repeat(70) }
    expect(await test.client.transferCredits({ body }, WITH_KEY)).toMatchObject({
      status: 'certified',
      type: 'spend',
      from: payer,
      ...body,
    })
    await test.client.spendCredits({ body: { amount: '0.01' } }, WITH_KEY)
    expect(test.backend.commands).toEqual([
      { type: 'transfer', to, amount: 2n ** 63n - 1n, memo: body.memo },
      { type: 'transfer', to: second, amount: 10_000n, memo: '' },
    ])
  })

  it('is accepted before it is certified, and answered when it is, if the caller waits', async () => {
    const { ledger } = test.backend
    ledger.certifies = false
    const early = await test.client.transferCredits({ body: { to: third, amount: '1' } }, WITH_KEY)
    expect(early.status).toBe('accepted')
    await expect(test.client.getEntry({ params: { id: early.entry_id } })).rejects.toMatchObject({
      code: 'entry_not_found',
    })
    const { subscribe } = test.backend
    test.backend.subscribe = (listener) => {
      const stop = subscribe(listener)
      // Once the request waits, its entry is certified.
      queueMicrotask(() => {
        for (const entry of ledger.waiting.keys()) if (entry !== early.entry_id) ledger.certify(entry)
        test.backend.notify(null)
      })
      return stop
    }
    const query = { wait_ms: 30_000 }
    const late = test.client.transferCredits({ query, body: { to: third, amount: '2' } }, WITH_KEY)
    expect((await late).status).toBe('certified')
    expect((await test.client.getEntry({ params: { id: (await late).entry_id } })).verified).toBe(true)
  })

  it('is listed by account and type, page by page', async () => {
    for (const amount of ['1', '2', '3']) {
      await test.client.transferCredits({ body: { to: third, amount } }, WITH_KEY)
    }
    await test.client.mintCredits({ body: { to: payer, amount: '9' } }, WITH_KEY)
    const first = await test.client.listTransactions({ query: { account: third, limit: 2 } })
    expect(first.items.map(({ amount, type }) => [amount, type])).toEqual([
      ['3', 'transfer'],
      ['2', 'transfer'],
    ])
    const rest = await test.client.listTransactions({
      query: { account: third, limit: 2, cursor: first.next_cursor ?? '' },
    })
    expect(rest).toMatchObject({ items: [{ amount: '1' }], next_cursor: null })
    const mints = await test.client.listTransactions({ query: { type: 'mint' } })
    expect(mints.items).toMatchObject([{ from: null, to: payer, amount: '9', job_id: null, step: null }])
  })
})

describe('a question that is refused', () => {
  it.each([
    ['credits/transactions/list?limit=0', 'out_of_range'],
    ['credits/transactions/list?limit=101', 'out_of_range'],
    ['credits/transactions/list?type=gift', 'out_of_range'],
    ['credits/transactions/list?account=me', 'out_of_range'],
    [`credits/transactions/list?account=12D3Koo${'z'.repeat(45)}`, 'out_of_range'],
    ['credits/transactions/list?job=7', 'out_of_range'],
    ['credits/transactions/list?cursor=x', 'cursor_invalid'],
    ['credits/transactions/list?since=1', 'unknown_field'],
    [`p2p/entries/${'0'.repeat(64)}`, 'entry_not_found'],
    ['p2p/entries/zzz', 'entry_not_found'],
  ])('%s: %s', async (url, code) => {
    const answer = await test.server.app.inject({ url: `/api/v1/${url}`, headers: { host: TEST_HOST } })
    expect(answer.json()).toMatchObject({ code })
  })
})

describe('an envelope', () => {
  it.each([
    ['none', {}, 'missing_field'],
    ['empty', { envelope: '' }, 'out_of_range'],
    ['not base64', { envelope: 'a*==' }, 'out_of_range'],
    ['of another alphabet', { envelope: 'a-_=' }, 'out_of_range'],
    ['cut short', { envelope: 'abc' }, 'out_of_range'],
    ['with more beside it', { envelope: 'AAAA', from: payer }, 'unknown_field'],
    ['too long', { envelope: 'A'.repeat(87_388) }, 'out_of_range'],
    ['far too long', { envelope: 'A'.repeat(200_000) }, 'body_too_large'],
  ])('%s is refused', async (_what, body, code) => {
    for (const url of ['p2p/gossip', 'p2p/peers/register', `p2p/peers/${second}/heartbeat`]) {
      expect(await refusalOf(url, body)).toBe(code)
    }
  })

  it('is refused under the id of another peer', async () => {
    expect(await refusalOf(`p2p/peers/${third}/heartbeat`, { envelope: envelopeOf(second) })).toBe(
      'signer_mismatch',
    )
    expect(await refusalOf('p2p/peers/me/heartbeat', { envelope: envelopeOf(second) })).toBe('peer_not_found')
  })

  it('goes to intake as it came, under its topic, and its verdict comes back', async () => {
    const envelope = envelopeOf(second, { kind: 'announce' })
    test.backend.ruling = { verdict: 'ignore', code: 'busy' }
    expect(await test.client.injectGossip({ body: { envelope } })).toEqual({
      verdict: 'IGNORE',
      code: 'busy',
    })
    expect(test.backend.injected).toEqual([
      { frame: new Uint8Array(Buffer.from(envelope, 'base64')), from: second, via: 'ledger' },
    ])
  })
})
