import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readBody } from 'node:stream/consumers'
import Type from 'typebox'
import type { Static } from 'typebox'
import Value from 'typebox/value'
import {
  echoOf,
  type ModelTestServer,
  sendJson,
  startModelTestServer,
  type Wire,
  wireOn,
} from './model-test-server.ts'

/** A request body of `/api/generate`, as far as tests look at it. */
export type SeenGeneration = Static<typeof SeenGeneration>
const SeenGeneration = Type.Object({
  model: Type.String(),
  prompt: Type.String(),
  options: Type.Object({ temperature: Type.Number(), seed: Type.Integer(), num_predict: Type.Integer() }),
})

/** Answers one generation in Ollama's wire format, well or badly. */
export type Script = (reply: Reply, request: SeenGeneration) => Promise<void>

export interface Reply extends Omit<Wire, 'fail'> {
  /** One line of NDJSON. */
  line(value: unknown): Promise<void>
  /** Ends the response with an error status and Ollama's error document. */
  fail(status: number, message: string): void
}

export interface OllamaTestServer extends ModelTestServer {
  readonly seen: readonly SeenGeneration[]
  /** Resolves with the name of the next model whose client goes away before its answer is complete. */
  readonly abandoned: Promise<string>
}

export interface OllamaTestServerOptions {
  /** Generations by model name; each is listed too. */
  readonly scripts: Readonly<Record<string, Script>>
  /** Entries added to the list of models as they are. */
  readonly tags?: readonly unknown[]
  /** Names listed by `/api/ps`; without it the endpoint is missing, as on old servers. */
  readonly running?: readonly string[]
  /** A free one where absent. */
  readonly port?: number
  /** Takes requests and never answers them. */
  readonly silent?: boolean
}

export function digestOfTestModel(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

/** Says the prompt back, word by word, up to the token limit: what a faithful server does. */
export const echo: Script = async (reply, { prompt, options }) => {
  const words = echoOf(prompt)
  for (const response of words.slice(0, options.num_predict)) await reply.line({ response, done: false })
  const reason = words.length > options.num_predict ? 'length' : 'stop'
  const count = Math.min(words.length, options.num_predict)
  await reply.line({ response: '', done: true, done_reason: reason, eval_count: count, context: [1, 2, 3] })
  reply.end()
}

/** A real HTTP server on the loopback that speaks the part of Ollama's API that nodes use. */
export async function startOllamaTestServer(options: OllamaTestServerOptions): Promise<OllamaTestServer> {
  const seen: SeenGeneration[] = []
  const abandoned = Promise.withResolvers<string>()
  const server = await startModelTestServer(async (request, response) => {
    if (options.silent) return
    await (request.url === '/api/generate'
      ? answerGeneration(request, response, options, seen, abandoned.resolve)
      : answerList(request, response, options))
  }, options.port)
  return { ...server, seen, abandoned: abandoned.promise }
}

async function answerList(
  request: IncomingMessage,
  response: ServerResponse,
  options: OllamaTestServerOptions,
) {
  const names = Object.keys(options.scripts)
  const entries = names.map((name) => ({ name, digest: digestOfTestModel(name), size: 4_096 }))
  if (request.url === '/api/tags')
    return sendJson(response, 200, { models: [...entries, ...(options.tags ?? [])] })
  if (request.url === '/api/ps' && options.running !== undefined) {
    return sendJson(response, 200, { models: options.running.map((name) => ({ name })) })
  }
  return sendJson(response, 404, { error: 'page not found' })
}

async function answerGeneration(
  request: IncomingMessage,
  response: ServerResponse,
  { scripts }: OllamaTestServerOptions,
  seen: SeenGeneration[],
  onAbandoned: (model: string) => void,
) {
  const generation = Value.Parse(SeenGeneration, JSON.parse(await readBody(request)))
  seen.push(generation)
  const script = scripts[generation.model]
  if (script === undefined) {
    return sendJson(response, 404, { error: `model '${generation.model}' not found` })
  }
  response.on('close', () => {
    if (!response.writableEnded) onAbandoned(generation.model)
  })
  await script(replyOn(response, generation.model), generation)
}

function replyOn(response: ServerResponse, model: string): Reply {
  const wire = wireOn(response, 'application/x-ndjson')
  return {
    ...wire,
    line: (value) => wire.bytes(lineOf(model, value)),
    fail: (status, message) => wire.fail(status, { error: message }),
  }
}

/** One line as Ollama writes it, the newline included. */
export function lineOf(model: string, value: unknown): Buffer {
  const common = { model, created_at: '2025-01-01T00:00:00.000Z' }
  const line = typeof value === 'object' ? JSON.stringify({ ...common, ...value }) : JSON.stringify(value)
  return Buffer.from(`${line}\n`)
}
