import { pino } from 'pino'
import { type ApiClient, createClient, type FetchLike } from '../../protocol/api/client.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { checkResponse } from '../../protocol/api/response-check.ts'
import { digestOfKey } from './api-keys.ts'
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
/** The one key that the server knows. */
export const TEST_KEY = 'hlk_of-the-tests'
export const WITH_KEY = { headers: { 'x-api-key': TEST_KEY } } as const

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

export async function startTestServer(
  options: Partial<ApiServerOptions> = {},
  charter: Partial<Charter> = {},
): Promise<TestServer> {
  const backend = createMemoryBackend(charter)
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const server = await createApiServer({
    backend,
    host: '127.0.0.1',
    port: 8_000,
    version: '0.1.0',
    logger,
    apiKeyDigests: [digestOfKey(TEST_KEY)],
    ...options,
  })
  const client = createClient({ fetch: inProcess(server), baseUrl: '', check: checkResponse })
  return { server, backend, client, logged: () => lines.join('') }
}
