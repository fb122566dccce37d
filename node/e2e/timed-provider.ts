import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { digestFromBytes } from '../../protocol/ids.ts'
import { createAnswerCollector } from '../compute/answer-collector.ts'
import { abortedOutcome, generationFailure } from '../compute/provider.ts'
import type { GenerationOutcome, GenerationRequest, Model, Provider } from '../compute/provider.ts'

const NAME = 'timed-1'
const ANSWER_CHARACTERS = 400

/** The one model that it has. */
export const TIMED_MODEL: Model = {
  name: NAME,
  digest: digestFromBytes(createHash('sha256').update(NAME).digest()),
  warm: true,
  sizeBytes: 0,
}

/** Answers after so long, or at once, with the beginning of the prompt: what a job takes besides is the protocol's own. */
export function createTimedProvider(answerMs: number): Provider {
  return {
    name: 'timed',
    models: async () => [TIMED_MODEL],
    generate: (request) => generate(request, answerMs),
  }
}

async function generate(request: GenerationRequest, answerMs: number): Promise<GenerationOutcome> {
  const { model, prompt, signal } = request
  if (model !== NAME) return generationFailure('model_unknown', 'There is one model only.')
  try {
    if (answerMs > 0) await setTimeout(answerMs, undefined, { signal })
  } catch {
    return abortedOutcome(signal)
  }
  const answer = createAnswerCollector(request)
  const failure = await answer.add(prompt.slice(0, ANSWER_CHARACTERS))
  return failure ?? answer.finish('stop')
}
