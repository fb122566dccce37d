import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type FetchInit, type FetchResponse, createClient } from '../../protocol/api/client.ts'
import { dataFolder } from '../config/data-folder.ts'
import { findControlSocket } from '../config/control-socket.ts'
import { CALL_TIMEOUT_MS, NoAnswerError, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './output.ts'

/** Nobody listens: the socket is not there, or was left by a process that died. */
const NOBODY: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ENOTSOCK'])
/** The name is not used: the path leads there. */
const BASE = 'http://localhost'

/**
 * A client of the peer that runs on a data folder, over its control socket: with all rights of the account that owns
 * it. undefined where no peer runs. Throws `CommandError` where one does that this account may not rule.
 */
export async function connectControl(folder: string): Promise<PeerClient | undefined> {
  const unless = (error: unknown): undefined => {
    if (NOBODY.has(causeCode(error))) return undefined
    throw isForbidden(error) ? foreign(folder) : error
  }
  const socketPath = await findControlSocket(dataFolder(folder)).catch(unless)
  if (socketPath === undefined) return undefined
  const client = createClient<AbortSignal>({
    baseUrl: BASE,
    fetch: (url, init) => ask({ socketPath, folder }, url, init),
  })
  const first = await client.getNode().catch(unless)
  if (first === undefined) return undefined
  const { api_url: url } = first
  // A WebSocket of this platform knows no unix sockets, and what it shows is shown to programs of this machine.
  const { socketUrl } = createClient<AbortSignal>({
    baseUrl: url,
    fetch: () => Promise.reject(new Error(url)),
  })
  return { ...client, socketUrl, url }
}

async function ask(
  { socketPath, folder }: { readonly socketPath: string; readonly folder: string },
  url: string,
  { method, headers, body, signal }: FetchInit<AbortSignal>,
): Promise<FetchResponse> {
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS)
  const { promise, resolve, reject } = Promise.withResolvers<FetchResponse>()
  const { pathname, search } = new URL(url)
  const asked = request({
    socketPath,
    path: pathname + search,
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  })
  asked.once('error', reject)
  asked.once('response', (response) => {
    const status = response.statusCode ?? 0
    void text(response).then(
      (answer) => resolve({ ok: status < 400, status, text: () => Promise.resolve(answer) }),
      reject,
    )
  })
  asked.end(body)
  try {
    return await promise
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new NoAnswerError(`the control socket of ${folder}`, { cause: error })
  }
}

function causeCode(error: unknown): unknown {
  const cause = error instanceof NoAnswerError ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

function isForbidden(error: unknown): boolean {
  const code = causeCode(error)
  return code === 'EACCES' || code === 'EPERM'
}

function foreign(folder: string): CommandError {
  const message =
    `The data folder ${folder} belongs to another account: run this as that account, or name its peer's API ` +
    'with --api and a key with --api-key.'
  return new CommandError(message, EXIT.unavailable)
}
