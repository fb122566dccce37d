import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { digestFromBytes } from '../../protocol/ids.ts'
import { createAnswerCollector } from './answer-collector.ts'
import { abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationOutcome, GenerationRequest, Model, Provider } from './provider.ts'
import { respond } from './reference/respond.ts'

export const REFERENCE_MODEL = 'hyperlooms-reference-1'
/** Names the outputs, as a digest of weights names a model's: bump it with every change of any output. */
export const REFERENCE_VERSION = 'hyperlooms-reference-1/outputs-1'

/** Words streamed before other work of the process and the signal get their turn. */
const WORDS_PER_TURN = 32

const MODEL: Model = {
  name: REFERENCE_MODEL,
  digest: digestFromBytes(createHash('sha256').update(REFERENCE_VERSION).digest()),
  warm: true,
  sizeBytes: 0,
}

/**
 * The embedded model, there on every machine without a download. It is **not a language model**: it summarises
 * by extraction, answers questions by keyword overlap with the prompt's own text, lists keywords and calculates.
 *
 * The answer depends on the prompt alone; temperature and seed change nothing. A token is a word with the space
 * behind it. `model_unknown` for any other model name; the rest fails only by the signal or the consumer.
 */
export function createReferenceProvider(): Provider {
  return {
    name: 'reference',
    models: async () => [MODEL],
    generate,
  }
}

async function generate(request: GenerationRequest): Promise<GenerationOutcome> {
  if (request.model !== REFERENCE_MODEL) {
    return generationFailure('model_unknown', 'The reference provider has one model only.')
  }
  if (request.signal.aborted) return abortedOutcome(request.signal)
  const answer = createAnswerCollector(request)
  const words = respond(request.prompt).match(/\S+\s*/g) ?? []
  for (const word of words.slice(0, request.maxTokens)) {
    if (answer.tokens % WORDS_PER_TURN === WORDS_PER_TURN - 1) await setImmediate()
    const failure = await answer.add(word)
    if (failure !== undefined) return failure
  }
  return answer.finish(words.length > request.maxTokens ? 'length' : 'stop')
}
