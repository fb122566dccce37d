import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../../protocol/api/endpoint.ts'
import { ENDPOINTS } from '../../protocol/api/endpoints.ts'
import { type Route, ROUTES, type RouteName } from '../../protocol/api/routes.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'
import { schemaOf } from './openapi.ts'
import { ApiProblem } from './problem.ts'

const LINES_TYPE = 'application/jsonl; charset=utf-8'

/** Read only as fast as they are taken. */
async function linesOf(answer: Promise<AsyncIterable<object>>): Promise<Readable> {
  const lines = await answer
  async function* texts() {
    for await (const line of lines) yield `${JSON.stringify(line)}\n`
  }
  return Readable.from(texts())
}

type AnyHandler = (input: RouteInput<never>) => unknown

/** Binds a handler to each row of the routes table. */
export function bindRoutes(app: FastifyInstance, handlers: Handlers): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path, lines }: Route = ROUTES[name]
    const { body, bodyBytesMax, takesCbor, status, notFound }: Endpoint = ENDPOINTS[name]
    const handler = handlers[name] as AnyHandler
    app.route({
      method,
      url: path.replace(/\{([a-z_]+)\}/g, ':$1'),
      schema: schemaOf(name),
      ...(bodyBytesMax === null ? {} : { bodyLimit: bodyBytesMax }),
      config: { right: name, notFound, takesCbor },
      preValidation: (request, _reply, done) => {
        done(body !== null && request.body === undefined ? new ApiProblem('body_missing') : undefined)
      },
      handler: (request, reply) => {
        reply.code(status).header('cache-control', 'no-store')
        // The validator has checked these parts against the schemas that the handler's types come from.
        const { params, query, headers, body: content } = request
        const parts = { params, query, headers, body: content }
        if (lines === true) reply.type(LINES_TYPE)
        const answer = handler({
          ...parts,
          onlyAsked: () => void reply.code(200),
          header: (key: string, value: string) => reply.header(key, value),
        } as never)
        return lines === true ? linesOf(answer as Promise<AsyncIterable<object>>) : answer
      },
    })
  }
}
