import { createOpenAiProvider, type OpenAiOptions } from './openai-provider.ts'
import { OLLAMA_URL_DEFAULT, createOllamaProvider } from './ollama-provider.ts'
import type { Provider } from './provider.ts'
import { createReferenceProvider } from './reference-provider.ts'

/** A server on this machine lists its models in a few milliseconds; a start mustn't wait for one that isn't there. */
const DETECTION_TIMEOUT_MS = 500

export interface DetectOptions {
  readonly ollamaUrl?: string
  /** There is none without; one that was named is asked again and again, whether it answers now or not. */
  readonly openAi?: OpenAiOptions | undefined
  readonly timeoutMs?: number
}

/** The providers that this machine has: the reference model, Ollama if it answers, and what was configured. */
export async function detectProviders({
  ollamaUrl = OLLAMA_URL_DEFAULT,
  openAi,
  timeoutMs = DETECTION_TIMEOUT_MS,
}: DetectOptions = {}): Promise<readonly Provider[]> {
  const ollama = createOllamaProvider({ url: ollamaUrl })
  const configured = openAi === undefined ? [] : [createOpenAiProvider(openAi)]
  const found = (await answers(ollama, timeoutMs)) ? [ollama] : []
  return [createReferenceProvider(), ...found, ...configured]
}

async function answers(provider: Provider, timeoutMs: number): Promise<boolean> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    await provider.models(late.signal)
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
