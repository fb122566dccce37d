import { type ApiClient, createClient } from '../../protocol/api/client.ts'
import { EXIT } from './exit-codes.ts'
import type { KeySource } from './given-key.ts'
import { CommandError } from './output.ts'

export const API_DEFAULT = 'http://127.0.0.1:8000'
/** Every answer comes from memory or one file, or was asked to wait for 30 s at most; a peer that needs longer hangs. */
const CALL_TIMEOUT_MS = 45_000

export type PeerClient = ApiClient<AbortSignal>

/** Flags that every verb that talks to a peer has. */
export interface ApiFlags {
  readonly api: string
  readonly json?: boolean
}

/** Flags of the verbs that move credits. */
export interface KeyFlags extends ApiFlags, KeySource {
  /** Data folder of the peer. */
  readonly data?: string
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

  constructor(base: string, error: unknown) {
    super(
      `No peer answers at ${base}. Start one with "hyperlooms up" or "npm start", or name another with --api.`,
      EXIT.unavailable,
    )
    const cause = error instanceof Error ? error.cause : undefined
    this.maybeDone = !(cause instanceof Error && 'code' in cause && NEVER_SENT.has(cause.code))
  }
}

/** A client of the peer at `baseUrl`; a call fails with `ApiError`, or with `CommandError` when nobody answers. */
export function connect(baseUrl: string, apiKey?: string): PeerClient {
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    throw new CommandError(`"${baseUrl}" is not an address such as ${API_DEFAULT}`, EXIT.usage)
  }
  const base = baseUrl.replace(/\/+$/, '')
  return createClient<AbortSignal>({
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
        throw new NoAnswerError(base, error)
      }
    },
  })
}
