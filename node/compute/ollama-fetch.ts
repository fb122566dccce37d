import { ProviderFault, generationFailure } from './provider.ts'

/** The last line of a generation repeats its context as numbers: some 7 bytes for each of 500,000 tokens. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024
/** A list of models: some 500 bytes each, and nobody keeps thousands. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
/** Enough of an error page to find Ollama's one-line message in it. */
const ERROR_BYTES_MAX = 4 * 1024
const DETAIL_LENGTH_MAX = 200

export interface GuardedFetchOptions {
  readonly signal: AbortSignal
  /** Whether the body is one JSON document, or one to a line. */
  readonly format: 'document' | 'lines'
}

/**
 * The `fetch` given to the ollama client, closing what the client leaves open: the signal reaches every request
 * from its first byte, error statuses and unreachable servers become `ProviderFault`s, a redirect can't carry a
 * prompt elsewhere, lines and documents are bounded, and a line that isn't JSON is an error (the client would
 * print it, which leaks an answer, and go on without it).
 */
export function createGuardedFetch({ signal, format }: GuardedFetchOptions): typeof fetch {
  return async (input, init) => {
    const signals = init?.signal ? [signal, init.signal] : [signal]
    const response = await fetched(input, { ...init, redirect: 'error', signal: AbortSignal.any(signals) })
    if (!response.ok) throw new ProviderFault(await failureOf(response))
    const guard = format === 'lines' ? createLineGuard() : createSizeGuard()
    return new Response(response.body?.pipeThrough(guard) ?? null, { headers: response.headers })
  }
}

async function fetched(...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    return await fetch(...request)
  } catch (error) {
    if (request[1]?.signal?.aborted) throw error
    const detail = `No Ollama server answers at this address (${causeCode(error)}).`
    throw new ProviderFault(generationFailure('provider_unreachable', detail))
  }
}

function causeCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'no code'
}

async function failureOf(response: Response) {
  const message = messageIn(await startOf(response))
  if (response.status === 404 && /model.*not found/i.test(message)) {
    return generationFailure('model_unknown', 'The Ollama server does not have this model.')
  }
  const detail = `Ollama answered with status ${response.status}: ${message}`
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
  return Buffer.concat(chunks).toString('utf8')
}

function messageIn(body: string): string {
  const message = /^\s*\{\s*"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body.slice(0, ERROR_BYTES_MAX))?.[1]
  return (message ?? 'no message').slice(0, DETAIL_LENGTH_MAX)
}

function createSizeGuard(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length
      if (size > DOCUMENT_BYTES_MAX) throw malformed('a document that is too large')
      controller.enqueue(chunk)
    },
  })
}

/** Lets complete lines of JSON through and nothing else; characters split between chunks are put together. */
function createLineGuard(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LINE_LENGTH_MAX) throw malformed('a line that is too long')
      const whole = lines.filter((line) => line.trim() !== '')
      for (const line of whole) requireJson(line)
      if (whole.length > 0) controller.enqueue(encoder.encode(`${whole.join('\n')}\n`))
    },
    flush(controller) {
      rest += decoder.decode()
      if (rest.trim() === '') return
      requireJson(rest)
      controller.enqueue(encoder.encode(`${rest}\n`))
    },
  })
}

function requireJson(line: string): void {
  try {
    JSON.parse(line)
  } catch {
    throw malformed('a line that is not JSON')
  }
}

function malformed(what: string): ProviderFault {
  return new ProviderFault(generationFailure('provider_error', `Ollama sent ${what}.`))
}
