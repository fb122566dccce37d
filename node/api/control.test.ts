import { spawnSync } from 'node:child_process'
import { chmod, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Backup } from './control-port.ts'
import { createBackups } from './backups.ts'
import { openTestSocket, startTestServer, TEST_KEY, type TestServer, type TestSocket } from './test-server.ts'

let test: TestServer
let socket: TestSocket
beforeEach(async () => {
  test = await startTestServer()
  socket = await openTestSocket(test.server)
})
afterEach(async () => {
  await test.server.close()
  await socket.remove()
})

const NODE = { method: 'GET', path: '/api/v1/control/node' }

describe('the control socket', () => {
  it('is usable by its owner only from the moment that it is there', async () => {
    expect(((await stat(socket.path)).mode & 0o777).toString(8)).toBe('600')
  })

  it.runIf(process.getuid?.() === 0)('lets in no process of another account', async () => {
    await chmod(dirname(socket.path), 0o755)
    const script = `require('node:net').connect(${JSON.stringify(socket.path)})
      .on('error', ({ code }) => process.stdout.write(code)).on('connect', () => process.stdout.write('connected'))`
    const { stdout } = spawnSync(process.execPath, ['-e', script], {
      uid: 65_534,
      gid: 65_534,
      timeout: 10_000,
    })
    expect(String(stdout)).toBe('EACCES')
  })

  it('needs no host name and takes no page', async () => {
    expect((await socket.call({ ...NODE, headers: { host: 'whatever.example' } })).status).toBe(200)
    const fromPage = await socket.call({ ...NODE, headers: { origin: 'http://localhost:8000' } })
    expect(JSON.parse(fromPage.body)).toMatchObject({ code: 'origin_not_allowed' })
  })

  it('has the rights of the owner whatever key is shown', async () => {
    expect((await socket.call({ ...NODE, headers: { 'x-api-key': 'hlk_wrong' } })).status).toBe(200)
  })

  it('can not be claimed by a header or an address', async () => {
    for (const headers of [
      { host: 'localhost:8000' },
      { host: 'localhost:8000', 'x-api-key': TEST_KEY },
      { host: 'localhost:8000', 'x-forwarded-for': '' },
    ]) {
      const answer = await test.server.app.inject({ url: NODE.path, headers })
      expect(answer.json()).toMatchObject({ code: 'control_only', status: 403 })
    }
  })

  it('carries WebSockets', async () => {
    const raw = connect(socket.path)
    const head = [
      'GET /ws/network HTTP/1.1',
      'host: x',
      'connection: Upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    raw.write(`${head.join('\r\n')}\r\n\r\n`)
    const { promise, resolve } = Promise.withResolvers<string>()
    let seen = ''
    raw.on('data', (chunk) => {
      seen += String(chunk)
      if (seen.includes('"snapshot"')) resolve(seen)
    })
    expect(await promise).toMatch(/^HTTP\/1.1 101 /)
    raw.destroy()
  })

  it('answers what is no request, and goes on', async () => {
    const raw = connect(socket.path)
    const { promise, resolve } = Promise.withResolvers<string>()
    let seen = ''
    raw.on('data', (chunk) => (seen += String(chunk)))
    raw.on('close', () => resolve(seen))
    raw.write('nonsense\r\n\r\n')
    expect(await promise).toContain('malformed_request')
    expect((await socket.call(NODE)).status).toBe(200)
  })
})

describe('the node', () => {
  it('does what it is told and says how it stands then', async () => {
    expect(await socket.client.pauseNode()).toMatchObject({ state: 'paused', bids: false, running_jobs: 1 })
    expect(await socket.client.resumeNode()).toMatchObject({ state: 'running', bids: true })
    expect(await socket.client.drainNode()).toMatchObject({ state: 'draining' })
    await socket.client.shutdownNode()
    expect(test.backend.control.done).toEqual(['pause', 'resume', 'drain', 'shutdown'])
  })

  it('agrees to the terms that were shown, and to no others', async () => {
    expect(await socket.client.revokeConsent()).toMatchObject({ status: 'revoked' })
    await expect(socket.client.acceptConsent({ body: { terms_version: 2 } })).rejects.toMatchObject({
      code: 'terms_outdated',
    })
    expect(await socket.client.getConsent()).toMatchObject({ status: 'revoked' })
    expect(await socket.client.acceptConsent({ body: { terms_version: 1 } })).toMatchObject({
      status: 'accepted',
    })
  })

  it('shows log lines with their context, and a line that was too long by its number', async () => {
    const { items, last, missed } = await socket.client.getLogs()
    expect(items).toMatchObject([
      { number: 1, level: 'info', message: 'the peer runs', context: { url: 'http://x' } },
      { number: 2, context: {} },
    ])
    expect({ last, missed }).toEqual({ last: 2, missed: 0 })
    expect((await socket.client.getLogs({ query: { after: 1, wait_ms: 5 } })).items).toHaveLength(1)
    expect(test.backend.control.done).toEqual(['wait'])
  })

  it('makes one more account, shown as not the default', async () => {
    expect(await socket.client.createWallet({ body: { label: 'rent' } })).toMatchObject({
      label: 'rent',
      is_default: false,
    })
    await expect(socket.client.createWallet({ body: { label: 'refused' } })).rejects.toMatchObject({
      status: 409,
      code: 'keys_sealed',
    })
    expect((await socket.client.listWallets()).items).toMatchObject([{ label: 'peer', is_default: true }])
  })
})

describe('backups', () => {
  const CHOICE = { passphrase: undefined, plainKeys: true, bodies: true }
  const failing: Backup = () =>
    Promise.reject(Object.assign(new Error('the disk is full'), { code: 'ENOSPC' }))

  it('are not to be had from a program without that part', () => {
    const backups = createBackups(undefined, () => 0)
    expect(() => backups.start('/b', CHOICE)).toThrow(expect.objectContaining({ code: 'not_available' }))
    expect(() => backups.read()).toThrow(expect.objectContaining({ code: 'backup_not_found' }))
  })

  it('tell how far they are, run one at a time and end when they are cancelled', async () => {
    const ended = Promise.withResolvers<never>()
    const backup: Backup = (_path, { signal }, progress) => {
      progress({ bytesDone: 5, bytesTotal: 10 })
      signal.addEventListener('abort', () => ended.reject(new Error('stopped')))
      return ended.promise
    }
    const backups = createBackups(backup, () => 7)
    expect(backups.start('/b', CHOICE).state).toBe('running')
    expect(backups.read()).toMatchObject({ bytes_done: 5, bytes_total: 10, ended_at: null })
    expect(() => backups.start('/c', CHOICE)).toThrow(expect.objectContaining({ code: 'backup_running' }))
    backups.cancel()
    await ended.promise.catch(() => undefined)
    expect(backups.read()).toMatchObject({ state: 'cancelled', failure: null })
    expect(backups.start('/c', CHOICE).path).toBe('/c')
  })

  it('say why they failed', async () => {
    const backups = createBackups(failing, () => 0)
    backups.start('/b', CHOICE)
    await Promise.resolve()
    await Promise.resolve()
    expect(backups.read()).toMatchObject({
      state: 'failed',
      failure: { code: 'ENOSPC', detail: 'the disk is full' },
    })
  })
})
