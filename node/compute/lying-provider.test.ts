import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openLexicon } from '../../protocol/verification/lexicon.ts'
import { judgeAnswers } from '../../protocol/verification/verdict.ts'
import { createLyingProvider } from './lying-provider.ts'
import { acceptProvider } from './provider.acceptance.ts'
import type { Provider } from './provider.ts'
import { REFERENCE_MODEL, createReferenceProvider } from './reference-provider.ts'

const TABLES = new URL('../../protocol/verification/tables/lexicon-1.json', import.meta.url)
const HONEST = createReferenceProvider()
const LIAR = createLyingProvider(HONEST)

acceptProvider('lying', async () => ({
  provider: LIAR,
  model: REFERENCE_MODEL,
  prompt: 'Summarise: Bees are essential to agriculture.',
  close: async () => undefined,
}))

async function answerOf(provider: Provider, prompt: string): Promise<string> {
  const signal = new AbortController().signal
  const request = { model: REFERENCE_MODEL, prompt, temperature: 0, seed: 0, maxTokens: 1_000, signal }
  const outcome = await provider.generate(request)
  return outcome.ok ? outcome.text : outcome.code
}

describe('a liar', () => {
  it('is known by nothing but its answers', async () => {
    const signal = new AbortController().signal
    expect(LIAR.name).toBe(HONEST.name)
    expect(await LIAR.models(signal)).toEqual(await HONEST.models(signal))
  })

  it.each([
    'Summarise: Bees are essential to agriculture. Mites spread viruses among colonies of bees.',
    'What is 17 * 23?',
    'Key words: Bees are essential to agriculture. Mites spread viruses among colonies of bees.',
    'Mites spread viruses. What do mites spread?',
    'Write a poem.',
  ])('is outvoted by two honest answers to %j', async (prompt) => {
    const [truth, lie] = [await answerOf(HONEST, prompt), await answerOf(LIAR, prompt)]
    const answers = [truth, lie, truth].map((text, slot) => ({
      slot,
      text,
      voter: `${slot}`,
      trust: 600_000,
    }))
    const verdict = judgeAnswers(answers, { comparator: 'auto', lexicon: openLexicon(readFileSync(TABLES)) })
    expect(verdict.agreement).toBe('majority')
    expect(verdict.replicas.map((replica) => replica.outcome)).toEqual(['agreed', 'outvoted', 'agreed'])
  })
})
