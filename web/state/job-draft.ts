import type { JobRequestBody } from '../../protocol/api/job-request-schema.ts'
import { parseCredits } from '../../protocol/api/credits.ts'

/** The editor's fields as they are typed; empty means: the default of the swarm. */
export interface JobDraft {
  readonly prompt: string
  readonly model: string
  readonly replicas: number
  readonly comparator: NonNullable<JobRequestBody['comparator']>
  readonly maxPrice: string
  readonly minConfidencePercent: string
  readonly temperature: string
  readonly visibility: NonNullable<JobRequestBody['visibility']>
}

export const EMPTY_DRAFT: JobDraft = {
  prompt: '',
  model: '',
  replicas: 3,
  comparator: 'auto',
  maxPrice: '',
  minConfidencePercent: '',
  temperature: '0',
  visibility: 'private',
}

export const REPLICAS_MAX = 9
const TEMPERATURE_MAX = 2

export type DraftFault = { readonly field: keyof JobDraft; readonly sentence: string }

function numberWithin(text: string, max: number): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return value >= 0 && value <= max ? value : undefined
}

/** The first field that can't be sent as it is; the server has the last word on all others. */
export function draftFault(draft: JobDraft): DraftFault | undefined {
  if (draft.prompt.trim() === '') return { field: 'prompt', sentence: 'Write a prompt first.' }
  if (draft.maxPrice.trim() !== '' && parseCredits(draft.maxPrice.trim()) === undefined) {
    return {
      field: 'maxPrice',
      sentence: 'The highest price is a number of credits with at most six decimals, such as 1.5.',
    }
  }
  if (
    draft.minConfidencePercent.trim() !== '' &&
    numberWithin(draft.minConfidencePercent, 100) === undefined
  ) {
    return { field: 'minConfidencePercent', sentence: 'The lowest confidence is between 0 and 100 percent.' }
  }
  if (numberWithin(draft.temperature, TEMPERATURE_MAX) === undefined) {
    return { field: 'temperature', sentence: 'The temperature is between 0 and 2.' }
  }
  return undefined
}

/** What is sent for a draft without fault. */
export function requestOf(draft: JobDraft): JobRequestBody {
  const { prompt, model, replicas, comparator, visibility } = draft
  const maxPrice = draft.maxPrice.trim()
  const minConfidence = draft.minConfidencePercent.trim()
  return {
    prompt,
    replicas,
    comparator,
    visibility,
    params: { temperature: Number(draft.temperature) },
    ...(model === '' ? {} : { model }),
    ...(maxPrice === '' ? {} : { max_price: maxPrice }),
    ...(minConfidence === '' ? {} : { min_confidence: Number(minConfidence) / 100 }),
  }
}
