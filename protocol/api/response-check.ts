import { Check } from 'typebox/value'
import { ENDPOINTS } from './endpoints.ts'
import type { RouteName } from './routes.ts'

/** Whether a body is what the route promises. For callers that can afford to load the schemas. */
export function checkResponse(route: RouteName, body: unknown): boolean {
  return Check(ENDPOINTS[route].response, body)
}
