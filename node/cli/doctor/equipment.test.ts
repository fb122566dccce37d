import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkDocker, placeOf } from './docker.ts'
import type { Finding } from './finding.ts'
import { checkGpu, DRIVERS } from './gpu.ts'
import { checkModels, checkOpenAi } from './models.ts'

async function emptyFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-equipment-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return root
}

/** Answers each path with a document, and others with 404. */
function documents(answers: Readonly<Record<string, unknown>>): RequestListener {
  return ({ url = '' }, response) => {
    const answer = answers[url]
    response.statusCode = answer === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer ?? {}))
  }
}

async function serve(listener: RequestListener, place: string | number): Promise<number> {
  const server = createServer(listener)
  onTestFinished(() => server.close().closeAllConnections())
  await once(server.listen(place), 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const brief = ({ status, fix }: Finding) => [status, fix?.code]

describe('the model server', () => {
  const check = (ollamaUrl: string, providers = ['reference', 'ollama']) =>
    checkModels({ ollamaUrl, providers })
  const tag = (name: string) => ({ name, digest: 'ab'.repeat(32), size: 7 })

  it('that answers is told with its models', async () => {
    const models = Array.from({ length: 7 }, (_, at) => tag(`model-${at}`))
    const port = await serve(documents({ '/api/tags': { models }, '/api/ps': { models: [] } }), 0)
    const found = await check(`http://127.0.0.1:${port}`)
    expect(brief(found)).toEqual(['ok', undefined])
    expect(found.sentence).toContain('model-0, model-1, model-2, model-3, model-4 and 2 more')
  })

  it('without a model, of another kind, or away from where it was said to be is worth a look', async () => {
    const empty = await serve(documents({ '/api/tags': { models: [] }, '/api/ps': { models: [] } }), 0)
    expect(brief(await check(`http://127.0.0.1:${empty}`))).toEqual(['warn', 'pull_model'])
    const openAi = await serve(documents({ '/v1/models': { data: [{ id: 'a' }, { id: 'b' }] } }), 0)
    expect(brief(await check(`http://127.0.0.1:${openAi}`))).toEqual(['warn', 'use_ollama'])
    const other = await serve(documents({}), 0)
    expect(brief(await check(`http://127.0.0.1:${other}`))).toEqual(['warn', 'start_ollama'])
    expect(brief(await check('http://127.0.0.1:1'))).toEqual(['warn', 'start_ollama'])
  })

  it('that the settings leave out is asked nothing', async () => {
    expect(brief(await check('http://127.0.0.1:1', ['reference']))).toEqual(['ok', undefined])
  })
})

describe('an OpenAI-compatible server', () => {
  const check = (
    openaiUrl: string,
    openaiModels: readonly string[] = [],
    openaiKeyFile = '',
    providers: readonly ('openai' | 'ollama')[] = ['openai'],
  ) => checkOpenAi({ providers, openaiUrl, openaiModels, openaiKeyFile })

  it('is told with its models, and else what to mend', async () => {
    const port = await serve(documents({ '/v1/models': { data: [{ id: 'a' }, { id: 'b' }] } }), 0)
    const url = `http://127.0.0.1:${port}/v1`
    const found = await check(url)
    expect(brief(found)).toEqual(['ok', undefined])
    expect(found.sentence).toContain('offers a, b.')
    expect(brief(await check(url, ['c']))).toEqual(['warn', 'mend_openai'])
    expect(brief(await check(`http://127.0.0.1:${port}`))).toEqual(['warn', 'mend_openai'])
    expect(brief(await check(url, ['a'], '/nowhere'))).toEqual(['warn', 'mend_openai'])
    expect(brief(await check(''))).toEqual(['ok', undefined])
    // Left out by the settings, its key file isn't read either.
    expect(brief(await check(url, ['c'], '/nowhere', ['ollama']))).toEqual(['ok', undefined])
  })
})

describe('the GPU', () => {
  /** Drivers of which the first is a program that does this. */
  async function withDriver(script: string, kind = 0) {
    const command = join(await emptyFolder(), 'driver')
    await writeFile(command, `#!/bin/sh\n${script}\n`)
    await chmod(command, 0o755)
    const driver = DRIVERS[kind]
    if (driver === undefined) throw new Error('there is such a driver')
    return checkGpu([{ ...driver, command }])
  }

  it('is named with its memory', async () => {
    const nvidia = await withDriver('echo "NVIDIA L4, 23034 MiB, 22000 MiB"')
    expect(brief(nvidia)).toEqual(['ok', undefined])
    expect(nvidia.sentence).toBe('NVIDIA L4: 22000 MiB of 23034 MiB are free.')
    const table =
      'device,VRAM Total Memory (B),VRAM Total Used Memory (B),Card Series\ncard0,17163091968,1048576,RX 6800'
    expect((await withDriver(`printf '${table}\\n'`, 1)).sentence).toBe('RX 6800: 16368 MiB.')
  })

  it('is never a reason to fail, be there none or a driver that is broken', async () => {
    expect(brief(await checkGpu([]))).toEqual(['ok', undefined])
    const broken = await withDriver(
      'echo "NVIDIA-SMI has failed because it could not talk to the driver."; exit 9',
    )
    expect(brief(broken)).toEqual(['ok', 'mend_driver'])
    expect(broken.sentence).toContain('could not talk to the driver')
    expect(brief(await withDriver('true'))).toEqual(['ok', 'mend_driver'])
  })
})

describe('Docker', () => {
  const at = (host: string) => checkDocker({ DOCKER_HOST: host })

  it('is told with its version', async () => {
    const socket = join(await emptyFolder(), 'docker.sock')
    await serve(documents({ '/version': { Version: '28.1', ApiVersion: '1.49' } }), socket)
    const found = await at(`unix://${socket}`)
    expect(brief(found)).toEqual(['ok', undefined])
    expect(found.sentence).toContain('Docker 28.1 answers')
  })

  it('that is away, silent, or something else is no reason to fail', async () => {
    const folder = await emptyFolder()
    expect(brief(await at(`unix://${folder}/none.sock`))).toEqual(['ok', 'start_docker'])
    const port = await serve(documents({ '/version': { name: 'another' } }), 0)
    const other = await at(`tcp://127.0.0.1:${port}`)
    expect(brief(other)).toEqual(['ok', 'start_docker'])
    expect(other.sentence).toContain("isn't Docker")
    const closing = createSocketServer((socket) => socket.destroy())
    onTestFinished(() => void closing.close())
    await once(closing.listen(join(folder, 'closing.sock')), 'listening')
    expect(brief(await at(`unix://${folder}/closing.sock`))).toEqual(['ok', 'start_docker'])
    expect(brief(await at('ssh://host'))).toEqual(['ok', 'start_docker'])
  })

  it('is looked for where its own programs look', () => {
    expect(placeOf(undefined)).toEqual({ socketPath: '/var/run/docker.sock' })
    expect(placeOf('tcp://10.0.0.1:2375')).toEqual({ host: '10.0.0.1', port: 2_375 })
  })
})
