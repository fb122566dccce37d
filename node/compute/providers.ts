import { createOllamaProvider } from './ollama-provider.ts'
import { createOpenAiProvider, type OpenAiOptions } from './openai-provider.ts'
import type { Provider } from './provider.ts'
import { createReferenceProvider } from './reference-provider.ts'

export interface ProvidersOptions {
  /** Those that may answer; the order of offers is that of this file. */
  readonly names: readonly string[]
  readonly ollamaUrl: string
  /** There is no such provider without. */
  readonly openAi: OpenAiOptions | undefined
}

/**
 * Where answers may come from. A server that doesn't answer now is among them: it offers no models until it does, since
 * it is asked again and again (`host/capabilities`), so it may be started after the peer, and a busy moment costs nothing.
 */
export function createProviders({ names, ollamaUrl, openAi }: ProvidersOptions): readonly Provider[] {
  const all = [
    createReferenceProvider(),
    createOllamaProvider({ url: ollamaUrl }),
    ...(openAi === undefined ? [] : [createOpenAiProvider(openAi)]),
  ]
  return all.filter(({ name }) => names.includes(name))
}
