import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuseConnection } from './error-handling.ts'
import { SERVER_LIMITS } from './limits.ts'

/**
 * A socket is usable from the moment that it is bound, so nobody else may have it then. The owner's own bits stay:
 * another thread may be making a folder at that moment.
 */
const PRIVATE_UMASK = 0o077
const PRIVATE_MODE = 0o600

/** The second entrance of the server: a unix socket that only the account of this process can connect to. */
export interface ControlListener {
  /** Whether a request came in here. Nothing in a request can pretend so: its connection decides. */
  isFrom(request: Pick<FastifyRequest, 'raw'>): boolean
  /** Throws what binding a socket throws. */
  listen(path: string): Promise<void>
  /** Lets running requests end. */
  close(): Promise<void>
}

/** Requests and upgrades of the socket go to the same routes, hooks and handlers as those of the port. */
export function createControlListener(app: () => FastifyInstance): ControlListener {
  const sockets = new WeakSet<Socket>()
  const server = createServer((request, response) => app().routing(request, response))
  server.on('connection', (socket) => sockets.add(socket))
  server.on('upgrade', (request, socket, head) => app().server.emit('upgrade', request, socket, head))
  server.on('clientError', (error, socket) => {
    // What Node gives for a connection of its own server is the socket itself.
    refuseConnection(error, socket as Socket, randomUUID())
  })
  server.requestTimeout = SERVER_LIMITS.requestTimeoutMs
  server.headersTimeout = SERVER_LIMITS.headersTimeoutMs
  server.maxConnections = SERVER_LIMITS.connections
  return {
    isFrom: ({ raw }) => sockets.has(raw.socket),
    async listen(path) {
      const before = process.umask(PRIVATE_UMASK)
      try {
        // Binding happens within this call, so the mask is back before anybody else makes a file.
        server.listen(path)
      } finally {
        process.umask(before)
      }
      await once(server, 'listening')
      await chmod(path, PRIVATE_MODE)
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
