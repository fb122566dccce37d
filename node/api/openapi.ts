import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Endpoint } from '../../protocol/api/endpoint.ts'
import { ENDPOINTS } from '../../protocol/api/endpoints.ts'
import { problemSchema } from '../../protocol/api/fields.ts'
import { CALLERS, RIGHTS } from '../../protocol/api/rights.ts'
import type { RouteName } from '../../protocol/api/routes.ts'
import { type ErrorCode, ERRORS } from '../../protocol/errors.ts'
import { PROBLEM_TYPE } from './problem.ts'

/** What any route may answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'host_not_allowed',
  'origin_not_allowed',
  'not_permitted',
  'api_key_invalid',
  'api_key_attempts',
  'rate_limited',
  'internal',
]

const API_KEY_SCHEME = 'apiKey'

const ABOUT = `Every error is \`${PROBLEM_TYPE}\` with a stable \`code\`. Credits are decimal strings, times are
RFC 3339 in UTC, lists are paged by \`limit\` and \`cursor\`. Requests must come under a local host name, and
from no other origin. WebSockets: \`/ws/jobs/{id}\` and \`/ws/network\` send a snapshot, then updates, each
\`{type, seq, job | stats}\`.`

/** Error responses of a route, by status, with the codes that each may carry. */
function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
        content: { [PROBLEM_TYPE]: { schema: problemSchema } },
      },
    ]),
  )
}

function codesOf(name: RouteName): readonly ErrorCode[] {
  const { errors, notFound }: Endpoint = ENDPOINTS[name]
  const { loopback, api_key: byKey } = RIGHTS[name]
  const key: readonly ErrorCode[] = loopback ? [] : [byKey ? 'api_key_missing' : 'control_only']
  return [...new Set([...errors, ...key, ...(notFound === null ? [] : [notFound]), ...COMMON_ERRORS])]
}

function needsKey(name: RouteName): boolean {
  const row = RIGHTS[name]
  return row.api_key && !row.loopback
}

/** Fastify's schema of a route: it validates by it and documents it. */
export function schemaOf(name: RouteName): FastifySchema {
  const endpoint: Endpoint = ENDPOINTS[name]
  const { summary, tag, params, query, headers, body, status, response, asked } = endpoint
  const callers = CALLERS.filter((caller) => RIGHTS[name][caller])
  return {
    operationId: name,
    summary,
    description: `May be called by: ${callers.join(', ')}.`,
    tags: [tag],
    ...(needsKey(name) ? { security: [{ [API_KEY_SCHEME]: [] }] } : {}),
    ...(endpoint.takesCbor ? { consumes: ['application/json', 'application/cbor'] } : {}),
    ...(params === null ? {} : { params }),
    ...(query === null ? {} : { querystring: query }),
    ...(headers === null ? {} : { headers }),
    ...(body === null ? {} : { body }),
    response: {
      [status]: response,
      ...(asked === null ? {} : { 200: asked }),
      ...errorResponses(codesOf(name)),
    },
  }
}

/** Serves `/openapi.json` and the reference page `/docs`. Must run before the routes are bound. */
export async function serveDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Hyperlooms', version, description: ABOUT },
      components: {
        securitySchemes: { [API_KEY_SCHEME]: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
      },
    },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    // Without this the page asks a public validator about this machine's document.
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
