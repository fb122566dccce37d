import { expect, it } from 'vitest'
import { second } from './sample-swarm.ts'
import { startTestServer, TEST_KEY } from './test-server.ts'

/** A listening server, and a request to it that is held open. */
async function build() {
  const test = await startTestServer({ port: 0 })
  const url = await test.server.listen()
  const post = (path: string, body: object) =>
    fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
      body: JSON.stringify(body),
    })
  return { ...test, post }
}

it('a request that waits for its certificate is answered `accepted` when the server stops', async () => {
  const { server, backend, post } = await build()
  backend.ledger.certifies = false
  const held = Promise.withResolvers<void>()
  const { subscribe } = backend
  backend.subscribe = (listener) => {
    held.resolve()
    return subscribe(listener)
  }
  const answer = post('/api/v1/credits/transfer?wait_ms=30000', { to: second, amount: '1' })
  await held.promise
  await server.close()
  const response = await answer
  expect(response.status).toBe(202)
  expect(await response.json()).toMatchObject({ status: 'accepted', amount: '1' })
})

it.each([
  ['/api/v1/credits/transfer', { to: second, amount: '1' }],
  ['/api/v1/jobs', { prompt: 'What is 12 * 7?' }],
])('a request to %s that the mind has not answered is told so when the server stops', async (path, body) => {
  const { server, backend, post } = await build()
  const held = Promise.withResolvers<void>()
  backend.command = () => {
    held.resolve()
    return new Promise(() => undefined)
  }
  const answer = post(path, body)
  await held.promise
  await server.close()
  const response = await answer
  expect(response.status).toBe(504)
  expect(await response.json()).toMatchObject({ code: 'outcome_unknown' })
})
