import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PASSPHRASE_BYTES_MAX } from '../store/passphrases.ts'
import { newPassphrase, passphrasesFrom, readPassphraseFile } from './passphrase.ts'

describe('a passphrase file', () => {
  let directory: string
  let file: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperlooms-passphrase-'))
    file = join(directory, 'passphrase')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const write = (content: string): Promise<void> => writeFile(file, content, { mode: 0o600 })

  it.each([
    ['a line\n', 'a line'],
    ['a line\r\n', 'a line'],
    ['a line', 'a line'],
    [' spaces count \n', ' spaces count '],
    ['x'.repeat(PASSPHRASE_BYTES_MAX), 'x'.repeat(PASSPHRASE_BYTES_MAX)],
  ])('of %j holds one', async (content, passphrase) => {
    await write(content)
    expect(await readPassphraseFile(file)).toBe(passphrase)
    expect(await passphrasesFrom(file).toOpen()).toBe(passphrase)
  })

  it.each(['', '\n', 'two\nlines\n', 'a line\n\n', 'x'.repeat(PASSPHRASE_BYTES_MAX + 3)])(
    'of %j is refused',
    async (content) => {
      await write(content)
      await expect(readPassphraseFile(file)).rejects.toMatchObject({ code: 'keystore_passphrase_invalid' })
    },
  )

  it.each(['short', 'x'.repeat(PASSPHRASE_BYTES_MAX + 1)])('of %j seals no new key', async (content) => {
    await write(content)
    await expect(newPassphrase(file, '')).rejects.toMatchObject({ code: 'keystore_passphrase_invalid' })
  })

  it('is refused when others may read it, and when there is none', async () => {
    await expect(readPassphraseFile(file)).rejects.toMatchObject({
      message: expect.stringMatching(/can't be read.*Nothing was changed/),
    })
    await write('a passphrase')
    await chmod(file, 0o644)
    await expect(readPassphraseFile(file)).rejects.toMatchObject({
      code: 'keystore_passphrase_invalid',
      message: expect.stringContaining(`chmod 600 ${file}`),
    })
  })

  it('is not asked for where there is neither a file nor a terminal', async () => {
    const passphrases = passphrasesFrom(undefined)
    expect(await passphrases.toSeal()).toBeUndefined()
    if (!process.stdin.isTTY) expect(await passphrases.toOpen()).toBeUndefined()
  })
})
