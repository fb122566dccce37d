import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { EXIT } from './exit-codes.ts'
import { givenInvitation } from './given-invitation.ts'

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperlooms-invitation-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'invitation')
  await writeFile(file, content)
  return file
}

function from(given: string, input = '', typed?: string): Promise<string> {
  async function* stdin() {
    yield Buffer.from(input)
  }
  const ask = typed === undefined ? undefined : () => Promise.resolve(typed)
  return givenInvitation(given, { input: stdin(), typed: ask })
}

it('an invitation is taken as it stands, from standard input, from a person or from a file', async () => {
  expect(await from('hl1abc')).toBe('hl1abc')
  expect(await from('-', 'hl1input\r\n')).toBe('hl1input')
  expect(await from('-', '', 'hl1typed')).toBe('hl1typed')
  expect(await from(`@${await fileOf('\nhl1file\n')}`)).toBe('hl1file')
})

it.each<[string, () => Promise<string>, RegExp]>([
  ['no input', () => from('-', ' \n'), /no invitation in standard input/],
  ['nothing typed', () => from('-', 'hl1input', ''), /no invitation in standard input/],
  ['an empty file', async () => from(`@${await fileOf('')}`), /no invitation in .*invitation\./],
  ['no such file', () => from('@/nowhere/at/all'), /can't be read: .*\/nowhere\/at\/all/],
  ['a folder', () => from(`@${tmpdir()}`), /can't be read: /],
  ['a long input', () => from('-', 'x'.repeat(65_537)), /too long/],
  ['a long file', async () => from(`@${await fileOf('x'.repeat(65_537))}`), /too long/],
])('%s is refused with a sentence', async (_, ask, words) => {
  const error = await ask().catch((failure: unknown) => failure)
  expect(error).toMatchObject({ exitCode: EXIT.usage, message: expect.stringMatching(words) })
})

it('the longest input is read, whatever it says', async () => {
  expect(await from('-', 'x'.repeat(65_536))).toHaveLength(65_536)
})
