import { describe, expect, it } from 'vitest'
import { createApiKeys, digestOfKey } from './api-keys.ts'
import { SERVER_LIMITS } from './limits.ts'
import { startTestServer, TEST_HOST, TEST_KEY } from './test-server.ts'

const KEY = 'hlk_right'

function build(clock = { ms: 0 }) {
  return { keys: createApiKeys([digestOfKey('hlk_other'), digestOfKey(KEY)], () => clock.ms), clock }
}

describe('API keys', () => {
  it.each([
    ['', 'invalid'],
    [`${KEY} `, 'invalid'],
    [KEY.slice(0, -1), 'invalid'],
    ['x'.repeat(SERVER_LIMITS.keyCharacters + 1), 'invalid'],
    [digestOfKey(KEY), 'invalid'],
    [KEY, 'valid'],
    ['hlk_other', 'valid'],
  ])('"%s" is %s', (key, verdict) => {
    expect(build().keys.check('192.0.2.1', key)).toBe(verdict)
  })

  it('open nothing where none is known', () => {
    expect(createApiKeys([], () => 0).check('192.0.2.1', KEY)).toBe('invalid')
  })

  it('are answered as too many for an address that guesses until its minute is over, but never the right one', () => {
    const { keys, clock } = build()
    const verdicts = Array.from({ length: 10_000 }, (_, at) => keys.check('192.0.2.1', `hlk_${at}`))
    expect(verdicts.filter((verdict) => verdict === 'invalid')).toHaveLength(
      SERVER_LIMITS.keyFailuresPerMinute,
    )
    expect(keys.check('192.0.2.1', KEY)).toBe('valid')
    expect(keys.check('192.0.2.1', 'hlk_no')).toBe('locked')
    expect(keys.check('192.0.2.2', 'hlk_no')).toBe('invalid')
    clock.ms = 60_000
    expect(keys.check('192.0.2.1', 'hlk_no')).toBe('invalid')
  })

  it('forget the oldest guesser when too many addresses guess', () => {
    const { keys } = build()
    for (let at = 0; at < SERVER_LIMITS.keyFailuresPerMinute; at += 1) keys.check('192.0.2.1', 'hlk_no')
    for (let at = 0; at < SERVER_LIMITS.keyFailureAddresses - 1; at += 1) keys.check(`a${at}`, 'hlk_no')
    expect(keys.check('192.0.2.1', 'hlk_no')).toBe('locked')
    keys.check('one more', 'hlk_no')
    expect(keys.check('192.0.2.1', 'hlk_no')).toBe('invalid')
  })
})

describe('a server with a key', () => {
  it('lets 10,000 guesses get nowhere, and logs none of them', async () => {
    const { server, logged } = await startTestServer()
    const call = (key: string) =>
      server.app.inject({
        url: '/api/v1/jobs',
        remoteAddress: '192.0.2.1',
        headers: { host: TEST_HOST, 'x-api-key': key },
      })
    const codes = new Map<string, number>()
    for (let at = 0; at < 10_000; at += 1) {
      const { code }: { code: string } = (await call(`hlk_guess_${at}`)).json()
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect(codes.get('api_key_invalid')).toBe(SERVER_LIMITS.keyFailuresPerMinute)
    expect([...codes.keys()].sort()).toEqual(['api_key_attempts', 'api_key_invalid', 'rate_limited'])
    const limited = await call('hlk_no')
    expect(limited.statusCode).toBe(429)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect(logged()).not.toContain('hlk_')
    await server.close()
  })

  it('lets its owner in while another program of the same machine guesses', async () => {
    const { server } = await startTestServer()
    const health = (key: string) =>
      server.app.inject({ url: '/healthz', headers: { host: TEST_HOST, 'x-api-key': key } })
    for (let at = 0; at < SERVER_LIMITS.keyFailuresPerMinute; at += 1) await health('hlk_no')
    const locked = await health('hlk_no')
    expect(locked.json()).toMatchObject({ code: 'api_key_attempts', status: 429 })
    expect(locked.headers['retry-after']).toBe('60')
    expect((await health(TEST_KEY)).statusCode).toBe(200)
    await server.close()
  })

  it('refuses a wrong key where none is needed, and a right one gives no foreign page a way in', async () => {
    const { server } = await startTestServer()
    const health = (headers: Record<string, string>) =>
      server.app.inject({ url: '/healthz', headers: { host: TEST_HOST, ...headers } })
    expect((await health({ 'x-api-key': 'hlk_no' })).json()).toMatchObject({ code: 'api_key_invalid' })
    const foreign = { 'x-api-key': TEST_KEY, origin: 'http://evil.example' }
    expect((await health(foreign)).json()).toMatchObject({ code: 'origin_not_allowed' })
    expect((await health({ 'x-api-key': TEST_KEY, host: 'evil.example' })).json()).toMatchObject({
      code: 'host_not_allowed',
    })
    // Neither the query nor a bearer token is a place for it.
    const url = `/api/v1/credits/transfer?api_key=${TEST_KEY}`
    const answer = await server.app.inject({
      method: 'POST',
      url,
      headers: { host: TEST_HOST, authorization: `Bearer ${TEST_KEY}` },
      body: {},
    })
    expect(answer.json()).toMatchObject({ code: 'api_key_missing' })
    expect(answer.headers['www-authenticate']).toBe('X-API-Key')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    await server.close()
  })
})
