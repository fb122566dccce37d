import { randomUUID } from 'node:crypto'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastifyWebsocket from '@fastify/websocket'
import { fastify, type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { createApiKeys } from './api-keys.ts'
import type { Backend } from './backend.ts'
import type { Digest } from '../../protocol/ids.ts'
import { bindRoutes } from './bind-routes.ts'
import { isLoopbackHost } from './caller.ts'
import { createControlListener } from './control-listener.ts'
import { acceptBodies, refuseConnection, sendProblem } from './error-handling.ts'
import { addGuards, type GuardParts, nameFault } from './guards.ts'
import { createHandlers } from './handlers.ts'
import { hostRule } from './host-check.ts'
import { SERVER_LIMITS } from './limits.ts'
import { serveDocs } from './openapi.ts'
import { ApiProblem } from './problem.ts'
import { createSocketHub } from './socket-hub.ts'
import { bindSockets } from './sockets.ts'
import { watchThroughput } from './throughput.ts'
import { servePages } from './web-pages.ts'

export interface ApiServerOptions {
  readonly backend: Backend
  /** Address to listen on, e.g. `127.0.0.1`. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Folder of the built pages; without one, or before it is built, `/` says how to build them. */
  readonly webRoot?: string
  /** Further names under which browsers may call: `host` for any port, or `host:port`. */
  readonly allowedHosts?: readonly string[]
  /** Needed to listen beyond loopback, where neither TLS nor keys protect anything yet. */
  readonly insecure?: boolean
  /** Digests of the keys that `X-API-Key` may show (`digestOfKey`); without one, no key opens anything. */
  readonly apiKeyDigests?: readonly Digest[]
  readonly version: string
  readonly logger: FastifyBaseLogger
}

export interface ApiServer {
  /** Fastify's in-process entrance, for tests and for callers that come over other transports. */
  readonly app: FastifyInstance
  /** Where it listens, e.g. `http://127.0.0.1:8000`; known once `listen` resolved. */
  readonly url: string
  listen(): Promise<string>
  /** Listens on a unix socket as well, whose callers are the account that owns this process. */
  listenControl(path: string): Promise<void>
  /** Says goodbye to sockets, answers requests that wait, lets the others end and frees the port. */
  close(): Promise<void>
}

/** The server could not be made as asked. */
class ApiServerError extends Error {
  readonly code: 'insecure_bind'

  constructor(host: string) {
    super(`listening on ${host} is open to other machines: pass the option insecure to allow it`)
    this.name = 'ApiServerError'
    this.code = 'insecure_bind'
  }
}

function createApp(logger: FastifyBaseLogger, guards: GuardParts): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: SERVER_LIMITS.bodyBytes,
    requestTimeout: SERVER_LIMITS.requestTimeoutMs,
    connectionTimeout: SERVER_LIMITS.idleTimeoutMs,
    routerOptions: { maxParamLength: SERVER_LIMITS.pathPartCharacters },
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    // These come before any hook, so the host is judged here as well.
    frameworkErrors: (error, request, reply) => {
      const fault = nameFault(request, guards)
      // Nobody else ends the connection if it asked for an upgrade.
      reply.raw.once('finish', () => request.raw.destroy())
      void sendProblem(fault === undefined ? error : new ApiProblem(fault), request, reply)
    },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, randomUUID()),
  })
  app.server.headersTimeout = SERVER_LIMITS.headersTimeoutMs
  app.server.maxConnections = SERVER_LIMITS.connections
  app.setErrorHandler(sendProblem)
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  // The handlers' types hold the shape, so the plain serialiser does, which changes nothing on the way out.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  acceptBodies(app)
  logOutcomes(app)
  return app
}

/** One line for each request that changed something or failed here; reads are too many to be worth a line. */
function logOutcomes(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    const level =
      reply.statusCode >= 500 ? 'warn' : method === 'POST' || method === 'DELETE' ? 'info' : 'debug'
    const durationMs = Math.round(reply.elapsedTime)
    request.log[level](
      { method, route: routeOptions.url, status: reply.statusCode, durationMs },
      'request served',
    )
    done()
  })
}

/** Builds the server without listening yet. Throws `ApiServerError` for an address that isn't loopback. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { backend, host, version } = options
  if (!isLoopbackHost(host) && options.insecure !== true) throw new ApiServerError(host)
  let portInUse = options.port
  const control = createControlListener(() => app)
  const guards: GuardParts = {
    rule: hostRule(() => portInUse, options.allowedHosts ?? []),
    keys: createApiKeys(options.apiKeyDigests ?? [], () => performance.now()),
    control,
  }
  const app = createApp(options.logger, guards)
  // First of all hooks: it ends the connection of an upgrade that a later one refuses.
  await registerSockets(app)
  await addGuards(app, guards)

  const throughput = watchThroughput(backend)
  const failed = (error: unknown) => app.log.error({ err: error }, 'a socket could not be served')
  const hub = createSocketHub({ backend, throughput, failed })
  const stopping = new AbortController()
  // Else the stop waits for whoever keeps the connection of the answer open.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping.signal.aborted) reply.header('connection', 'close')
    done()
  })
  app.addHook('preClose', (done) => {
    stopping.abort()
    hub.stop()
    throughput.stop()
    backend.control.logs.close()
    done()
  })
  const url = () => `http://${urlHost(host)}:${portInUse}`
  await serveDocs(app, version)
  const served = { version, url }
  bindRoutes(app, createHandlers({ backend, throughput, served, stopping: stopping.signal }))
  bindSockets(app, hub)
  await servePages(app, options.webRoot)
  await app.ready()

  return {
    app,
    get url() {
      return url()
    },
    async listen() {
      await app.listen({ host, port: options.port })
      const bound = app.server.address()
      if (bound !== null && typeof bound === 'object') portInUse = bound.port
      return url()
    },
    listenControl: (path) => control.listen(path),
    async close() {
      await Promise.all([app.close(), control.close()])
    },
  }
}

/** A name that works in a browser for an address to listen on. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

async function registerSockets(app: FastifyInstance): Promise<void> {
  await app.register(fastifyWebsocket, {
    options: { maxPayload: SERVER_LIMITS.socketInputBytes, perMessageDeflate: false },
    // Broken connections are everyday; the close event does the rest.
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: (done) => {
      const { clients } = app.websocketServer
      // A reader that doesn't answer the goodbye must not hold up the stop.
      const timer = setTimeout(() => clients.forEach((client) => client.terminate()), SERVER_LIMITS.goodbyeMs)
      app.websocketServer.close(() => clearTimeout(timer))
      done()
    },
  })
}
