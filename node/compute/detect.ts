import { OLLAMA_URL_DEFAULT, createOllamaProvider } from './ollama-provider.ts'
import type { Provider } from './provider.ts'
import { createReferenceProvider } from './reference-provider.ts'

/** A server on this machine lists its models in a few milliseconds; a start mustn't wait for one that isn't there. */
const DETECTION_TIMEOUT_MS = 500

export interface DetectOptions {
  readonly ollamaUrl?: string
  readonly timeoutMs?: number
}

/** The providers that this machine has without any configuration: the reference model, and Ollama if it answers. */
export async function detectProviders({
  ollamaUrl = OLLAMA_URL_DEFAULT,
  timeoutMs = DETECTION_TIMEOUT_MS,
}: DetectOptions = {}): Promise<readonly Provider[]> {
  const ollama = createOllamaProvider({ url: ollamaUrl })
  const reference = createReferenceProvider()
  return (await answers(ollama, timeoutMs)) ? [reference, ollama] : [reference]
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
