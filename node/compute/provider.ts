import type { Digest } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'

/** What a provider may offer to the swarm: a name people type, and the identity of the weights behind it. */
export interface Model {
  readonly name: string
  /**
   * SHA-256 that the provider itself states for the weights (Ollama's manifest digest, the reference model's
   * version). Replicas are comparable only between equal digests: a name says nothing about the weights.
   */
  readonly digest: Digest
  /** Loaded already: it answers without the seconds that loading the weights takes. */
  readonly warm: boolean
  readonly sizeBytes: number
}

export interface GenerationRequest {
  readonly model: string
  readonly prompt: string
  readonly temperature: number
  readonly seed: number
  /** Upper bound of the answer, in the provider's own tokens. */
  readonly maxTokens: number
  /** Ends the generation with `cancelled`, or with `timeout` if its reason is a `TimeoutError`. */
  readonly signal: AbortSignal
  /** Called for each piece as it comes. A returned promise is awaited before the next piece: back-pressure. */
  readonly onToken?: (text: string) => void | Promise<void>
}

/**
 * Every way in which a generation can fail. Codes are part of the node's logs and job records: they may be
 * added to, never renamed.
 *
 * `model_unknown` no provider has the model. `provider_unreachable` nothing answers at its address.
 * `provider_error` it answered with an error, or with something else than its own format. `cancelled` the caller
 * wants no answer any more. `timeout` the time given was up. `prompt_too_large`, `answer_too_large` a limit of
 * this file was passed. `answer_empty` generation ended without text. `queue_full`, `already_running` and
 * `runner_closed` come from the runner, before a provider was asked.
 */
export type ProviderErrorCode =
  | 'model_unknown'
  | 'provider_unreachable'
  | 'provider_error'
  | 'cancelled'
  | 'timeout'
  | 'prompt_too_large'
  | 'answer_too_large'
  | 'answer_empty'
  | 'queue_full'
  | 'already_running'
  | 'runner_closed'

export interface GenerationSuccess {
  readonly ok: true
  readonly text: string
  readonly tokens: number
  readonly durationMs: number
  /** `length`: `maxTokens` ended the answer, not the model. */
  readonly finishReason: 'stop' | 'length'
}

export interface GenerationFailure {
  readonly ok: false
  readonly code: ProviderErrorCode
  /** One sentence for the log of this machine; never a prompt or an answer. */
  readonly detail: string
  /** Whether the same request may succeed later or on another node. */
  readonly retryable: boolean
}

export type GenerationOutcome = GenerationSuccess | GenerationFailure

/** Something on this machine that turns prompts into answers. */
export interface Provider {
  readonly name: string
  /** The models it can run now. Rejects with a `ProviderFault` when the provider can't be asked. */
  models(signal: AbortSignal): Promise<readonly Model[]>
  /** Never rejects for anything that a model, a server or a consumer of tokens does: outcomes are values. */
  generate(request: GenerationRequest): Promise<GenerationOutcome>
}

/** The protocol's limit: a larger answer couldn't be committed, so generating more of it would be wasted. */
export const ANSWER_BYTES_MAX = LIMITS.answerBytes
/** The protocol's limit: no job carries a larger prompt. */
export const PROMPT_BYTES_MAX = LIMITS.promptBytes

const RETRYABLE: ReadonlySet<ProviderErrorCode> = new Set([
  'provider_unreachable',
  'provider_error',
  'timeout',
  'queue_full',
  'runner_closed',
])

export function generationFailure(
  code: ProviderErrorCode,
  detail: string,
  retryable = RETRYABLE.has(code),
): GenerationFailure {
  return { ok: false, code, detail, retryable }
}

/** Carries a failure out of the depths of a provider, and out of `models()`. */
export class ProviderFault extends Error {
  readonly code: ProviderErrorCode
  readonly outcome: GenerationFailure

  constructor(outcome: GenerationFailure) {
    super(outcome.detail)
    this.name = 'ProviderFault'
    this.code = outcome.code
    this.outcome = outcome
  }
}

/** The outcome of a generation whose signal fired. */
export function abortedOutcome(signal: AbortSignal): GenerationFailure {
  const reason: unknown = signal.reason
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return generationFailure('timeout', 'The time given for this generation was up.')
  }
  return generationFailure('cancelled', 'The generation was cancelled.')
}
