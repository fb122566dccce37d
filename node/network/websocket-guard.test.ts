import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import type { Libp2p } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { guardedWebSockets, type WebSocketGuard } from './websocket-guard.ts'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

async function listening(guard: WebSocketGuard): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [guardedWebSockets(guard)],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  nodes.push(node)
  return node
}

async function rawSocket(node: Libp2p): Promise<Socket> {
  const port = Number(/\/tcp\/(\d+)\//.exec(String(node.getMultiaddrs()[0]))?.[1])
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n'

describe('the guarded WebSocket listener', () => {
  it.each([
    ['is silent', ''],
    ['sends half a request', 'GET / HTTP/1.1\r\nHost: h\r\n'],
    ['asks for a page', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ])('closes a socket that %s', async (_what, request) => {
    const socket = await rawSocket(await listening({ connectionsMax: 8, handshakeMs: 50 }))
    socket.resume()
    socket.write(request)
    await once(socket, 'close')
  })

  it('leaves a socket alone once it has been upgraded', async () => {
    const node = await listening({ connectionsMax: 8, handshakeMs: 100 })
    const upgraded = await rawSocket(node)
    upgraded.write(UPGRADE)
    await once(upgraded, 'data')
    // A silent socket that came later is closed first if the deadline still held for the upgraded one too.
    const silent = await rawSocket(node)
    await once(silent.resume(), 'close')
    expect(upgraded.destroyed).toBe(false)
    expect(upgraded.readableEnded).toBe(false)
    upgraded.destroy()
  })

  it('accepts as many sockets as the maximum and not one more', async () => {
    const node = await listening({ connectionsMax: 2, handshakeMs: 60_000 })
    const first = await rawSocket(node)
    const second = await rawSocket(node)
    const third = await rawSocket(node)
    await once(third.resume(), 'close')
    expect([first.readableEnded, second.readableEnded]).toEqual([false, false])
  })
})
