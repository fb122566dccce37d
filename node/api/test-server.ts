import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { type ApiClient, createClient, type FetchLike } from '../../protocol/api/client.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
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
    const response = await server.app.inject({
      method: method === 'POST' || method === 'DELETE' ? method : 'GET',
      url,
      headers: { ...headers, host: TEST_HOST },
      ...(body === undefined ? {} : { body }),
    })
    const { statusCode: status } = response
    return { ok: status < 400, status, text: () => Promise.resolve(response.body) }
  }
}

interface SocketAnswer {
  readonly status: number
  readonly body: string
}

export interface SocketRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The control socket of a server, in a folder of its own. */
export interface TestSocket {
  readonly path: string
  call(request: SocketRequest): Promise<SocketAnswer>
  readonly client: ApiClient<never>
  remove(): Promise<void>
}

export async function openTestSocket(server: ApiServer): Promise<TestSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperlooms-api-'))
  const socketPath = join(folder, 's')
  await server.listenControl(socketPath)
  const call = (one: SocketRequest) => callSocket(socketPath, one)
  const fetch: FetchLike<never> = async (url, { method, headers, body }) => {
    const answer = await call({ method, path: url, headers, ...(body === undefined ? {} : { body }) })
    return { ok: answer.status < 400, status: answer.status, text: () => Promise.resolve(answer.body) }
  }
  const client = createClient({ fetch, baseUrl: '', check: checkResponse })
  return { path: socketPath, call, client, remove: () => rm(folder, { recursive: true }) }
}

async function callSocket(socketPath: string, { body, ...rest }: SocketRequest): Promise<SocketAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>()
  const sent = request({ socketPath, ...rest }, (response) => {
    const status = response.statusCode ?? 0
    text(response).then((answer) => resolve({ status, body: answer }), reject)
  })
  sent.once('error', reject)
  sent.end(body)
  return promise
}

/** A peer that its owner commands over the control socket. */
export interface Machine extends TestServer {
  /** As the commands of the account that owns the peer. */
  readonly owner: TestSocket['client']
}

/** For one test file: machines of whoever holds a key, and the end of all that were made. */
export class Machines {
  readonly #closing: (() => Promise<void>)[] = []

  async open(signer: Signer, charter: Partial<Charter>): Promise<Machine> {
    const test = await startTestServer({}, charter)
    const socket = await openTestSocket(test.server)
    this.#closing.push(async () => {
      await socket.remove()
      await test.server.close()
    })
    const secretOf = (salt: Uint8Array) => signer.sign(salt).slice(0, 32)
    Object.assign(test.backend, { swarm: { ...test.backend.swarm, signers: [signer], secretOf } })
    return { ...test, owner: socket.client }
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()))
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
