import Type from 'typebox'
import Value from 'typebox/value'
import { createOllamaProvider, OLLAMA_URL_DEFAULT } from '../../compute/ollama-provider.ts'
import { fine, type Finding, warn } from './finding.ts'

/** A server that loads a model meanwhile answers late. */
const ANSWER_MS = 5_000
/** The first ones name the rest. */
const NAMED_MAX = 5

const OpenAiModels = Type.Object({ data: Type.Array(Type.Object({ id: Type.String() })) })

export interface ModelSettings {
  readonly ollamaUrl: string
  readonly providers: readonly string[]
}

/** Whether the model server that is configured answers, and with which models. */
export async function checkModels({ ollamaUrl, providers }: ModelSettings): Promise<Finding> {
  if (!providers.includes('ollama'))
    return fine('models', 'By its settings the peer asks no model server, and offers the reference model.')
  const names = await ollamaModels(ollamaUrl)
  if (names !== undefined) {
    const some = names.slice(0, NAMED_MAX).join(', ')
    const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
    return names.length === 0
      ? warn('models', `Ollama at ${ollamaUrl} has no model of its own.`, 'pull_model')
      : fine('models', `Ollama at ${ollamaUrl} offers ${some}${more}.`)
  }
  const foreign = await openAiModels(ollamaUrl)
  if (foreign !== undefined) {
    const sentence = `What answers at ${ollamaUrl} speaks OpenAI's protocol (${foreign} models), not Ollama's.`
    return warn('models', sentence, 'use_ollama')
  }
  if (sameUrl(ollamaUrl, OLLAMA_URL_DEFAULT))
    return fine(
      'models',
      'No model server runs here: the peer offers the reference model, no language model.',
    )
  return warn(
    'models',
    `The model server of the settings, ${ollamaUrl}, doesn't answer as one.`,
    'start_ollama',
  )
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
    const response = await fetch(new URL('/v1/models', url), { signal: AbortSignal.timeout(ANSWER_MS) })
    const list: unknown = await response.json()
    return Value.Check(OpenAiModels, list) ? list.data.length : undefined
  } catch {
    return undefined
  }
}
