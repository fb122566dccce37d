import { type ApiClient, ApiError, createClient } from '../../protocol/api/client.ts'
import { EXIT } from './exit-codes.ts'
import type { KeySource } from './given-key.ts'
import { CommandError } from './output.ts'

export const API_DEFAULT = 'http://127.0.0.1:8000'
/** Every answer comes from memory or one file, or was asked to wait for 30 s at most; a peer that needs longer hangs. */
export const CALL_TIMEOUT_MS = 45_000

export interface PeerClient extends ApiClient<AbortSignal> {
  /** Where the peer's API and page are. */
  readonly url: string
}

/** Flags that every verb that talks to a peer has. */
export interface ApiFlags extends KeySource {
  readonly api?: string
  /** Data folder of the peer. */
  readonly data?: string
  readonly json?: boolean
}

/** Failures of a connection that was never made. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** No answer came, or only a part of one. */
export class NoAnswerError extends CommandError {
  /** Whether the peer may have got the request, and done what it asks for. */
  readonly maybeDone: boolean

  /** `cause`: why the connection failed. */
  constructor(base: string, { cause }: { readonly cause: unknown }) {
    super(
      `No peer answers at ${base}. Start one with "hyperlooms up" or "npm start", or name another with --api.`,
      EXIT.unavailable,
      { cause },
    )
    this.maybeDone = !(cause instanceof Error && 'code' in cause && NEVER_SENT.has(cause.code))
  }
}

/** Whether a peer that answered before has ended, or is about to: a server that stops takes no more requests. */
export function isGone(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ApiError && error.status === 503)
}

/** A client of the peer at `baseUrl`; a call fails with `ApiError`, or with `CommandError` when nobody answers. */
export function connect(baseUrl: string, apiKey?: string): PeerClient {
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    throw new CommandError(`"${baseUrl}" is not an address such as ${API_DEFAULT}`, EXIT.usage)
  }
  const base = baseUrl.replace(/\/+$/, '')
  const client = createClient<AbortSignal>({
    baseUrl: base,
    async fetch(url, init) {
      const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS)
      const signal = init.signal === undefined ? timeout : AbortSignal.any([init.signal, timeout])
      try {
        const headers = apiKey === undefined ? init.headers : { ...init.headers, 'x-api-key': apiKey }
        // A peer never redirects, and whoever answers in its place must not send the key on to another address.
        const response = await fetch(url, { ...init, headers, signal, redirect: 'error' })
        const body = await response.text()
        return { ok: response.ok, status: response.status, text: () => Promise.resolve(body) }
      } catch (error) {
        if (init.signal?.aborted === true) throw error
        throw new NoAnswerError(base, { cause: error instanceof Error ? error.cause : undefined })
      }
    },
  })
  return { ...client, url: base }
}
