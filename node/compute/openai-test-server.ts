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

/** A request body of `/v1/chat/completions`, as far as tests look at it. */
export type SeenChat = Static<typeof SeenChat>
const SeenChat = Type.Object({
  model: Type.String(),
  messages: Type.Tuple([Type.Object({ role: Type.Literal('user'), content: Type.String() })]),
  temperature: Type.Number(),
  seed: Type.Integer(),
  max_tokens: Type.Integer(),
  stream: Type.Literal(true),
})

/** Answers one request in OpenAI's wire format, well or badly. */
export type ChatScript = (reply: ChatReply, request: SeenChat) => Promise<void>

export interface ChatReply extends Wire {
  /** One event, its data as JSON. */
  event(data: unknown): Promise<void>
  /** One piece of the answer. */
  piece(content: string, finishReason?: string): Promise<void>
  done(): Promise<void>
}

export interface OpenAiTestServer extends ModelTestServer {
  readonly seen: readonly SeenChat[]
  /** The `authorization` of each request, in order. */
  readonly keys: readonly (string | undefined)[]
  /** Resolves with the name of the next model whose client goes away before its answer is complete. */
  readonly abandoned: Promise<string>
}

export interface OpenAiTestServerOptions {
  /** Answers by model; each is listed too. */
  readonly scripts: Readonly<Record<string, ChatScript>>
  /** Entries added to the list of models as they are. */
  readonly listed?: readonly unknown[]
}

/** Says the prompt back, word by word, up to the token limit. */
export const chatEcho: ChatScript = async (reply, { messages: [{ content }], max_tokens: limit }) => {
  const words = echoOf(content)
  for (const word of words.slice(0, limit)) await reply.piece(word)
  await reply.piece('', words.length > limit ? 'length' : 'stop')
  await reply.event({ choices: [], usage: { completion_tokens: Math.min(words.length, limit) } })
  await reply.done()
}

/** A real HTTP server that speaks the part of OpenAI's API that nodes use. */
export async function startOpenAiTestServer(options: OpenAiTestServerOptions): Promise<OpenAiTestServer> {
  const seen: SeenChat[] = []
  const keys: (string | undefined)[] = []
  const abandoned = Promise.withResolvers<string>()
  const server = await startModelTestServer(async (request, response) => {
    keys.push(request.headers.authorization)
    if (request.url === '/v1/chat/completions')
      return answerChat(request, response, { options, seen, onAbandoned: abandoned.resolve })
    if (request.url !== '/v1/models') return sendJson(response, 404, { error: { message: 'no such path' } })
    const names = Object.keys(options.scripts).map((id) => ({ id, object: 'model', owned_by: 'test' }))
    return sendJson(response, 200, { object: 'list', data: [...names, ...(options.listed ?? [])] })
  })
  return { ...server, url: `${server.url}/v1`, seen, keys, abandoned: abandoned.promise }
}

interface Chatting {
  readonly options: OpenAiTestServerOptions
  readonly seen: SeenChat[]
  readonly onAbandoned: (model: string) => void
}

async function answerChat(
  request: IncomingMessage,
  response: ServerResponse,
  { options, seen, onAbandoned }: Chatting,
): Promise<void> {
  const chat = Value.Parse(SeenChat, JSON.parse(await readBody(request)))
  seen.push(chat)
  const { model } = chat
  const script = options.scripts[model]
  if (script === undefined) {
    const message = `The model \`${model}\` does not exist`
    return sendJson(response, 404, { error: { message, code: 'model_not_found' } })
  }
  response.on('close', () => {
    if (!response.writableEnded) onAbandoned(model)
  })
  await script(replyOn(response), chat)
}

function replyOn(response: ServerResponse): ChatReply {
  const wire = wireOn(response, 'text/event-stream; charset=utf-8')
  const event = (data: unknown) => wire.bytes(eventOf(data))
  return {
    ...wire,
    event,
    piece: (content, finishReason) =>
      event({ choices: [{ index: 0, delta: { content }, finish_reason: finishReason ?? null }] }),
    async done() {
      await wire.bytes(Buffer.from('data: [DONE]\n\n'))
      wire.end()
    },
  }
}

/** One event as servers write it, the empty line included. */
export function eventOf(data: unknown): Buffer {
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`)
}
