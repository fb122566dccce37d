import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobMessage, NetworkMessage } from '../../protocol/api/socket-messages.ts'
import { testTicket } from '../../protocol/jobs/testing-tickets.ts'
import type { TokenNews } from './backend.ts'
import { SERVER_LIMITS } from './limits.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let test: TestServer
let url: string
beforeEach(async () => {
  test = await startTestServer({ port: 0 })
  url = await test.server.listen()
})
afterEach(() => test.server.close())

function open(path: string): WebSocket {
  return new WebSocket(url.replace('http', 'ws') + path)
}

function nextMessage<T>(socket: WebSocket): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', (event) => resolve(JSON.parse(String(event.data)) as T), {
      once: true,
    })
    socket.addEventListener('close', (event) => reject(new Error(`closed with ${event.code}`)), {
      once: true,
    })
  })
}

function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.addEventListener('close', (event) => resolve(event.code), { once: true })
  })
}

/** Asks for an upgrade with headers that a browser's socket would not let a page choose. */
function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const handshake = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const asked = request(url + path, { headers: { ...handshake, ...headers } })
    // A refused upgrade must end its connection: nothing else would.
    asked.on('response', (response) => {
      response.resume()
      response.socket.once('close', () => resolve(response.statusCode ?? 0))
    })
    asked.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe('watching a job', () => {
  it('shows a snapshot, then each change', async () => {
    const { backend } = test
    const socket = open(`/ws/jobs/${backend.runningJob}?since=5`)
    const snapshot = await nextMessage<JobMessage>(socket)
    expect(snapshot).toMatchObject({ type: 'snapshot', job: { id: backend.runningJob, status: 'running' } })
    const record = backend.records.get(backend.runningJob)
    if (record === undefined) throw new TypeError('the running job is missing')
    const update = nextMessage<JobMessage>(socket)
    backend.records.set(record.job, { ...record, status: 'completed' })
    backend.notify(record.job)
    const message = await update
    expect(message).toMatchObject({ type: 'update', job: { status: 'completed' } })
    expect(message.seq).toBeGreaterThan(snapshot.seq)
    const closed = closeCode(socket)
    socket.close()
    await closed
  })

  it('tells an answer while it is made, and to whoever comes later from its beginning', async () => {
    const { backend } = test
    const job = backend.runningJob
    const tell = (news: TokenNews) => backend.followers.get(job)?.forEach((follower) => follower(news))
    const early = open(`/ws/jobs/${job}`)
    await nextMessage(early)
    for (const news of [
      { type: 'tokens', rank: 0, at: 0, text: 'half' },
      { type: 'reset', rank: 1 },
      { type: 'tokens', rank: 1, at: 0, text: 'wh' },
      { type: 'tokens', rank: 1, at: 1, text: 'hole' },
    ] as const) {
      const heard = nextMessage(early)
      tell(news)
      expect(await heard).toEqual(news)
    }
    const late = open(`/ws/jobs/${job}`)
    expect(await nextMessage(late)).toEqual({ type: 'tokens', rank: 1, at: 0, text: 'whole' })
    const closed = [closeCode(early), closeCode(late)]
    early.close()
    late.close()
    await Promise.all(closed)
    await vi.waitFor(() => expect(backend.followers.get(job)?.size).toBe(0))
  })

  it('goes on with the job that a submission becomes, and with its answer', async () => {
    const { backend } = test
    const job = backend.runningJob
    const ticket = testTicket('slow')
    backend.waiting.push(ticket)
    const socket = open(`/ws/jobs/${ticket.name}`)
    expect(await nextMessage(socket)).toMatchObject({ job: { id: ticket.name, status: 'queued' } })
    const opened = nextMessage(socket)
    backend.waiting.splice(0)
    backend.submissions.set(ticket.name, { content: ticket.content, job, withdrawn: null })
    backend.notify(ticket.name)
    expect(await opened).toMatchObject({ job: { id: job, status: 'running' } })
    const told = nextMessage(socket)
    const news: TokenNews = { type: 'tokens', rank: 0, at: 0, text: 'yes' }
    backend.followers.get(job)?.forEach((follower) => follower(news))
    expect(await told).toEqual(news)
    const changed = nextMessage(socket)
    backend.notify(job)
    expect(await changed).toMatchObject({ type: 'update', job: { id: job } })
    const closed = closeCode(socket)
    socket.close()
    await closed
    await vi.waitFor(() => expect(backend.followers.get(job)?.size).toBe(0))
  })

  it.each(['0'.repeat(64), 'nonsense', '..%2f', '__proto__'])('closes with 4404 for %s', async (id) => {
    expect(await closeCode(open(`/ws/jobs/${id}`))).toBe(4404)
  })

  it('is told when the server stops', async () => {
    const socket = open(`/ws/jobs/${test.backend.runningJob}`)
    await nextMessage(socket)
    const closed = closeCode(socket)
    await test.server.close()
    expect(await closed).toBe(1001)
    expect(test.backend.listeners.size).toBe(0)
  })

  it('ends a socket that talks too much', async () => {
    const socket = open(`/ws/jobs/${test.backend.runningJob}`)
    await nextMessage(socket)
    const closed = closeCode(socket)
    socket.send('x'.repeat(SERVER_LIMITS.socketInputBytes + 1))
    expect(await closed).toBe(1009)
  })
})

describe('watching the network', () => {
  it('shows the figures', async () => {
    const socket = open('/ws/network')
    expect(await nextMessage<NetworkMessage>(socket)).toMatchObject({
      type: 'snapshot',
      stats: { swarm_name: 'test' },
    })
    const update = nextMessage<NetworkMessage>(socket)
    test.backend.notify(null)
    expect(await update).toMatchObject({ type: 'update' })
  })
})

describe('an upgrade', () => {
  it('is judged by host and origin like any request', async () => {
    const host = url.slice('http://'.length)
    expect(await upgrade('/ws/network', { host })).toBe(101)
    expect(await upgrade('/ws/network', { host, origin: url })).toBe(101)
    expect(await upgrade('/ws/network', { host, origin: 'http://evil.example' })).toBe(403)
    expect(await upgrade('/ws/network', { host: 'evil.example' })).toBe(403)
    expect(await upgrade('/ws/nothing', { host })).toBe(404)
    expect(await upgrade('/ws/%', { host })).toBe(404)
    expect(await upgrade('/api/v1/nodes', { host: 'evil.example' })).toBe(403)
  })

  it('is refused beyond the limit of sockets', async () => {
    const sockets = Array.from({ length: SERVER_LIMITS.sockets }, () => open('/ws/network'))
    await Promise.all(sockets.map((socket) => nextMessage(socket)))
    const host = url.slice('http://'.length)
    expect(await upgrade('/ws/network', { host })).toBe(503)
    const [first] = sockets
    if (first === undefined) throw new TypeError('no socket was opened')
    const closed = closeCode(first)
    first.close()
    await closed
    expect(await upgrade('/ws/network', { host })).toBe(101)
  })
})

describe('bytes that are no request', () => {
  it.each([
    ['nonsense', 'GARBAGE\r\n\r\n', 'malformed_request'],
    ['endless headers', `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 'headers_too_large'],
  ])('%s', async (_what, bytes, code) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.write(bytes)
    await once(socket, 'close')
    expect(answer).toContain('application/problem+json')
    expect(answer).toContain(`"code":"${code}"`)
  })
})

describe('listening', () => {
  it('beyond loopback must be asked for', async () => {
    await expect(startTestServer({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'insecure_bind' })
  })
})
