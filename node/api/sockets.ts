import type { WebSocket } from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { SOCKETS, type SocketName } from '../../protocol/api/routes.ts'
import type { Reader } from './feed.ts'
import { SERVER_LIMITS } from './limits.ts'
import { ApiProblem } from './problem.ts'
import type { SocketHub } from './socket-hub.ts'

/** `since` is the `seq` of the newest message seen: a socket goes on behind it, or starts with a snapshot. */
const socketQuery = Type.Object(
  { since: Type.Optional(Type.Integer({ minimum: 0 })) },
  { additionalProperties: false },
)

function readerOf(socket: WebSocket): Reader {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    get isOpen() {
      return socket.readyState === socket.OPEN
    },
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
  }
}

/** Ends a connection whose other end has silently gone. */
function keepAlive(socket: WebSocket): void {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, SERVER_LIMITS.pingMs)
  socket.once('close', () => clearInterval(timer))
}

/** Binds the WebSockets. A plain request for one is told to upgrade. */
export function bindSockets(app: FastifyInstance, hub: SocketHub): void {
  type Watch = (params: unknown, reader: Reader, since: number | undefined) => void
  const bind = (name: SocketName, watch: Watch) => {
    app.route({
      method: 'GET',
      url: SOCKETS[name].path.replace(/\{([a-z_]+)\}/g, ':$1'),
      schema: { querystring: socketQuery, hide: true },
      config: { right: name },
      preHandler: (_request, _reply, done) => {
        done(hub.size < SERVER_LIMITS.sockets ? undefined : new ApiProblem('too_many_sockets'))
      },
      handler: () => {
        throw new ApiProblem('upgrade_required')
      },
      wsHandler: (socket, request) => {
        const reader = readerOf(socket)
        keepAlive(socket)
        socket.once('close', () => hub.remove(reader))
        watch(request.params, reader, sinceOf(request.query))
      },
    })
  }
  bind('watchJob', (params, reader, since) => hub.watchJob(idOf(params), reader, since))
  bind('watchNetwork', (_params, reader, since) => hub.watchNetwork(reader, since))
}

/** Validation has made it a number, or there is none. */
function sinceOf(query: unknown): number | undefined {
  if (typeof query !== 'object' || query === null || !('since' in query)) return undefined
  return typeof query.since === 'number' ? query.since : undefined
}

function idOf(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('id' in params)) return ''
  return typeof params.id === 'string' ? params.id : ''
}
