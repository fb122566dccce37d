import { ANSWER_BYTES_MAX, abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationFailure, GenerationOutcome, GenerationRequest } from './provider.ts'

/**
 * Gathers one answer piece by piece on behalf of a provider: counts, enforces the size limit while the answer
 * still streams, hands each piece to the consumer and waits for it, notices the signal.
 */
export interface AnswerCollector {
  readonly tokens: number
  /** Takes the next piece. A returned failure ends the generation: the provider stops and returns it. */
  add(piece: string): Promise<GenerationFailure | undefined>
  /** The outcome of an answer that came to its end; `tokens` where the provider counts better than pieces. */
  finish(finishReason: 'stop' | 'length', tokens?: number): GenerationOutcome
}

export function createAnswerCollector({ signal, onToken }: GenerationRequest): AnswerCollector {
  const startedAt = performance.now()
  const pieces: string[] = []
  let bytes = 0

  return {
    get tokens() {
      return pieces.length
    },

    async add(piece) {
      if (signal.aborted) return abortedOutcome(signal)
      bytes += Buffer.byteLength(piece)
      if (bytes > ANSWER_BYTES_MAX) {
        return generationFailure('answer_too_large', `The answer passed ${ANSWER_BYTES_MAX} bytes.`)
      }
      pieces.push(piece)
      try {
        const consumed = onToken?.(piece)
        if (consumed !== undefined) await untilAborted(consumed, signal)
      } catch {
        // Whoever reads along and fails doesn't want the rest. Its message could quote the answer: not kept.
        return generationFailure('cancelled', 'The consumer of the tokens failed.')
      }
      return signal.aborted ? abortedOutcome(signal) : undefined
    },

    finish(finishReason, tokens = pieces.length) {
      const text = pieces.join('')
      if (text.trim() === '') return generationFailure('answer_empty', 'The model ended without any text.')
      return { ok: true, text, tokens, durationMs: Math.round(performance.now() - startedAt), finishReason }
    },
  }
}

/** Waits for the promise or the signal: a consumer that never comes back must not hold the slot for ever. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const onAbort = () => aborted.resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
