import { afterEach, describe, expect, it } from 'vitest'
import { digestOfModelName } from '../../protocol/jobs/model-digest.ts'
import { smallRequest } from './model-test-server.ts'
import { createOpenAiProvider, type OpenAiOptions } from './openai-provider.ts'
import { chatEcho, eventOf, startOpenAiTestServer } from './openai-test-server.ts'
import type { ChatScript, OpenAiTestServer, OpenAiTestServerOptions } from './openai-test-server.ts'
import { acceptProvider } from './provider.acceptance.ts'
import { ANSWER_BYTES_MAX } from './provider.ts'
import type { GenerationOutcome, GenerationRequest } from './provider.ts'

const MODEL = 'test-model'

acceptProvider('openai', async () => {
  const server = await startOpenAiTestServer({ scripts: { [MODEL]: chatEcho } })
  const provider = createOpenAiProvider({ url: server.url })
  return { provider, model: MODEL, prompt: 'one two three four', close: () => server.close() }
})

let server: OpenAiTestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function listed(options: OpenAiTestServerOptions, changes: Partial<OpenAiOptions> = {}) {
  server = await startOpenAiTestServer(options)
  const models = await createOpenAiProvider({ url: server.url, ...changes }).models(
    new AbortController().signal,
  )
  return models.map(({ name }) => name)
}

async function generated(
  script: ChatScript,
  changes: Partial<GenerationRequest> = {},
  key?: string,
): Promise<GenerationOutcome> {
  server = await startOpenAiTestServer({ scripts: { [MODEL]: script } })
  const provider = createOpenAiProvider({ url: `${server.url}/`, ...(key === undefined ? {} : { key }) })
  return provider.generate(smallRequest(MODEL, changes))
}

describe('the models of an OpenAI-compatible server', () => {
  it('are named by their ids, with the size where it is said', async () => {
    server = await startOpenAiTestServer({
      scripts: {},
      listed: [{ id: 'one', meta: { size: 77 } }, { id: 'other' }],
    })
    const models = await createOpenAiProvider({ url: server.url }).models(new AbortController().signal)
    expect(models).toEqual([
      { name: 'one', digest: digestOfModelName('one'), warm: true, sizeBytes: 77 },
      { name: 'other', digest: digestOfModelName('other'), warm: true, sizeBytes: 0 },
    ])
  })

  it('are those that were named; of a server with a key none else is', async () => {
    const scripts = { one: chatEcho, other: chatEcho }
    expect(await listed({ scripts }, { models: ['other', 'third'] })).toEqual(['other'])
    expect(await listed({ scripts }, { key: 'secret' })).toEqual([])
    expect(await listed({ scripts }, { key: 'secret', models: ['one'] })).toEqual(['one'])
    expect(server?.keys).toEqual(['Bearer secret'])
  })

  it('are left out when they can not be named', async () => {
    const entries = [{ id: '' }, { id: 'n'.repeat(129) }, { name: 'x' }, null, { id: 'good' }]
    expect(await listed({ scripts: {}, listed: entries })).toEqual(['good'])
  })

  it('can not be asked of a port where nothing listens', async () => {
    const gone = await startOpenAiTestServer({ scripts: {} })
    await gone.close()
    const provider = createOpenAiProvider({ url: gone.url })
    const { signal } = new AbortController()
    await expect(provider.models(signal)).rejects.toMatchObject({ code: 'provider_unreachable' })
  })
})

