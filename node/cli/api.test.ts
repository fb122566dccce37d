import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { type MoveFlags, runMove } from './move.ts'
import { explainError } from './output.ts'

beforeEach(() => void vi.stubEnv('HYPERLOOMS_API_KEY', 'hlk_x'))
afterEach(() => void vi.unstubAllEnvs())

/** A server that answers so until the test is over. */
async function listen(answer: RequestListener) {
  const server = createServer(answer)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

async function serve(answer: RequestListener): Promise<string> {
  return (await listen(answer)).url
}

function move(flags: Pick<MoveFlags, 'api' | 'idempotencyKey'>) {
  const all = { wait: 0, ...flags }
  return runMove(all, (client, { query, options }) =>
    client.transferCredits({ query, body: { to: 'somebody', amount: '1' } }, options),
  ).then(() => undefined, explainError)
}

function problem(status: number, code: string): RequestListener {
  return (_request, response) =>
    void response.writeHead(status).end(JSON.stringify({ code, status, detail: 'why' }))
}

const LOST: readonly [string, RequestListener][] = [
  ['a peer that waits for earlier operations', problem(504, 'outcome_unknown')],
  ['a peer that fails', problem(500, 'internal')],
  ['a connection that drops', (request) => void request.socket.destroy()],
  [
    'an answer that breaks off',
    (request, response) => {
      response.writeHead(202, { 'content-length': '100' })
      response.write('{', () => request.socket.destroy())
    },
  ],
  ['an answer that is none', (_request, response) => void response.end('<html>')],
]

describe('a move without an answer', () => {
  it.each(LOST)('of %s says that its outcome is unknown and how to repeat it', async (_what, answer) => {
    const sent: unknown[] = []
    const api = await serve((request, response) => {
      sent.push(request.headers['idempotency-key'])
      answer(request, response)
    })
    const told = await move({ api })
    expect(told?.exitCode).toBe(EXIT.outcomeUnknown)
    expect(told?.message).toMatch(/repeat with --idempotency-key [0-9a-f-]{36}$/)
    expect(sent).toEqual([told?.message.split(' ').at(-1)])
    const again = await move({ api, idempotencyKey: 'rent' })
    expect(again?.message).toMatch(/repeat with --idempotency-key rent$/)
  })

  it.each([
    [503, 'queue_full', EXIT.unavailable],
    [503, 'not_ready', EXIT.unavailable],
    [402, 'insufficient_credit', EXIT.usage],
  ])('is none where it was refused: %i %s', async (status, code, exitCode) => {
    expect(await move({ api: await serve(problem(status, code)) })).toMatchObject({ exitCode })
  })

  it('was never asked for where nobody listens', async () => {
    const { server, url } = await listen(() => undefined)
    await new Promise((resolve) => server.close(resolve))
    expect(await move({ api: url })).toMatchObject({ exitCode: EXIT.unavailable })
  })
})

describe('the client of the commands', () => {
  it('follows no redirect, which would show the API key to another address', async () => {
    const shown: unknown[] = []
    const other = await serve(({ headers }, response) => {
      shown.push(headers['x-api-key'])
      response.end('{}')
    })
    const first = await serve((_request, response) => {
      response.writeHead(307, { location: `${other}/api/v1/peer/self` }).end()
    })
    await expect(connect(first, 'hlk_secret').getSelf()).rejects.toMatchObject({ exitCode: EXIT.unavailable })
    expect(shown).toEqual([])
  })
})
