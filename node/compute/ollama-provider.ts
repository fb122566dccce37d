import { Ollama } from 'ollama'
import Type from 'typebox'
import Value from 'typebox/value'
import { isDigest } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createAnswerCollector } from './answer-collector.ts'
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
import { ProviderFault, abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationFailure, GenerationOutcome, GenerationRequest, Model, Provider } from './provider.ts'

/** Where an Ollama that was installed and started without further ado listens. */
export const OLLAMA_URL_DEFAULT = 'http://127.0.0.1:11434'

const Tag = Type.Object({
  name: Type.String({ minLength: 1 }),
  digest: Type.String(),
  size: Type.Integer({ minimum: 0 }),
  /** Set for models that Ollama only forwards to a server elsewhere. */
  remote_host: Type.Optional(Type.String()),
})
const Tags = Type.Object({ models: Type.Array(Type.Unknown()) })
const Running = Type.Object({ name: Type.String() })
const Part = Type.Object({
  response: Type.Optional(Type.String()),
  done: Type.Optional(Type.Boolean()),
  done_reason: Type.Optional(Type.String()),
  eval_count: Type.Optional(Type.Integer({ minimum: 0 })),
})

/**
 * Answers with the models of an Ollama server. Temperature, seed and token limit are passed on; a token limit
 * that the server ignores is enforced here. Models that Ollama forwards to another host aren't offered: their
 * prompts would leave the machine that was elected, and their digest names no weights.
 */
export function createOllamaProvider({ url = OLLAMA_URL_DEFAULT }: { readonly url?: string } = {}): Provider {
  return {
    name: 'ollama',
    models: (signal) => listModels(url, signal),
    generate: (request) => generate(url, request),
  }
}

function guarded(signal: AbortSignal, format: GuardedFetchOptions['format']): typeof fetch {
  const lacksModel = (status: number, body: string) => status === 404 && /model.*not found/i.test(body)
  return createGuardedFetch({ server: 'Ollama', signal, format, lacksModel })
}

async function listModels(url: string, signal: AbortSignal): Promise<readonly Model[]> {
  const client = new Ollama({ host: url, fetch: guarded(signal, 'document') })
  try {
    const tags = entriesOf(await client.list())
    const warm = new Set(await runningModels(client))
    return tags
      .map((tag) => modelOf(tag, warm))
      .filter((model) => model !== undefined)
      .slice(0, LIMITS.models)
  } catch (error) {
    throw new ProviderFault(failureOf(error, signal))
  }
}

/** Old servers have no such endpoint: then nothing counts as warm. */
async function runningModels(client: Ollama): Promise<string[]> {
  try {
    return entriesOf(await client.ps()).flatMap((entry) => (Value.Check(Running, entry) ? [entry.name] : []))
  } catch {
    return []
  }
}

function entriesOf(list: unknown): readonly unknown[] {
  if (Value.Check(Tags, list)) return list.models
  throw new ProviderFault(
    generationFailure('provider_error', 'Ollama sent a list of models in another form.'),
  )
}

function modelOf(tag: unknown, warm: ReadonlySet<string>): Model | undefined {
  if (!Value.Check(Tag, tag) || tag.remote_host !== undefined) return undefined
  const digest = tag.digest.replace(/^sha256:/, '')
  if (!isDigest(digest) || Buffer.byteLength(tag.name) > LIMITS.modelNameBytes) return undefined
  return { name: tag.name, digest, warm: warm.has(tag.name), sizeBytes: tag.size }
}

async function generate(url: string, request: GenerationRequest): Promise<GenerationOutcome> {
  const ended = new AbortController()
  const signal = AbortSignal.any([request.signal, ended.signal])
  const client = new Ollama({ host: url, fetch: guarded(signal, 'lines') })
  try {
    return await collect(client, request)
  } catch (error) {
    return failureOf(error, request.signal)
  } finally {
    // Whatever ended the reading, the server must not go on generating: the client alone leaves it running.
    ended.abort()
  }
}

async function collect(client: Ollama, request: GenerationRequest): Promise<GenerationOutcome> {
  const { model, prompt, temperature, seed, maxTokens } = request
  const answer = createAnswerCollector(request)
  const options = { temperature, seed, num_predict: maxTokens }
  for await (const part of await client.generate({ model, prompt, stream: true, options })) {
    if (!Value.Check(Part, part)) {
      return generationFailure('provider_error', 'Ollama sent a part of an answer in another form.')
    }
    if (part.response !== undefined && part.response !== '') {
      if (answer.tokens >= maxTokens) return answer.finish('length')
      const failure = await answer.add(part.response)
      if (failure !== undefined) return failure
    }
    if (part.done) {
      return answer.finish(part.done_reason === 'length' ? 'length' : 'stop', part.eval_count)
    }
  }
  return generationFailure('provider_error', 'The answer of Ollama ended without its last part.')
}

function failureOf(error: unknown, signal: AbortSignal): GenerationFailure {
  if (signal.aborted) return abortedOutcome(signal)
  if (error instanceof ProviderFault) return error.outcome
  // What is left: an error that Ollama reports within a stream, a stream cut short, a document that isn't JSON.
  return generationFailure('provider_error', 'Ollama broke off its answer.')
}
