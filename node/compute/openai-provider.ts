import { EventSourceParserStream } from 'eventsource-parser/stream'
import Type from 'typebox'
import Value from 'typebox/value'
import { digestOfModelName } from '../../protocol/jobs/model-digest.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createAnswerCollector } from './answer-collector.ts'
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
import { ProviderFault, abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationFailure, GenerationOutcome, GenerationRequest, Model, Provider } from './provider.ts'

const Listed = Type.Object({
  id: Type.String({ minLength: 1 }),
  /** llama.cpp's server says how large the weights are. */
  meta: Type.Optional(Type.Object({ size: Type.Optional(Type.Integer({ minimum: 0 })) })),
})
const List = Type.Object({ data: Type.Array(Type.Unknown()) })
const Choice = Type.Object({
  delta: Type.Optional(Type.Object({ content: Type.Optional(Type.Union([Type.String(), Type.Null()])) })),
  finish_reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
const Usage = Type.Object({ completion_tokens: Type.Integer({ minimum: 0 }) })
const Chunk = Type.Object({
  choices: Type.Array(Choice),
  usage: Type.Optional(Type.Union([Usage, Type.Null()])),
})

export interface OpenAiOptions {
  /** What clients call the base URL, with the version in it: `http://127.0.0.1:8080/v1`. */
  readonly url: string
  readonly key?: string
  /** The only models to offer; all that the server lists without it. */
  readonly models?: readonly string[]
}

/**
 * Answers with the models of a server that speaks OpenAI's protocol: llama.cpp's, vLLM, LM Studio, or a hosted one with a
 * key. Such a server states no digest of its weights. What is offered instead names the model by its id alone
 * (`digestOfModelName`): replicas are comparable between peers that serve the same id, and whether these are the same weights
 * nobody can tell. With a key somebody pays, so nothing is offered that wasn't named.
 */
export function createOpenAiProvider(options: OpenAiOptions): Provider {
  return {
    name: 'openai',
    models: (signal) => listModels(options, signal),
    generate: (request) => generate(options, request),
  }
}

async function listModels(options: OpenAiOptions, signal: AbortSignal): Promise<readonly Model[]> {
  try {
    const response = await ask(options, 'models', 'document', signal)
    const list: unknown = await response.json()
    if (!Value.Check(List, list)) throw foreign('a list of models in another form')
    return list.data.flatMap((entry) => modelOf(entry, options) ?? []).slice(0, LIMITS.models)
  } catch (error) {
    throw new ProviderFault(failureOf(error, signal))
  }
}

function modelOf(entry: unknown, { key, models }: OpenAiOptions): Model | undefined {
  if (!Value.Check(Listed, entry) || Buffer.byteLength(entry.id) > LIMITS.modelNameBytes) return undefined
  const isOffered = models === undefined ? key === undefined : models.includes(entry.id)
  if (!isOffered) return undefined
  return { name: entry.id, digest: digestOfModelName(entry.id), warm: true, sizeBytes: entry.meta?.size ?? 0 }
}

/** llama.cpp answers for any name with the model that it has, and so is never asked for another. */
async function generate(options: OpenAiOptions, request: GenerationRequest): Promise<GenerationOutcome> {
  const ended = new AbortController()
  const signal = AbortSignal.any([request.signal, ended.signal])
  const { model, prompt, temperature, seed, maxTokens } = request
  const body = {
    model,
    messages: [{ role: 'user', content: prompt }],
    temperature,
    seed,
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  }
  try {
    const response = await ask(options, 'chat/completions', 'events', signal, body)
    return await collect(response, request)
  } catch (error) {
    return failureOf(error, request.signal)
  } finally {
    // Whatever ended the reading, the server must not go on generating.
    ended.abort()
  }
}

function ask(
  { url, key }: OpenAiOptions,
  path: string,
  format: GuardedFetchOptions['format'],
  signal: AbortSignal,
  body?: object,
): Promise<Response> {
  const guarded = createGuardedFetch({ server: 'OpenAI-compatible', signal, format, lacksModel })
  return guarded(`${url.replace(/\/+$/, '')}/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** OpenAI's code, vLLM's type, and what LM Studio says in words. */
function lacksModel(status: number, body: string): boolean {
  const says = /model_not_found|NotFoundError|model\b[^"]*\b(?:not found|does not exist)/i
  return (status === 404 || status === 400) && says.test(body)
}

async function collect(response: Response, request: GenerationRequest): Promise<GenerationOutcome> {
  const answer = createAnswerCollector(request)
  let finish: 'stop' | 'length' | undefined
  let tokens: number | undefined
  for await (const data of eventsOf(response)) {
    if (data === '[DONE]') break
    const chunk = chunkOf(data)
    tokens = chunk.usage?.completion_tokens ?? tokens
    const [choice] = chunk.choices
    const piece = choice?.delta?.content ?? ''
    if (piece !== '') {
      if (answer.tokens >= request.maxTokens) return answer.finish('length')
      const failure = await answer.add(piece)
      if (failure !== undefined) return failure
    }
    if (typeof choice?.finish_reason === 'string')
      finish = choice.finish_reason === 'length' ? 'length' : 'stop'
  }
  // Its own count comes after the reason for which it ended, if at all.
  if (finish === undefined) throw foreign('an answer without its end')
  return answer.finish(finish, tokens)
}

async function* eventsOf(response: Response): AsyncGenerator<string> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    throw foreign('an answer that is no stream of events')
  const events = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onError: 'terminate' }))
  for await (const { data } of events ?? []) yield data
}

function chunkOf(data: string): Type.Static<typeof Chunk> {
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    throw foreign('an event that is not JSON')
  }
  if (!Value.Check(Chunk, chunk)) throw foreign('a part of an answer in another form')
  return chunk
}

function foreign(what: string): ProviderFault {
  return new ProviderFault(generationFailure('provider_error', `The OpenAI-compatible server sent ${what}.`))
}

function failureOf(error: unknown, signal: AbortSignal): GenerationFailure {
  if (signal.aborted) return abortedOutcome(signal)
  if (error instanceof ProviderFault) return error.outcome
  // What is left: a stream cut short, a document that isn't JSON, a field that no event has.
  return generationFailure('provider_error', 'The OpenAI-compatible server broke off its answer.')
}
