import { Check } from 'typebox/value'
import type { Endpoint } from './endpoint.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { RouteName } from './routes.ts'

/** Whether a body is what the route promises. For callers that can afford to load the schemas. */
export function checkResponse(route: RouteName, body: unknown): boolean {
  const { response, asked }: Endpoint = ENDPOINTS[route]
  return Check(response, body) || (asked !== null && Check(asked, body))
}
