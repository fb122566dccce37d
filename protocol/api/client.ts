import type { Static, TSchema } from 'typebox'
import type { Endpoints } from './endpoints.ts'
import { fillPath, type Route, ROUTES, type RouteName, SOCKETS, type SocketName } from './routes.ts'

/** As much of `fetch` as the client needs; `Signal` is the platform's AbortSignal. */
export interface FetchInit<Signal> {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
  readonly signal?: Signal
}
export interface FetchResponse {
  readonly ok: boolean
  readonly status: number
  text(): Promise<string>
}
export type FetchLike<Signal> = (url: string, init: FetchInit<Signal>) => Promise<FetchResponse>

/** An answer that isn't a success. `code` is stable (`protocol/errors.ts`), or `bad_response` for a foreign answer. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly requestId: string | null

  constructor(problem: { code: string; status: number; detail: string; requestId: string | null }) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'ApiError'
    this.code = problem.code
    this.status = problem.status
    this.detail = problem.detail
    this.requestId = problem.requestId
  }
}

type Part<Name extends 'params' | 'query' | 'body', S> = S extends TSchema
  ? { readonly [K in Name]: Static<S> }
  : object
type OptionalPart<S> = S extends TSchema ? { readonly query?: Static<S> } : object

/** What a call needs: the path's params and the body where there are any, and the query if wanted. */
export type CallInput<N extends RouteName> = Part<'params', Endpoints[N]['params']> &
  OptionalPart<Endpoints[N]['query']> &
  Part<'body', Endpoints[N]['body']>
export type CallOutput<N extends RouteName> = Static<Endpoints[N]['response']>
/** What a route answers with when it is only asked; see `Endpoint.asked`. */
export type AskedOutput<N extends RouteName> = Endpoints[N]['asked'] extends TSchema
  ? Static<Endpoints[N]['asked']>
  : never

/** What a call may have beside its input. */
export interface CallOptions<Signal> {
  readonly signal?: Signal
  /** Further request headers, e.g. `idempotency-key`. */
  readonly headers?: Readonly<Record<string, string>>
}

interface NoInput {
  readonly params?: never
}

type Arguments<N extends RouteName, Signal> =
  NoInput extends CallInput<N>
    ? [input?: CallInput<N>, options?: CallOptions<Signal>]
    : [input: CallInput<N>, options?: CallOptions<Signal>]

export type ApiClient<Signal> = {
  readonly [N in RouteName]: (...args: Arguments<N, Signal>) => Promise<CallOutput<N>>
} & {
  /** What a job would cost and who would be elected: `submitJob`, only asked. */
  priceJob(body: CallInput<'submitJob'>['body']): Promise<AskedOutput<'submitJob'>>
  /** Address of a socket; the base must be absolute. */
  socketUrl(name: SocketName, params?: Readonly<Record<string, string>>): string
}

export interface ClientOptions<Signal> {
  readonly fetch: FetchLike<Signal>
  /** E.g. `http://127.0.0.1:8000`; empty for a page that calls the server it came from. */
  readonly baseUrl: string
  /** Judges a successful answer's shape; without it the server is believed. See `response-check.ts`. */
  readonly check?: (route: RouteName, body: unknown) => boolean
}

interface AnyInput {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: object
}

function queryOf(query: AnyInput['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  if (pairs.length === 0) return ''
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseLines(text: string): unknown {
  const lines = text.split('\n').filter((line) => line !== '')
  const values = lines.map(parse)
  return values.includes(undefined) ? undefined : values
}

function errorOf(status: number, body: unknown): ApiError {
  const problem: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {}
  const { code, detail, request_id: requestId } = problem
  return new ApiError({
    code: typeof code === 'string' ? code : 'bad_response',
    status,
    detail: typeof detail === 'string' ? detail : `the server answered ${status} without saying why`,
    requestId: typeof requestId === 'string' ? requestId : null,
  })
}

/**
 * A method for every route, typed by its schemas. A call resolves with the response's body, and rejects with
 * `ApiError` or with whatever `fetch` rejects with when nothing answers. It never repeats a call by itself.
 */
export function createClient<Signal>(options: ClientOptions<Signal>): ApiClient<Signal> {
  async function call(
    name: RouteName,
    input: AnyInput = {},
    more: CallOptions<Signal> = {},
  ): Promise<unknown> {
    const { method, path, lines }: Route = ROUTES[name]
    const url = `${options.baseUrl}${fillPath(path, input.params ?? {})}${queryOf(input.query)}`
    const hasBody = input.body !== undefined
    const response = await options.fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
        ...more.headers,
      },
      ...(hasBody ? { body: JSON.stringify(input.body) } : {}),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    })
    const text = await response.text()
    const body = lines === true && response.ok ? parseLines(text) : parse(text)
    if (!response.ok) throw errorOf(response.status, body)
    if (body === undefined || options.check?.(name, body) === false) throw errorOf(response.status, undefined)
    return body
  }

  const methods = Object.keys(ROUTES).map((name) => [
    name,
    (input?: AnyInput, more?: CallOptions<Signal>) => call(name as RouteName, input, more),
  ])
  const socketUrl = (name: SocketName, params: Readonly<Record<string, string>> = {}) =>
    options.baseUrl.replace(/^http/, 'ws') + fillPath(SOCKETS[name].path, params)
  // Object.fromEntries can't carry the types; the two tables have the same keys, which `satisfies` holds.
  const priceJob = (body: object) => call('submitJob', { body, query: { dry_run: true } })
  return { ...Object.fromEntries(methods), priceJob, socketUrl } as ApiClient<Signal>
}
