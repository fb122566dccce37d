import type { Problem } from '../../protocol/api/fields.ts'
import { type ErrorCode, ERRORS } from '../../protocol/errors.ts'

/** An expected outcome of a route that isn't a success; the server turns it into problem+json. */
export class ApiProblem extends Error {
  readonly code: ErrorCode
  readonly detail: string

  constructor(code: ErrorCode, detail: string = ERRORS[code].title) {
    super(`${code}: ${detail}`)
    this.name = 'ApiProblem'
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

export const PROBLEM_TYPE = 'application/problem+json'

export function problemBody(
  { code, detail }: { code: ErrorCode; detail: string },
  requestId: string,
): Problem {
  const { status, title } = ERRORS[code]
  return { type: `urn:hyperlooms:error:${code}`, title, status, code, detail, request_id: requestId }
}
