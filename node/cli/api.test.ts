import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { connect } from './api.ts'
import { EXIT } from './exit-codes.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

/** Resolves with the address of a server that answers so. */
function serve(answer: RequestListener): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const server = createServer(answer)
  servers.push(server)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
  })
  return promise
}

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
