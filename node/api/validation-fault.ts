import { ApiProblem } from './problem.ts'
import { CREDITS_PATTERN, PEER_ID_PATTERN } from '../../protocol/api/fields.ts'
import type { ErrorCode } from '../../protocol/errors.ts'

/** One complaint of the validator, as far as it matters here. */
interface Complaint {
  readonly keyword: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** Fields whose every fault has one code. */
const FIELD_CODES: Readonly<Record<string, ErrorCode>> = { '/replicas': 'replicas_out_of_range' }
/** Field names of a caller that are repeated to it. */
const NAME_CHARACTERS_MAX = 64

function firstOf(names: unknown): string {
  const name: unknown = Array.isArray(names) ? names[0] : undefined
  return typeof name === 'string' ? name.slice(0, NAME_CHARACTERS_MAX) : 'unnamed'
}

function fieldOf(complaint: Complaint): string {
  return complaint.instancePath.slice(1).replaceAll('/', '.').slice(0, NAME_CHARACTERS_MAX) || 'body'
}

function codeOf({ keyword, instancePath }: Complaint): ErrorCode {
  const own = FIELD_CODES[instancePath]
  if (own !== undefined) return own
  if (instancePath === '/prompt' && keyword === 'minLength') return 'prompt_empty'
  if (instancePath === '/amount' && keyword === 'pattern') return 'amount_out_of_range'
  if (instancePath === '/memo' && keyword === 'maxLength') return 'memo_too_long'
  return keyword === 'type' ? 'wrong_type' : 'out_of_range'
}

/** What a text of each pattern is. */
const PATTERNS: ReadonlyMap<unknown, string> = new Map([
  [PEER_ID_PATTERN, 'is no id of a peer or an account, such as 12D3KooW...'],
  [CREDITS_PATTERN, 'is no number of credits, such as 12.5 (six decimals at most)'],
])

/** A pattern is for programs: what people read names the thing. */
function sayingOf({ keyword, instancePath, params, message }: Complaint): string {
  if (instancePath === '/prompt' && keyword === 'minLength') return 'is empty'
  const known = keyword === 'pattern' ? PATTERNS.get(params['pattern']) : undefined
  if (known !== undefined) return known
  return message ?? 'is not valid'
}

/** Says in one problem what a request's body or query did wrong: the first fault, unknown fields before others. */
export function faultOf(complaints: readonly Complaint[], part: string): ApiProblem {
  const unknown = complaints.find(({ keyword }) => keyword === 'additionalProperties')
  if (unknown !== undefined) {
    return new ApiProblem(
      'unknown_field',
      `the ${part} has no field ${firstOf(unknown.params['additionalProperties'])}`,
    )
  }
  const first = complaints[0]
  if (first === undefined) return new ApiProblem('out_of_range', `the ${part} is not valid`)
  if (first.keyword === 'required') {
    return new ApiProblem('missing_field', `the ${part} needs ${firstOf(first.params['requiredProperties'])}`)
  }
  return new ApiProblem(codeOf(first), `${fieldOf(first)} ${sayingOf(first)}`)
}
