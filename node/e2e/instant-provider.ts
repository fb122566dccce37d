import { createHash } from 'node:crypto'
import { digestFromBytes } from '../../protocol/ids.ts'
import { createAnswerCollector } from '../compute/answer-collector.ts'
import { abortedOutcome, generationFailure } from '../compute/provider.ts'
import type { GenerationOutcome, GenerationRequest, Model, Provider } from '../compute/provider.ts'

const NAME = 'instant-1'
const ANSWER_CHARACTERS = 400

const MODEL: Model = {
  name: NAME,
  digest: digestFromBytes(createHash('sha256').update(NAME).digest()),
  warm: true,
  sizeBytes: 0,
}

/** Answers at once with the beginning of the prompt: what a job takes then is the protocol's own. */
export function createInstantProvider(): Provider {
  return { name: 'instant', models: async () => [MODEL], generate }
}

async function generate(request: GenerationRequest): Promise<GenerationOutcome> {
  if (request.model !== NAME) return generationFailure('model_unknown', 'There is one model only.')
  if (request.signal.aborted) return abortedOutcome(request.signal)
  const answer = createAnswerCollector(request)
  const failure = await answer.add(request.prompt.slice(0, ANSWER_CHARACTERS))
  return failure ?? answer.finish('stop')
}
