import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RIGHTS } from '../../protocol/api/rights.ts'
import type { RouteName, SocketName } from '../../protocol/api/routes.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { ApiKeys } from './api-keys.ts'
import { addressCaller, callerOf } from './caller.ts'
import type { ControlListener } from './control-listener.ts'
import { hostFault, type HostRule } from './host-check.ts'
import { SERVER_LIMITS } from './limits.ts'
import { ApiProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's row in the rights table; pages and documents have none, since they tell nothing. */
    right?: RouteName | SocketName
    /** What an address that can't exist answers with. */
    notFound?: ErrorCode | null
    /** Whether a bare envelope is a body, too. */
    takesCbor?: boolean
  }
}

/** Own scripts, styles and sockets, nothing else and nowhere else; not even inside another page. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    workerSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}

export interface GuardParts {
  readonly rule: HostRule
  readonly keys: ApiKeys
  readonly control: Pick<ControlListener, 'isFrom'>
}

/**
 * No name leads a browser to the control socket, so whatever host is asked for there is as good as any; but a
 * request with an origin comes from a page, by whatever proxy, and no page rules a peer.
 */
export function nameFault(
  request: Pick<FastifyRequest, 'headers' | 'raw'>,
  { rule, control }: Pick<GuardParts, 'rule' | 'control'>,
): ErrorCode | undefined {
  if (!control.isFrom(request)) return hostFault(request.headers, rule)
  return request.headers.origin === undefined ? undefined : 'origin_not_allowed'
}

/** What somebody without the right is told that they lack. */
function refusalOf(row: (typeof RIGHTS)[keyof typeof RIGHTS]): ErrorCode {
  if (row.loopback) return 'not_permitted'
  return row.api_key ? 'api_key_missing' : 'control_only'
}

/**
 * What every request and upgrade passes before its route: host and origin, then the rate, then the API key if
 * it shows one, then the rights.
 */
export async function addGuards(app: FastifyInstance, parts: GuardParts): Promise<void> {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    const fault = nameFault(request, parts)
    done(fault === undefined ? undefined : new ApiProblem(fault))
  })
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // The server speaks plain HTTP on loopback; promising HTTPS for that name would break other local pages.
    strictTransportSecurity: false,
  })
  await app.register(fastifyRateLimit, { global: false })
  const limit = app.createRateLimit({
    keyGenerator: (request) => (parts.control.isFrom(request) ? 'control' : request.ip),
    max: (request) =>
      parts.control.isFrom(request) || addressCaller(request.ip) === 'loopback'
        ? SERVER_LIMITS.loopbackRequestsPerMinute
        : SERVER_LIMITS.remoteRequestsPerMinute,
    timeWindow: '1 minute',
  })
  app.addHook('onRequest', async (request, reply) => {
    const rate = await limit(request)
    if (!rate.isAllowed && rate.isExceeded) {
      reply.header('retry-after', String(rate.ttlInSeconds))
      throw new ApiProblem('rate_limited')
    }
    const { right } = request.routeOptions.config
    if (right === undefined) return
    const row = RIGHTS[right]
    if (!row[callerOf(request, parts)]) throw new ApiProblem(refusalOf(row))
  })
}
