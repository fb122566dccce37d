import { createOllamaProvider, OLLAMA_URL_DEFAULT } from '../../compute/ollama-provider.ts'
import { createOpenAiProvider } from '../../compute/openai-provider.ts'
import { isLocalServer, openAiSettings } from '../../config/openai-settings.ts'
import { fine, type Finding, warn } from './finding.ts'

/** A server that loads a model meanwhile answers late. */
const ANSWER_MS = 5_000
/** The first ones name the rest. */
const NAMED_MAX = 5

export interface ModelSettings {
  readonly ollamaUrl: string
  readonly providers: readonly string[]
}

/** Whether the model server that is configured answers, and with which models. */
export async function checkModels({ ollamaUrl, providers }: ModelSettings): Promise<Finding> {
  if (!providers.includes('ollama')) return fine('models', 'By its settings the peer asks no Ollama.')
  const names = await ollamaModels(ollamaUrl)
  if (names !== undefined) {
    return names.length === 0
      ? warn('models', `Ollama at ${ollamaUrl} has no model of its own.`, 'pull_model')
      : fine('models', `Ollama at ${ollamaUrl} offers ${named(names)}.`)
  }
  const foreign = await openAiModels(ollamaUrl)
  if (foreign !== undefined) {
    const sentence = `What answers at ${ollamaUrl} speaks OpenAI's protocol (${foreign} models), not Ollama's.`
    return warn('models', sentence, 'use_ollama')
  }
  if (sameUrl(ollamaUrl, OLLAMA_URL_DEFAULT))
    return fine(
      'models',
      'No Ollama runs here: without another server the peer offers the reference model, no language model.',
    )
  return warn(
    'models',
    `The model server of the settings, ${ollamaUrl}, doesn't answer as one.`,
    'start_ollama',
  )
}

/** Whether the OpenAI-compatible server of the settings answers, with what it offers, and where prompts go for it. */
export async function checkOpenAi(settings: Parameters<typeof openAiSettings>[0]): Promise<Finding> {
  const { openaiUrl: url } = settings
  try {
    const options = await openAiSettings(settings)
    if (options === undefined) return fine('openai', 'No OpenAI-compatible server is configured.')
    const provider = createOpenAiProvider(options)
    const models = await provider.models(AbortSignal.timeout(ANSWER_MS))
    if (models.length > 0) {
      const where = isLocalServer(url) ? '' : '; prompts leave this machine for it'
      return fine('openai', `The server ${url} offers ${named(models.map(({ name }) => name))}${where}.`)
    }
    const sentence = `The server ${url} has none of the models that are to be offered; with a key they are named.`
    return warn('openai', sentence, 'mend_openai')
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not answer'
    return warn('openai', `The server ${url} can't be used: ${why}`, 'mend_openai')
  }
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`
}

function sameUrl(one: string, other: string): boolean {
  return new URL(one).href === new URL(other).href
}

async function ollamaModels(url: string): Promise<readonly string[] | undefined> {
  try {
    const models = await createOllamaProvider({ url }).models(AbortSignal.timeout(ANSWER_MS))
    return models.map(({ name }) => name)
  } catch {
    return undefined
  }
}

async function openAiModels(url: string): Promise<number | undefined> {
  try {
    const provider = createOpenAiProvider({ url: new URL('/v1', url).href })
    return (await provider.models(AbortSignal.timeout(ANSWER_MS))).length
  } catch {
    return undefined
  }
}
