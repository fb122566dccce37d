import { pino } from 'pino'
import { type ApiClient, createClient, type FetchLike } from '../../protocol/api/client.ts'
import { checkResponse } from '../../protocol/api/response-check.ts'
import { createMemoryBackend, type MemoryBackend } from './memory-backend.ts'
import { type ApiServer, type ApiServerOptions, createApiServer } from './server.ts'

/** What the tests of this room stand on: a real server over plain data, called in-process. */
export interface TestServer {
  readonly server: ApiServer
  readonly backend: MemoryBackend
  readonly client: ApiClient<never>
  /** Everything that was logged, as one text. */
  logged(): string
}

export const TEST_HOST = 'localhost:8000'

function inProcess(server: ApiServer): FetchLike<never> {
  return async (url, { method, headers, body }) => {
    const verb = method === 'POST' ? 'POST' : 'GET'
    const response = await server.app.inject({
      method: verb,
      url,
      headers: { ...headers, host: TEST_HOST },
      ...(body === undefined ? {} : { body }),
    })
    const { statusCode: status } = response
    return { ok: status < 400, status, text: () => Promise.resolve(response.body) }
  }
}

export async function startTestServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const backend = createMemoryBackend()
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const server = await createApiServer({
    backend,
    host: '127.0.0.1',
    port: 8_000,
    version: '0.1.0',
    logger,
    ...options,
  })
  const client = createClient({ fetch: inProcess(server), baseUrl: '', check: checkResponse })
  return { server, backend, client, logged: () => lines.join('') }
}
