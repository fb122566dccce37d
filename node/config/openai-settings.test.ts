import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isLocalServer, openAiSettings } from './openai-settings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperlooms-openai-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const URL_SET = {
  providers: ['openai' as const],
  openaiUrl: 'http://127.0.0.1:8080/v1',
  openaiKeyFile: '',
  openaiModels: [],
}

it('are none without an address, and the key is read from its file', async () => {
  expect(await openAiSettings({ ...URL_SET, openaiUrl: '' })).toBeUndefined()
  expect(await openAiSettings(URL_SET)).toEqual({ url: URL_SET.openaiUrl })
  expect(await openAiSettings({ ...URL_SET, providers: ['ollama'] })).toBeUndefined()
  const openaiKeyFile = join(folder, 'key')
  await writeFile(openaiKeyFile, 'sk-secret\n')
  const settings = await openAiSettings({ ...URL_SET, openaiKeyFile, openaiModels: ['a'] })
  expect(settings).toEqual({ url: URL_SET.openaiUrl, key: 'sk-secret', models: ['a'] })
})

it.each(['', 'two lines\nof text', 'sk-ключ', 'x'.repeat(8_193)])(
  'refuse a key file that holds %j, and never quote it',
  async (text) => {
    const openaiKeyFile = join(folder, 'bad')
    await writeFile(openaiKeyFile, text)
    const refused = await openAiSettings({ ...URL_SET, openaiKeyFile }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'config_invalid' })
    expect(String(refused)).toContain(openaiKeyFile)
    if (text !== '') expect(String(refused)).not.toContain(text)
  },
)

it('name a key file that is missing', async () => {
  const openaiKeyFile = join(folder, 'none')
  await expect(openAiSettings({ ...URL_SET, openaiKeyFile })).rejects.toThrow('ENOENT')
})

it.each([
  ['http://127.0.0.1:1/v1', true],
  ['http://localhost/v1', true],
  ['http://[::1]:80/v1', true],
  ['https://api.example.com/v1', false],
  ['http://127.0.0.1.example.com/v1', false],
])('know that %s keeps prompts here: %s', (url, isLocal) => {
  expect(isLocalServer(url)).toBe(isLocal)
})