describe('a generation by an OpenAI-compatible server', () => {
  it('passes temperature, seed, token limit and key on', async () => {
    await generated(chatEcho, {}, 'secret')
    expect(server?.seen).toMatchObject([
      { model: MODEL, temperature: 0.5, seed: 42, max_tokens: 64, messages: [{ content: 'a b' }] },
    ])
    expect(server?.keys).toEqual(['Bearer secret'])
  })

  it('counts tokens as the server does', async () => {
    const script: ChatScript = async (reply) => {
      await reply.piece('two words')
      await reply.piece('', 'stop')
      await reply.event({ choices: [], usage: { completion_tokens: 9 } })
      await reply.done()
    }
    expect(await generated(script)).toMatchObject({ ok: true, text: 'two words', tokens: 9 })
  })

  it('puts characters and events together that chunks split', async () => {
    const script: ChatScript = async (reply) => {
      const events = [
        { choices: [{ delta: { role: 'assistant', content: null } }] },
        { choices: [{ delta: { content: 'größer 😀 数' }, finish_reason: null }] },
        { choices: [{ delta: {}, finish_reason: 'stop' }] },
      ]
      const bytes = Buffer.concat([Buffer.from(': hello\r\n\r\n'), ...events.map(eventOf)])
      for (let at = 0; at < bytes.length; at += 1) await reply.bytes(bytes.subarray(at, at + 1))
      await reply.done()
    }
    expect(await generated(script)).toMatchObject({ ok: true, text: 'größer 😀 数', finishReason: 'stop' })
  })

  it('takes an answer whose end is said without the last event', async () => {
    const script: ChatScript = async (reply) => {
      await reply.piece('word', 'length')
      reply.end()
    }
    expect(await generated(script)).toMatchObject({ ok: true, text: 'word', finishReason: 'length' })
  })

  it('holds to the token limit when the server does not', async () => {
    const deaf: ChatScript = (reply, request) => chatEcho(reply, { ...request, max_tokens: 99 })
    const outcome = await generated(deaf, { maxTokens: 3 })
    expect(outcome).toMatchObject({ ok: true, text: 'You said: a ', tokens: 3, finishReason: 'length' })
    expect(await server?.abandoned).toBe(MODEL)
  })

  const failing: readonly [string, ChatScript, object][] = [
    [
      'an error in the middle',
      async (reply) => {
        await reply.piece('word ')
        await reply.event({ error: { message: 'out of memory' } })
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a cut connection',
      async (reply) => {
        await reply.piece('word ')
        reply.cut()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'an end without a reason',
      async (reply) => {
        await reply.piece('word ')
        await reply.done()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'an event that is not JSON',
      async (reply) => {
        await reply.bytes(Buffer.from('data: {"choices": [secr\n\n'))
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a piece of another form',
      async (reply) => {
        await reply.event({ choices: [{ delta: { content: 7 } }] })
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a document in the place of a stream',
      async (reply) => reply.fail(200, { choices: [{ message: { content: 'all at once' } }] }),
      { code: 'provider_error', retryable: true },
    ],
    [
      'status 503',
      async (reply) => reply.fail(503, { error: { message: 'Loading model' } }),
      { code: 'provider_error', retryable: true },
    ],
    [
      'status 401',
      async (reply) => reply.fail(401, { error: { message: 'Incorrect API key provided' } }),
      { code: 'provider_error', retryable: false },
    ],
    [
      'a model that vLLM does not have',
      async (reply) => reply.fail(404, { object: 'error', message: 'gone', type: 'NotFoundError' }),
      { code: 'model_unknown', retryable: false },
    ],
    [
      'an answer without text',
      async (reply) => {
        await reply.piece('', 'stop')
        await reply.done()
      },
      { code: 'answer_empty', retryable: false },
    ],
    [
      'an event that never ends',
      async (reply) => {
        let here = true
        void reply.gone.then(() => (here = false))
        while (here) await reply.bytes(Buffer.alloc(65_536, 'x'))
      },
      { code: 'provider_error', retryable: true },
    ],
  ]
  it.each(failing)('turns %s into an outcome', async (_, script, failure) => {
    expect(await generated(script)).toMatchObject({ ok: false, ...failure })
  })

  it.each([
    [ANSWER_BYTES_MAX, { ok: true }],
    [ANSWER_BYTES_MAX + 1, { ok: false, code: 'answer_too_large' }],
  ])('bounds the answer: %i bytes', async (size, expected) => {
    const script: ChatScript = async (reply) => {
      for (let sent = 0; sent < size; sent += 32_768)
        await reply.piece('x'.repeat(Math.min(32_768, size - sent)))
      await reply.piece('', 'stop')
      await reply.done()
    }
    expect(await generated(script)).toMatchObject(expected)
  })

  it('stops the server when the signal fires while it stalls', async () => {
    const controller = new AbortController()
    const onToken = () => void setImmediate(() => controller.abort())
    const stall: ChatScript = async (reply) => {
      await reply.piece('word ')
      await reply.gone
    }
    const outcome = await generated(stall, { signal: controller.signal, onToken })
    expect(outcome).toMatchObject({ ok: false, code: 'cancelled' })
    expect(await server?.abandoned).toBe(MODEL)
  })
})
