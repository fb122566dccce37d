import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { EXIT } from './exit-codes.ts'
import { givenKey, type KeySource } from './given-key.ts'

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperlooms-key-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'key')
  await writeFile(file, content)
  return file
}

/** The key that is found, and what was said meanwhile. */
async function ask(source: KeySource, environment: Record<string, string> = {}, input = '') {
  const said: string[] = []
  async function* stdin() {
    yield Buffer.from(input)
  }
  const warn = (sentence: string) => void said.push(sentence)
  return { key: await givenKey(source, { environment, stdin: stdin(), warn }), said }
}

it('a key is taken from a file, the environment or standard input without a word', async () => {
  const file = await fileOf('hlk_file\n')
  const all = { HYPERLOOMS_API_KEY: 'hlk_environment', HYPERLOOMS_API_KEY_FILE: file }
  expect(await ask({ apiKeyFile: file }, all)).toEqual({ key: 'hlk_file', said: [] })
  expect(await ask({}, all)).toEqual({ key: 'hlk_environment', said: [] })
  expect(await ask({}, { HYPERLOOMS_API_KEY_FILE: file })).toEqual({ key: 'hlk_file', said: [] })
  expect(await ask({ apiKey: '-' }, all, 'hlk_input\r\n')).toEqual({ key: 'hlk_input', said: [] })
  expect(await ask({})).toEqual({ key: undefined, said: [] })
  const empty = { HYPERLOOMS_API_KEY: '', HYPERLOOMS_API_KEY_FILE: '' }
  expect(await ask({}, empty)).toEqual({ key: undefined, said: [] })
})

it('a key on the command line is taken with a warning that does not repeat it', async () => {
  const { key, said } = await ask({ apiKey: 'hlk_visible' })
  expect(key).toBe('hlk_visible')
  expect(said).toEqual([expect.stringContaining('list of processes')])
  expect(said.join()).not.toContain('hlk_visible')
})

it.each([
  ['an empty file', async () => ask({ apiKeyFile: await fileOf('\n') })],
  ['a file of something else', async () => ask({ apiKeyFile: await fileOf('{ "key": 1 }\nhlk_secret') })],
  ['no file', () => ask({ apiKeyFile: '/nowhere/key' })],
  ['no input', () => ask({ apiKey: '-' })],
])('%s is a mistake of the command line, and nothing of it is shown', async (_what, act) => {
  const error: unknown = await act().then(
    () => undefined,
    (fault: unknown) => fault,
  )
  expect(error).toMatchObject({ exitCode: EXIT.usage, message: expect.not.stringContaining('hlk_') })
})
