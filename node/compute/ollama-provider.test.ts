import { afterEach, describe, expect, it } from 'vitest'
import { createOllamaProvider } from './ollama-provider.ts'
import { smallRequest } from './model-test-server.ts'
import { digestOfTestModel, echo, lineOf, startOllamaTestServer } from './ollama-test-server.ts'
import type { OllamaTestServer, OllamaTestServerOptions, Script } from './ollama-test-server.ts'
import { acceptProvider } from './provider.acceptance.ts'
import { ANSWER_BYTES_MAX } from './provider.ts'
import type { GenerationOutcome, GenerationRequest } from './provider.ts'

const MODEL = 'test:latest'

acceptProvider('ollama', async () => {
  const server = await startOllamaTestServer({ scripts: { [MODEL]: echo }, running: [MODEL] })
  const provider = createOllamaProvider({ url: server.url })
  return { provider, model: MODEL, prompt: 'one two three four', close: () => server.close() }
})

let server: OllamaTestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function listed(options: OllamaTestServerOptions) {
  server = await startOllamaTestServer(options)
  return createOllamaProvider({ url: server.url }).models(new AbortController().signal)
}

async function generated(
  script: Script,
  changes: Partial<GenerationRequest> = {},
): Promise<GenerationOutcome> {
  server = await startOllamaTestServer({ scripts: { [MODEL]: script } })
  return createOllamaProvider({ url: server.url }).generate(smallRequest(MODEL, changes))
}

describe('the models of an Ollama server', () => {
  it('are warm when they run', async () => {
    const models = await listed({ scripts: { [MODEL]: echo, 'cold:latest': echo }, running: [MODEL] })
    expect(models).toEqual([
      { name: MODEL, digest: digestOfTestModel(MODEL), warm: true, sizeBytes: 4_096 },
      { name: 'cold:latest', digest: digestOfTestModel('cold:latest'), warm: false, sizeBytes: 4_096 },
    ])
  })

  it('are listed as cold by a server without /api/ps', async () => {
    expect((await listed({ scripts: { [MODEL]: echo } })).map((model) => model.warm)).toEqual([false])
  })

  it('are left out when they run elsewhere or can not be identified', async () => {
    const digest = digestOfTestModel('x')
    const tags = [
      { name: 'cloud', digest, size: 1, remote_host: 'https://ollama.com' },
      { name: 'short', digest: 'abc', size: 1 },
      { name: 'sizeless', digest },
      { name: 'n'.repeat(129), digest, size: 1 },
      null,
      { name: 'prefixed', digest: `sha256:${digest}`, size: 1 },
    ]
    expect((await listed({ scripts: {}, tags })).map((model) => model.name)).toEqual(['prefixed'])
  })

  it('can not be asked of a port where nothing listens', async () => {
    const gone = await startOllamaTestServer({ scripts: {} })
    await gone.close()
    const provider = createOllamaProvider({ url: gone.url })
    const signal = new AbortController().signal
    await expect(provider.models(signal)).rejects.toMatchObject({ code: 'provider_unreachable' })
    const request = { model: MODEL, prompt: 'a', temperature: 0, seed: 0, maxTokens: 1, signal }
    const outcome = await provider.generate(request)
    expect(outcome).toMatchObject({ ok: false, code: 'provider_unreachable', retryable: true })
  })
})

