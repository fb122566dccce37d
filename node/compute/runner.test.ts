import { describe, expect, it } from 'vitest'
import type { Digest } from '../../protocol/ids.ts'
import { PROMPT_BYTES_MAX, ProviderFault, abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationOutcome, GenerationRequest, Model, Provider } from './provider.ts'
import { createReferenceProvider } from './reference-provider.ts'
import { createRunner } from './runner.ts'
import type { RunRequest, Runner } from './runner.ts'

const DIGEST = 'ab'.repeat(32) as Digest
const SILENT = { onProgress: () => undefined }

function answer(text: string): GenerationOutcome {
  return { ok: true, text, tokens: 1, durationMs: 0, finishReason: 'stop' }
}

function request(key: string, changes: Partial<RunRequest> = {}): RunRequest {
  return { key, model: 'm', prompt: key, temperature: 0, seed: 0, maxTokens: 8, ...changes }
}

function model(name: string): Model {
  return { name, digest: DIGEST, warm: true, sizeBytes: 1 }
}

function providerOf(name: string, names: readonly string[], generate: Provider['generate']): Provider {
  return { name, models: async () => names.map(model), generate }
}

/** Answers each prompt when the test says so; a fired signal ends it as the contract of providers demands. */
function createGatedProvider() {
  const started: string[] = []
  const gates = new Map<string, () => void>()
  const arrivals = new Map<string, PromiseWithResolvers<void>>()
  const arrivalOf = (prompt: string) => {
    const arrival = arrivals.get(prompt) ?? Promise.withResolvers<void>()
    arrivals.set(prompt, arrival)
    return arrival
  }
  const generate = async ({ prompt, signal }: GenerationRequest) => {
    const ended = Promise.withResolvers<GenerationOutcome>()
    gates.set(prompt, () => ended.resolve(answer(prompt)))
    signal.addEventListener('abort', () => ended.resolve(abortedOutcome(signal)))
    started.push(prompt)
    arrivalOf(prompt).resolve()
    return await ended.promise
  }
  return {
    provider: providerOf('gated', ['m'], generate),
    started,
    arrival: (prompt: string) => arrivalOf(prompt).promise,
    open: (prompt: string) => gates.get(prompt)?.(),
  }
}

function open(providers: readonly Provider[], options: { slots?: number; queueMax?: number } = {}): Runner {
  return createRunner({ providers, slots: 1, timeoutMs: 60_000, ...options })
}

const UNREACHABLE: Provider = {
  name: 'gone',
  models: async () => {
    throw new ProviderFault(generationFailure('provider_unreachable', 'Nobody answers.'))
  },
  generate: async () => generationFailure('provider_unreachable', 'Nobody answers.'),
}

describe('the models of a runner', () => {
  it('carry the name of the provider that runs them, the first that has them', async () => {
    const one = providerOf('one', ['a', 'b'], async () => answer('one'))
    const other = providerOf('other', ['b', 'c'], async () => answer('other'))
    const runner = open([one, UNREACHABLE, other])
    const offers = (await runner.models()).map((offer) => [offer.name, offer.provider])
    expect(offers).toEqual([
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'other'],
    ])
    for (const [name = '', provider = ''] of offers) {
      expect(await runner.run(request(name, { model: name }), SILENT)).toMatchObject({ text: provider })
    }
  })

  it('are told apart when none has the model', async () => {
    const unknown = await open([createReferenceProvider()]).run(request('k'), SILENT)
    expect(unknown).toMatchObject({ ok: false, code: 'model_unknown', retryable: false })
    const silent = await open([UNREACHABLE, createReferenceProvider()]).run(request('k'), SILENT)
    expect(silent).toMatchObject({ ok: false, code: 'provider_unreachable', retryable: true })
  })
})

describe('a run', () => {
  it('hands the request and the tokens on', async () => {
    const runner = open([createReferenceProvider()])
    const pieces: string[] = []
    const [offer] = await runner.models()
    const order = request('k', { model: offer?.name ?? '', prompt: 'What is 17 * 23?' })
    const outcome = await runner.run(order, { ...SILENT, onToken: (text) => void pieces.push(text) })
    expect(outcome).toMatchObject({ ok: true, text: '17 * 23 = 391', tokens: 5 })
    expect(pieces.join('')).toBe('17 * 23 = 391')
    const cut = await runner.run({ ...order, maxTokens: 2 }, SILENT)
    expect(cut).toMatchObject({ ok: true, tokens: 2, finishReason: 'length' })
  })

  it('reports progress with the first token and then at most twice a second', async () => {
    let nowMs = 0
    const generate = async ({ onToken }: GenerationRequest) => {
      for (nowMs of [0, 1, 499, 500, 501, 999, 1_000, 5_000, 5_499, 5_500]) await onToken?.('x')
      return answer('x')
    }
    const providers = [providerOf('p', ['m'], generate)]
    const runner = createRunner({ providers, slots: 1, timeoutMs: 60_000, now: () => nowMs })
    const seen: (readonly [number, number])[] = []
    await runner.run(request('k'), { onProgress: (tokens) => seen.push([nowMs, tokens]) })
    expect(seen).toEqual([
      [0, 1],
      [500, 4],
      [1_000, 7],
      [5_000, 8],
      [5_500, 10],
    ])
  })

  it.each([
    [PROMPT_BYTES_MAX, { ok: true }],
    [PROMPT_BYTES_MAX + 2, { ok: false, code: 'prompt_too_large', retryable: false }],
  ])('bounds the prompt: %i bytes', async (bytes, expected) => {
    const runner = open([providerOf('p', ['m'], async () => answer('x'))])
    const outcome = await runner.run(request('k', { prompt: 'ö'.repeat(bytes / 2) }), SILENT)
    expect(outcome).toMatchObject(expected)
  })

  it('ends when its time is up and gives its slot back', async () => {
    const { provider, arrival, open: answerTo } = createGatedProvider()
    const runner = createRunner({ providers: [provider], slots: 1, timeoutMs: 20 })
    const late = await runner.run(request('late'), SILENT)
    expect(late).toMatchObject({ ok: false, code: 'timeout', retryable: true })
    const next = runner.run(request('next'), SILENT)
    await arrival('next')
    answerTo('next')
    expect(await next).toMatchObject({ ok: true })
  })
})

