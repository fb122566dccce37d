import type { JobRequestBody } from '../../protocol/api/job-request-schema.ts'
import { parseCredits } from '../../protocol/api/credits.ts'
import { LIMITS, PPM } from '../../protocol/params.ts'
import type { JobRequest, Wish } from '../../protocol/peer/command.ts'
import { ApiProblem } from './problem.ts'

/** A third answer makes a majority possible; more cost more than they add. */
const REPLICAS_DEFAULT = 3
/** About 750 words: enough for an answer, and a runaway model stops soon. */
const MAX_TOKENS_DEFAULT = 1_024

/** A request with the prompt still to be stored. */
export interface PreparedJob {
  readonly prompt: Uint8Array
  readonly request: Omit<JobRequest, 'prompt'>
}

function promptBytes(prompt: string): Uint8Array {
  if (!prompt.isWellFormed())
    throw new ApiProblem('text_not_well_formed', 'prompt contains an unpaired surrogate')
  if (prompt.trim() === '') throw new ApiProblem('prompt_empty')
  const bytes = new TextEncoder().encode(prompt)
  if (bytes.length <= LIMITS.promptBytes) return bytes
  throw new ApiProblem(
    'prompt_too_large',
    `the prompt has ${bytes.length} bytes, ${LIMITS.promptBytes} are allowed`,
  )
}

/** Names are compared byte by byte everywhere, and the protocol counts them in UTF-16 units. */
function plainText(field: string, text: string | undefined, max: number): string | null {
  if (text === undefined) return null
  if (!text.isWellFormed())
    throw new ApiProblem('text_not_well_formed', `${field} contains an unpaired surrogate`)
  if (text.length > max) throw new ApiProblem('out_of_range', `${field} is longer than ${max} UTF-16 units`)
  return text
}

function priceOf(text: string | undefined): bigint | null {
  if (text === undefined) return null
  const units = parseCredits(text)
  if (units === undefined) throw new ApiProblem('out_of_range', 'max_price is more than the ledger can hold')
  return units
}

/** What a body says of a job beyond what is signed. */
export function wishOf(body: Pick<JobRequestBody, 'priority' | 'label'>): Pick<Wish, 'priority' | 'label'> {
  const label = plainText('label', body.label, LIMITS.labelBytes)
  return {
    ...(body.priority === undefined ? {} : { priority: body.priority }),
    ...(label === null ? {} : { label }),
  }
}

/** Takes a body that fits its schema; throws `ApiProblem` for what a schema can't express. Stores nothing. */
export function prepareJob(body: JobRequestBody): PreparedJob {
  const replicas = body.replicas ?? REPLICAS_DEFAULT
  const { temperature = 0, seed, max_tokens: maxTokens = MAX_TOKENS_DEFAULT } = body.params ?? {}
  return {
    prompt: promptBytes(body.prompt),
    request: {
      model: plainText('model', body.model, LIMITS.modelNameBytes),
      replicas,
      // They cost nothing until one steps in; as many as replicas replace even a wholly silent attempt.
      standbys: replicas,
      comparator: body.comparator ?? 'auto',
      minConfidence: body.min_confidence === undefined ? null : Math.round(body.min_confidence * PPM),
      maxPrice: priceOf(body.max_price),
      region: plainText('region', body.region, LIMITS.regionBytes),
      mode: body.execution_mode ?? 'process',
      visibility: body.visibility ?? 'private',
      temperatureMilli: Math.round(temperature * 1_000),
      seed: seed ?? null,
      maxTokens,
      ...(body.deadline_ms === undefined ? {} : { deadlineMs: body.deadline_ms }),
    },
  }
}