describe('a generation by Ollama', () => {
  it('passes temperature, seed and token limit on', async () => {
    await generated(echo)
    expect(server?.seen).toMatchObject([
      { model: MODEL, prompt: 'a b', options: { temperature: 0.5, seed: 42, num_predict: 64 } },
    ])
  })

  it('puts characters together that chunks split', async () => {
    const script: Script = async (reply) => {
      const line = lineOf(MODEL, { response: 'größer 😀 数', done: false })
      for (let at = 0; at < line.length; at += 1) await reply.bytes(line.subarray(at, at + 1))
      await reply.line({ response: '', done: true, done_reason: 'stop', eval_count: 9 })
      reply.end()
    }
    expect(await generated(script)).toMatchObject({ ok: true, text: 'größer 😀 数', tokens: 9 })
  })

  it('holds to the token limit when the server does not', async () => {
    const deaf: Script = (reply, request) =>
      echo(reply, { ...request, options: { ...request.options, num_predict: 99 } })
    const outcome = await generated(deaf, { maxTokens: 3 })
    expect(outcome).toMatchObject({ ok: true, text: 'You said: a ', tokens: 3, finishReason: 'length' })
  })

  const started = { response: 'word ', done: false }
  const broken: readonly [string, Script, object][] = [
    [
      'an error in the middle',
      async (reply) => {
        await reply.line(started)
        await reply.line({ error: 'out of memory' })
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a cut connection',
      async (reply) => {
        await reply.line(started)
        reply.cut()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'an end without the last part',
      async (reply) => {
        await reply.line(started)
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a line that is not JSON',
      async (reply) => {
        await reply.line(started)
        await reply.bytes(Buffer.from('{"response": "secr\n'))
        await reply.line({ response: '', done: true })
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a line that is not an object',
      async (reply) => {
        await reply.line(7)
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'a part of another form',
      async (reply) => {
        await reply.line({ response: 7, done: false })
        reply.end()
      },
      { code: 'provider_error', retryable: true },
    ],
    [
      'status 500',
      async (reply) => reply.fail(500, 'llama runner died'),
      { code: 'provider_error', retryable: true },
    ],
    [
      'status 400',
      async (reply) => reply.fail(400, 'does not support generate'),
      { code: 'provider_error', retryable: false },
    ],
    [
      'a foreign 404',
      async (reply) => reply.fail(404, 'page not found'),
      { code: 'provider_error', retryable: false },
    ],
    [
      'an answer without text',
      async (reply) => {
        await reply.line({ response: '', done: true, done_reason: 'load' })
        reply.end()
      },
      { code: 'answer_empty', retryable: false },
    ],
  ]
  it.each(broken)('turns %s into an outcome', async (_, script, failure) => {
    expect(await generated(script)).toMatchObject({ ok: false, ...failure })
  })

  it.each([
    [ANSWER_BYTES_MAX, { ok: true }],
    [ANSWER_BYTES_MAX + 1, { ok: false, code: 'answer_too_large' }],
  ])('bounds the answer: %i bytes', async (size, expected) => {
    const script: Script = async (reply) => {
      for (let sent = 0; sent < size; sent += 32_768) {
        await reply.line({ response: 'x'.repeat(Math.min(32_768, size - sent)), done: false })
      }
      await reply.line({ response: '', done: true, done_reason: 'stop' })
      reply.end()
    }
    expect(await generated(script)).toMatchObject(expected)
  })

  const stall: Script = async (reply) => {
    await reply.line(started)
    await reply.gone
  }

  it('stops the server when the signal fires while it stalls', async () => {
    const controller = new AbortController()
    const onToken = () => void setImmediate(() => controller.abort())
    const outcome = await generated(stall, { signal: controller.signal, onToken })
    expect(outcome).toMatchObject({ ok: false, code: 'cancelled' })
    expect(await server?.abandoned).toBe(MODEL)
  })

  it('stops the server when the signal fires before the first byte', async () => {
    const controller = new AbortController()
    const silent: Script = async (reply) => {
      controller.abort(new DOMException('late', 'TimeoutError'))
      await reply.gone
    }
    expect(await generated(silent, { signal: controller.signal })).toMatchObject({
      ok: false,
      code: 'timeout',
    })
    expect(await server?.abandoned).toBe(MODEL)
  })

  it('stops a server that would write for ever', async () => {
    const endless: Script = async (reply) => {
      let here = true
      void reply.gone.then(() => (here = false))
      while (here) await reply.line({ response: 'x'.repeat(65_536), done: false })
    }
    expect(await generated(endless, { maxTokens: 1_000_000 })).toMatchObject({
      ok: false,
      code: 'answer_too_large',
    })
    expect(await server?.abandoned).toBe(MODEL)
  })
})
