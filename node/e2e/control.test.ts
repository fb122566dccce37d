import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { NodeState } from '../../protocol/api/control-schema.ts'
import type { Self } from '../../protocol/api/network-schema.ts'
import { poll } from '../swarm/poll.ts'
import { codeOf, untilSaid } from './command.ts'
import { SoloHome, UP } from './solo-home.ts'

const WAIT_MS = 60_000

let solo: SoloHome
beforeEach(async () => {
  solo = await SoloHome.create('control')
})
afterEach(() => solo.remove())

const run = (...args: readonly string[]) => solo.run(...args)
const runJson = <T>(...args: readonly string[]) => solo.runJson<T>(...args)
const up = (...more: readonly string[]) => solo.up(...more)

async function offeredModels(): Promise<number> {
  const { stats } = await runJson<{ stats: { models: number } }>('status')
  return stats.models
}

async function untilOffered(count: number): Promise<void> {
  const found = await poll(async () => ((await offeredModels()) === count ? true : undefined), {
    timeoutMs: WAIT_MS,
  })
  expect(found).toBe(true)
}

describe('consent', () => {
  it('is asked for: without a terminal and without the flag nothing starts and nothing is written', async () => {
    const { code, err } = await run(...UP)
    expect(code).toBe(77)
    expect(err).toContain('consent_missing')
    expect(err).toContain('--accept-terms')
    await expect(stat(solo.data)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is recorded with version, time and way, and not asked for again', async () => {
    const first = await up('--accept-terms')
    const consent: unknown = JSON.parse(await readFile(join(solo.data, 'consent.json'), 'utf8'))
    expect(consent).toMatchObject({ terms_version: 1, accepted_by: 'flag', revoked_at: null })
    first.kill('SIGTERM')
    expect(await codeOf(first)).toBe(0)
    await up()
    expect(await runJson('consent')).toMatchObject({ status: 'accepted' })
  })

  it('revoked ends all offers, also after a restart with the flag, until it is given again', async () => {
    const first = await up('--accept-terms')
    await untilOffered(1)
    expect(await runJson('consent', 'revoke')).toMatchObject({ status: 'revoked' })
    await untilOffered(0)
    expect((await run('status')).out).toContain('consent  revoked')
    expect(await runJson<NodeState>('resume')).toMatchObject({ state: 'running', bids: false })
    first.kill('SIGKILL')
    await codeOf(first)
    await up('--accept-terms')
    await untilOffered(0)
    expect(await runJson('consent', 'accept')).toMatchObject({ status: 'accepted', accepted_by: 'control' })
    await untilOffered(1)
  })
})

describe('the control socket of a real peer', () => {
  it('is for its owner, follows a kill, and goes with the peer', async () => {
    const first = await up('--accept-terms')
    const path = join(solo.data, 'control.sock')
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    const { self } = await runJson<{ self: Self }>('status')
    first.kill('SIGKILL')
    await codeOf(first)
    const none = await run('pause')
    expect(none.code).toBe(69)
    expect(none.err).toContain(`No peer runs on ${solo.data}`)
    const second = await up()
    expect((await runJson<{ self: Self }>('status')).self.peer_id).toBe(self.peer_id)
    const third = await run(...UP)
    expect(third.code).toBe(73)
    expect(third.err).toContain(`in use by process ${second.pid}`)
    expect(await runJson<NodeState>('pause')).toMatchObject({ pid: second.pid })
    second.kill('SIGTERM')
    expect(await codeOf(second)).toBe(0)
    expect(await readdir(solo.data)).not.toContain('control.sock')
  })

  it('is reached where the data folder has a path too long for a socket', async () => {
    const long = join(solo.home, 'x'.repeat(120))
    const child = await up('--accept-terms', '--data', long)
    expect(await runJson<NodeState>('pause', '--data', long)).toMatchObject({ data_folder: long })
    const elsewhere = (await readFile(join(long, 'control.path'), 'utf8')).trim()
    expect(((await stat(elsewhere)).mode & 0o777).toString(8)).toBe('600')
    child.kill('SIGTERM')
    expect(await codeOf(child)).toBe(0)
    await expect(stat(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

it('a launched peer that can not start ends, although its launcher waits', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const args = ['up', '--accept-terms', '--web', 'false', '--data', solo.data, '--api-port', port]
  const child = solo.begin(args, { isLaunched: true })
  expect(await codeOf(child)).toBe(73)
})

describe('the owner’s verbs', () => {
  it('pause takes the node off the market until resume, across a kill', async () => {
    const first = await up('--accept-terms')
    await untilOffered(1)
    expect(await runJson<NodeState>('pause')).toMatchObject({ state: 'paused', bids: false })
    await untilOffered(0)
    first.kill('SIGKILL')
    await codeOf(first)
    await up()
    expect(await runJson<NodeState>('pause')).toMatchObject({ state: 'paused' })
    expect(await runJson('status')).toMatchObject({ state: 'paused' })
    await untilOffered(0)
    const waited = await run('run', 'What is 1 + 1?', '--deadline', '1')
    expect(waited.code).toBe(1)
    expect(waited.err).toContain('queued: 0 before it; fewer independent nodes')
    expect(await runJson<NodeState>('resume')).toMatchObject({ state: 'running', bids: true })
    await untilOffered(1)
  })

  it('a job runs over the socket, and drain then ends the peer with 0', async () => {
    const child = await up('--accept-terms')
    await untilOffered(1)
    const job = await run('run', 'What is 12 * 7?', '--replicas', '1', '--json')
    expect({ code: job.code, err: job.err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(job.out)).toMatchObject({ status: 'completed' })
    const drained = await run('drain')
    expect(drained).toMatchObject({ code: 0 })
    expect(drained.out).toContain('drained and stopped')
    expect(await codeOf(child)).toBe(0)
    // It was not paused, so the next start takes work.
    await up()
    expect(await runJson<NodeState>('resume')).toMatchObject({ bids: true })
  })

  it('config show says where each value comes from, and masks what is secret', async () => {
    const environment = { HYPERLOOMS_REGION: 'north' }
    const address = ['--ollama-url', 'http://me:secret@127.0.0.1:1']
    const child = solo.begin([...UP, '--accept-terms', ...address], { environment })
    await untilSaid(child, /The peer \S+ runs at/)
    const { settings } = await runJson<{ settings: { name: string }[] }>('config', 'show')
    expect(settings).toEqual(
      expect.arrayContaining([
        { name: 'api_port', value: '0', origin: 'flag', source: '--api-port' },
        { name: 'region', value: 'north', origin: 'environment', source: 'HYPERLOOMS_REGION' },
        { name: 'slots', value: '2', origin: 'default', source: null },
        { name: 'ollama_url', value: 'http://***@127.0.0.1:1', origin: 'flag', source: '--ollama-url' },
      ]),
    )
    const shown = await run('config', 'show', '--origin')
    expect(shown.out).toMatch(/region +north +environment: HYPERLOOMS_REGION/)
    expect(shown.out).not.toContain('secret')
  })

  it('logs shows what was logged and follows it until the peer ends', async () => {
    const child = await up('--accept-terms')
    const { out } = await run('logs', '--json')
    const lines = out.trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toContain('the peer runs')
    expect(await run('logs', '-n', '0')).toMatchObject({ code: 0, out: '' })
    const following = solo.begin(['logs', '-f', '-n', '1'])
    await untilSaid(following, /\S/)
    const seen = untilSaid(following, /request served[^]*the peer has ended/)
    await run('pause')
    child.kill('SIGTERM')
    await seen
    expect(await codeOf(following)).toBe(0)
  })

  it('a further key is made in the data folder and listed', async () => {
    await up('--accept-terms')
    const made = await run('wallet', 'new', 'rent')
    expect(made.code, made.err).toBe(0)
    const listed = await run('wallet', 'list')
    expect(listed.code, listed.err).toBe(0)
    expect(listed.out).toMatch(/further\s+12D3\w+.* rent/)
  })
})
