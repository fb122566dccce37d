import type { IncomingMessage } from 'node:http'
import { Server, type Socket } from 'node:net'
import type { Listener, Transport } from '@libp2p/interface'
import { type WebSocketsComponents, webSockets } from '@libp2p/websockets'

export interface WebSocketGuard {
  readonly connectionsMax: number
  /** From the accepted socket to the complete upgrade request. */
  readonly handshakeMs: number
}

/**
 * The WebSocket transport with what its listener lacks. On its own it waits for ever for a socket's first
 * byte, never applies the HTTP header timeout (its HTTP server doesn't listen by itself), accepts any number
 * of sockets, and can't be closed while a silent one is open.
 */
export function guardedWebSockets(guard: WebSocketGuard): (components: WebSocketsComponents) => Transport {
  const handshakes = new Map<Socket, NodeJS.Timeout>()
  const settle = (socket: Socket): void => {
    clearTimeout(handshakes.get(socket))
    handshakes.delete(socket)
  }
  const watch = (socket: Socket): void => {
    handshakes.set(
      socket,
      setTimeout(() => socket.destroy(), guard.handshakeMs),
    )
    socket.once('close', () => settle(socket))
  }
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => {
    settle(request.socket)
    return true
  }
  const create = webSockets({ http: { shouldUpgradeCallback } })
  return (components) => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options)
      const server = serverOf(listener)
      server.maxConnections = guard.connectionsMax
      server.on('connection', watch)
      const close = listener.close.bind(listener)
      listener.close = async () => {
        const closed = close()
        for (const socket of handshakes.keys()) socket.destroy()
        await closed
      }
      return listener
    }
    return transport
  }
}

/** The socket server is missing from the listener's type; without it there is no guard, so that is fatal. */
function serverOf(listener: Listener): Server {
  const server: unknown = Reflect.get(listener, 'server')
  if (server instanceof Server) return server
  throw new Error('The WebSocket listener has no socket server that could be guarded.')
}
