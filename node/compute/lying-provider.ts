import { createAnswerCollector } from './answer-collector.ts'
import { falsify } from './falsify.ts'
import type { GenerationOutcome, GenerationRequest, Provider } from './provider.ts'

/**
 * A provider that claims to be the inner one and answers with the opposite: the demonstration's liar, which the
 * other replicas have to outvote. It offers the inner provider's models under their true digests, as a liar would.
 */
export function createLyingProvider(inner: Provider): Provider {
  return {
    name: inner.name,
    models: (signal) => inner.models(signal),
    generate: (request) => generateFalsely(inner, request),
  }
}

async function generateFalsely(inner: Provider, request: GenerationRequest): Promise<GenerationOutcome> {
  const { onToken: _, ...unheard } = request
  const truth = await inner.generate(unheard)
  if (!truth.ok) return truth
  const answer = createAnswerCollector(request)
  const words = falsify(truth.text).match(/\S+\s*/g) ?? []
  for (const word of words.slice(0, request.maxTokens)) {
    const failure = await answer.add(word)
    if (failure !== undefined) return failure
  }
  const lie = answer.finish(truth.finishReason)
  return lie.ok ? { ...lie, durationMs: truth.durationMs } : lie
}
