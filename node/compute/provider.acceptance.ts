import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDigest } from '../../protocol/ids.ts'
import type { GenerationOutcome, GenerationRequest, Provider } from './provider.ts'

export interface ProviderUnderTest {
  readonly provider: Provider
  /** One of its models, and a prompt that it answers with at least four tokens. */
  readonly model: string
  readonly prompt: string
  close(): Promise<void>
}

/** What every provider owes the runner, whatever it is made of. */
export function acceptProvider(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as a provider`, () => {
    let subject: ProviderUnderTest
    beforeAll(async () => {
      subject = await open()
    })
    afterAll(() => subject.close())

    const generate = (changes: Partial<GenerationRequest> = {}): Promise<GenerationOutcome> =>
      subject.provider.generate({
        model: subject.model,
        prompt: subject.prompt,
        temperature: 0,
        seed: 7,
        maxTokens: 1_000,
        signal: new AbortController().signal,
        ...changes,
      })

    it('lists its models with the digests of their weights', async () => {
      const models = await subject.provider.models(new AbortController().signal)
      expect(models.map((model) => model.name)).toContain(subject.model)
      for (const model of models) {
        expect(isDigest(model.digest)).toBe(true)
        expect(model.sizeBytes).toBeGreaterThanOrEqual(0)
      }
    })

    it('streams exactly the answer that it returns', async () => {
      const pieces: string[] = []
      const outcome = await generate({ onToken: (text) => void pieces.push(text) })
      expect(outcome).toMatchObject({
        ok: true,
        text: pieces.join(''),
        tokens: pieces.length,
        finishReason: 'stop',
      })
      expect(pieces.length).toBeGreaterThanOrEqual(4)
    })

    it('answers the same request alike, with and without a consumer', async () => {
      const [one, other] = [await generate(), await generate({ onToken: () => undefined })]
      expect(one).toMatchObject({ ok: true })
      expect({ ...one, durationMs: 0 }).toEqual({ ...other, durationMs: 0 })
    })

    it('ends at the token limit and says so', async () => {
      expect(await generate({ maxTokens: 2 })).toMatchObject({ ok: true, tokens: 2, finishReason: 'length' })
    })

    it('waits for the consumer before it gives the next piece', async () => {
      let inHand = 0
      const seen: number[] = []
      const onToken = async () => {
        inHand += 1
        seen.push(inHand)
        await setImmediate()
        inHand -= 1
      }
      expect(await generate({ onToken })).toMatchObject({ ok: true })
      expect(Math.max(...seen)).toBe(1)
    })

    it('does not start when the signal has fired', async () => {
      const pieces: string[] = []
      const outcome = await generate({
        signal: AbortSignal.abort(),
        onToken: (text) => void pieces.push(text),
      })
      expect(outcome).toMatchObject({ ok: false, code: 'cancelled', retryable: false })
      expect(pieces).toEqual([])
    })

    it('stops in the middle when the signal fires', async () => {
      const controller = new AbortController()
      let pieces = 0
      const onToken = () => {
        pieces += 1
        controller.abort()
      }
      expect(await generate({ signal: controller.signal, onToken })).toMatchObject({
        ok: false,
        code: 'cancelled',
      })
      expect(pieces).toBe(1)
    })

    it('stops when the signal fires while the consumer keeps it waiting for ever', async () => {
      const controller = new AbortController()
      const onToken = () => {
        void setImmediate().then(() => controller.abort())
        return new Promise<void>(() => undefined)
      }
      expect(await generate({ signal: controller.signal, onToken })).toMatchObject({
        ok: false,
        code: 'cancelled',
      })
    })

    it('tells a timeout from a cancellation by the reason of the signal', async () => {
      const signal = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
      expect(await generate({ signal })).toMatchObject({ ok: false, code: 'timeout', retryable: true })
    })

    it('counts a consumer that throws as a cancellation', async () => {
      const onToken = () => {
        throw new Error('the socket is gone')
      }
      expect(await generate({ onToken })).toMatchObject({ ok: false, code: 'cancelled' })
    })

    it('refuses a model that it does not have', async () => {
      expect(await generate({ model: 'nobody-has-this' })).toMatchObject({
        ok: false,
        code: 'model_unknown',
        retryable: false,
      })
    })

    it.each(['', ' ', '\u0000', 'Größe, 数量, 😀', '\ud800 lone', '"quoted\\"\n', 'word '.repeat(20_000)])(
      'survives the prompt %j',
      async (prompt) => {
        expect(await generate({ prompt, maxTokens: 100_000 })).toMatchObject({ ok: true })
      },
    )
  })
}