describe('the slots of a runner', () => {
  it('run so many at a time and then the others in their order', async () => {
    const gated = createGatedProvider()
    const runner = open([gated.provider], { slots: 2 })
    const runs = ['a', 'b', 'c', 'd'].map((key) => runner.run(request(key), SILENT))
    await gated.arrival('b')
    expect(gated.started).toEqual(['a', 'b'])
    gated.open('b')
    await gated.arrival('c')
    expect(gated.started).toEqual(['a', 'b', 'c'])
    gated.open('a')
    await gated.arrival('d')
    gated.open('c')
    gated.open('d')
    expect(await Promise.all(runs)).toMatchObject(['a', 'b', 'c', 'd'].map((text) => ({ text })))
  })

  it('have a bounded queue', async () => {
    const gated = createGatedProvider()
    const runner = open([gated.provider], { queueMax: 2 })
    const runs = ['running', 'first', 'last'].map((key) => runner.run(request(key), SILENT))
    const refused = await runner.run(request('too many'), SILENT)
    expect(refused).toMatchObject({ ok: false, code: 'queue_full', retryable: true })
    for (const key of ['running', 'first', 'last']) {
      await gated.arrival(key)
      gated.open(key)
    }
    expect(await Promise.all(runs)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
  })

  it('have room again when a waiting run is cancelled', async () => {
    const gated = createGatedProvider()
    const runner = open([gated.provider], { queueMax: 1 })
    const running = runner.run(request('running'), SILENT)
    const waiting = runner.run(request('waiting'), SILENT)
    expect(runner.cancel('waiting')).toBe(true)
    expect(await waiting).toMatchObject({ ok: false, code: 'cancelled' })
    const next = runner.run(request('next'), SILENT)
    await gated.arrival('running')
    gated.open('running')
    await gated.arrival('next')
    gated.open('next')
    expect(await Promise.all([running, next])).toMatchObject([{ ok: true }, { ok: true }])
    expect(gated.started).toEqual(['running', 'next'])
  })

  it('survive a provider that breaks its contract', async () => {
    const outcomes = [async () => Promise.reject(new Error('broken')), async () => answer('x')]
    const broken = providerOf('p', ['m'], async () => (await outcomes.shift()?.()) ?? answer('none'))
    const runner = open([broken])
    await expect(runner.run(request('k'), SILENT)).rejects.toThrow('broken')
    expect(await runner.run(request('k'), SILENT)).toMatchObject({ text: 'x' })
  })
})

describe('the key of a run', () => {
  it('cancels it and is free then', async () => {
    const gated = createGatedProvider()
    const runner = open([gated.provider])
    const run = runner.run(request('k'), SILENT)
    await gated.arrival('k')
    expect(await runner.run(request('k'), SILENT)).toMatchObject({
      code: 'already_running',
      retryable: false,
    })
    expect(runner.cancel('k')).toBe(true)
    expect(await run).toMatchObject({ ok: false, code: 'cancelled', retryable: false })
    expect(runner.cancel('k')).toBe(false)
    const again = runner.run(request('k'), SILENT)
    expect(runner.cancel('k')).toBe(true)
    expect(await again).toMatchObject({ code: 'cancelled' })
  })
})

describe('a runner that closes', () => {
  it('cancels what runs and waits, and takes nothing more', async () => {
    const gated = createGatedProvider()
    const runner = open([gated.provider])
    const ends: string[] = []
    const runs = ['running', 'waiting'].map(async (key) => {
      expect(await runner.run(request(key), SILENT)).toMatchObject({ code: 'cancelled' })
      ends.push(key)
    })
    await gated.arrival('running')
    await runner.close()
    await Promise.all(runs)
    expect(ends.toSorted()).toEqual(['running', 'waiting'])
    expect(gated.started).toEqual(['running'])
    const refused = await runner.run(request('k'), SILENT)
    expect(refused).toMatchObject({ ok: false, code: 'runner_closed', retryable: true })
  })
})
