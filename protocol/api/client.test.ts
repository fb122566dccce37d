import { describe, expect, it } from 'vitest'
import { createClient, type FetchInit } from './client.ts'
import { checkResponse } from './response-check.ts'

function clientThatGets(status: number, body: string) {
  const calls: { url: string; init: FetchInit<string> }[] = []
  const client = createClient<string>({
    baseUrl: 'http://peer',
    check: checkResponse,
    fetch(url, init) {
      calls.push({ url, init })
      return Promise.resolve({ ok: status < 400, status, text: () => Promise.resolve(body) })
    },
  })
  return { client, calls }
}

describe('the client', () => {
  it('fills paths without leaving its place in them', async () => {
    const { client, calls } = clientThatGets(404, '{}')
    await expect(client.getJob({ params: { id: '../../x?y#z' } })).rejects.toThrow('bad_response')
    expect(calls[0]?.url).toBe('http://peer/api/v1/jobs/..%2F..%2Fx%3Fy%23z')
  })

  it('sends query, body and signal', async () => {
    const { client, calls } = clientThatGets(200, '{"items":[],"next_cursor":null}')
    await client.listJobs({ query: { limit: 5, cursor: 'a&b' } }, { signal: 'stop' })
    expect(calls[0]).toMatchObject({
      url: 'http://peer/api/v1/jobs?limit=5&cursor=a%26b',
      init: { method: 'GET', signal: 'stop' },
    })
    await expect(client.submitJob({ body: { prompt: 'x' } })).rejects.toThrow('bad_response')
    expect(calls[1]?.init).toMatchObject({ method: 'POST', body: '{"prompt":"x"}' })
  })

  it('throws the problem that the server states', async () => {
    const problem = { code: 'model_unknown', detail: 'no node offers x', request_id: 'r1' }
    const { client } = clientThatGets(422, JSON.stringify(problem))
    await expect(client.getStats()).rejects.toMatchObject({
      name: 'ApiError',
      status: 422,
      code: 'model_unknown',
      detail: 'no node offers x',
      requestId: 'r1',
    })
  })

  it.each([
    [200, 'not JSON'],
    [200, '{"status":"ok"}'],
    [502, '<html>'],
    [500, 'null'],
    [500, '[]'],
  ])('calls %s with %s a bad response', async (status, body) => {
    const { client } = clientThatGets(status, body)
    await expect(client.getHealth()).rejects.toMatchObject({ code: 'bad_response', status })
  })

  it('names sockets', () => {
    const { client } = clientThatGets(200, '')
    expect(client.socketUrl('watchJob', { id: 'a/b' })).toBe('ws://peer/ws/jobs/a%2Fb')
  })

  it('takes the platform fetch as it is', () => {
    expect(
      createClient({ fetch: (url, init: FetchInit<AbortSignal>) => fetch(url, init), baseUrl: '' }),
    ).toBeDefined()
    expect(createClient({ fetch, baseUrl: '' }).getJob).toBeTypeOf('function')
  })
})
