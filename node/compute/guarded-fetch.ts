import { ProviderFault, generationFailure } from './provider.ts'

/**
 * The last line of an Ollama generation repeats its context as numbers: some 7 bytes for each of 500,000 tokens. An
 * event of a server's stream has one piece of an answer, and some twice as much around it.
 */
const LINE_LENGTH_MAX = 4 * 1024 * 1024
/** A list of models: some 500 bytes each, and nobody keeps thousands. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
/** Enough of an error page to find its one-line message in it. */
const ERROR_BYTES_MAX = 4 * 1024
const DETAIL_LENGTH_MAX = 200

export interface GuardedFetchOptions {
  /** How this machine's log names the server. */
  readonly server: string
  readonly signal: AbortSignal
  /** Whether the body is one JSON document, one to a line, or events. */
  readonly format: 'document' | 'lines' | 'events'
  /** Whether an error answer, whose first KiB are given, says that the server doesn't have the model. */
  readonly lacksModel: (status: number, body: string) => boolean
}

/**
 * A `fetch` for model servers, closing what their clients leave open: the signal reaches every request from its first
 * byte, error statuses and unreachable servers become `ProviderFault`s, a redirect can't carry a prompt elsewhere,
 * lines and documents are bounded, and of `lines` one that isn't JSON is an error (Ollama's client would print it, which
 * leaks an answer, and go on without it).
 */
export function createGuardedFetch(options: GuardedFetchOptions): typeof fetch {
  const { signal, format, server } = options
  return async (input, init) => {
    const signals = init?.signal ? [signal, init.signal] : [signal]
    const guarded = { ...init, redirect: 'error', signal: AbortSignal.any(signals) } as const
    const response = await fetched(server, input, guarded)
    if (!response.ok) throw new ProviderFault(await failureOf(response, options))
    return new Response(response.body?.pipeThrough(guardFor(format, server)) ?? null, {
      headers: response.headers,
    })
  }
}

function guardFor(format: GuardedFetchOptions['format'], server: string): Guard {
  if (format === 'document') return createSizeGuard(server)
  return format === 'lines' ? createLineGuard(server) : createEventGuard(server)
}

type Guard = TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>

async function fetched(server: string, ...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    return await fetch(...request)
  } catch (error) {
    if (request[1]?.signal?.aborted) throw error
    const detail = `No ${server} server answers at this address (${causeCode(error)}).`
    throw new ProviderFault(generationFailure('provider_unreachable', detail))
  }
}

function causeCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'no code'
}

async function failureOf(response: Response, { server, lacksModel }: GuardedFetchOptions) {
  const body = await startOf(response)
  if (lacksModel(response.status, body))
    return generationFailure('model_unknown', `The ${server} server does not have this model.`)
  const detail = `${server} answered with status ${response.status}: ${messageIn(body)}`
  return generationFailure('provider_error', detail, response.status >= 500 || response.status === 429)
}

async function startOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= ERROR_BYTES_MAX) break
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, ERROR_BYTES_MAX)
}

/** `{"error": "text"}` as Ollama has it, or `{"error": {"message": "text"}}`. */
function messageIn(body: string): string {
  const message = /"(?:error|message)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]
  return (message ?? 'no message').slice(0, DETAIL_LENGTH_MAX)
}

function createSizeGuard(server: string): Guard {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length
      if (size > DOCUMENT_BYTES_MAX) throw malformed(server, 'a document that is too large')
      controller.enqueue(chunk)
    },
  })
}

/** Lets complete lines of JSON through and nothing else; characters split between chunks are put together. */
function createLineGuard(server: string): Guard {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LINE_LENGTH_MAX) throw malformed(server, 'a line that is too long')
      const whole = lines.filter((line) => line.trim() !== '')
      for (const line of whole) requireJson(server, line)
      if (whole.length > 0) controller.enqueue(encoder.encode(`${whole.join('\n')}\n`))
    },
    flush(controller) {
      rest += decoder.decode()
      if (rest.trim() === '') return
      requireJson(server, rest)
      controller.enqueue(encoder.encode(`${rest}\n`))
    },
  })
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Bounds what a reader of events has to keep: an event ends with an empty line, so two line ends in a row. */
function createEventGuard(server: string): Guard {
  let size = 0
  let isLineEmpty = true
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        size += 1
        if (size > LINE_LENGTH_MAX) throw malformed(server, 'an event that is too long')
        if (byte === CARRIAGE_RETURN) continue
        if (byte === LINE_FEED && isLineEmpty) size = 0
        isLineEmpty = byte === LINE_FEED
      }
      controller.enqueue(chunk)
    },
  })
}

function requireJson(server: string, line: string): void {
  try {
    JSON.parse(line)
  } catch {
    throw malformed(server, 'a line that is not JSON')
  }
}

function malformed(server: string, what: string): ProviderFault {
  return new ProviderFault(generationFailure('provider_error', `${server} sent ${what}.`))
}
