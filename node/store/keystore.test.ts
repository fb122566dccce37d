import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { KeystoreError } from './keystore-error.ts'
import { loadOrCreateIdentity } from './keystore.ts'

describe('loadOrCreateIdentity', () => {
  let directory: string
  let path: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperlooms-keystore-'))
    path = join(directory, 'identity.key')
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('creates a private key file and loads the same identity afterwards', async () => {
    const first = await loadOrCreateIdentity(directory)
    const second = await loadOrCreateIdentity(directory)
    expect(first.created).toBe(true)
    expect(second).toEqual({ ...first, created: false })
    expect(createNobleSigner(first.seed).id).toBe(first.id)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['identity.key', 'store.mark'])
  })

  it('creates the folder it is asked to use', async () => {
    const nested = join(directory, 'a', 'b')
    const { id } = await loadOrCreateIdentity(nested)
    expect((await loadOrCreateIdentity(nested)).id).toBe(id)
  })

  it('makes another identity in another folder', async () => {
    const [first, second] = await Promise.all(
      ['a', 'b'].map((name) => loadOrCreateIdentity(join(directory, name))),
    )
    expect(first?.id).not.toBe(second?.id)
  })

  it('gives concurrent creators one identity', async () => {
    const identities = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(directory)))
    expect(new Set(identities.map(({ id }) => id)).size).toBe(1)
    expect(identities.filter(({ created }) => created)).toHaveLength(1)
    expect(await readdir(directory)).toEqual(['identity.key', 'store.mark'])
  })

  it.each([0o640, 0o604, 0o620, 0o602])('refuses a key file of mode %o and says what to do', async (mode) => {
    await loadOrCreateIdentity(directory)
    await chmod(path, mode)
    const attempt = loadOrCreateIdentity(directory)
    await expect(attempt).rejects.toBeInstanceOf(KeystoreError)
    await expect(attempt).rejects.toMatchObject({
      code: 'keystore_exposed',
      message: expect.stringContaining(`chmod 600 ${path}`),
    })
    await chmod(path, 0o600)
    expect((await loadOrCreateIdentity(directory)).created).toBe(false)
  })

  it.each([
    ['empty', () => ''],
    ['cut', (text: string) => text.slice(0, -10)],
    ['of no version', (text: string) => text.replace('-1\n', '\n')],
    ['longer', (text: string) => `${text}\n`],
    ['huge', (text: string) => text + 'a'.repeat(5000)],
    ['changed in its seed', flipSeed],
    ['no text', () => '\0\ud800'],
  ])('refuses a key file that is %s, and leaves it alone', async (_, damage) => {
    await loadOrCreateIdentity(directory)
    await writeFile(path, damage(await readFile(path, 'utf8')))
    const before = await readFile(path)
    await expect(loadOrCreateIdentity(directory)).rejects.toMatchObject({
      code: 'keystore_malformed',
      message: expect.stringMatching(/backup/),
    })
    expect(await readFile(path)).toEqual(before)
  })

  it('leaves a key file of a newer program to that program', async () => {
    await loadOrCreateIdentity(directory)
    await writeFile(path, (await readFile(path, 'utf8')).replace('-1\n', '-2\n'))
    await expect(loadOrCreateIdentity(directory)).rejects.toMatchObject({
      code: 'keystore_version_unknown',
      message: expect.stringMatching(/version 2.*newer program/),
    })
  })

  it('tells why a folder can not be used', async () => {
    await writeFile(join(directory, 'file'), '')
    await expect(loadOrCreateIdentity(join(directory, 'file'))).rejects.toMatchObject({
      code: 'keystore_failed',
    })
  })
})

function flipSeed(text: string): string {
  const at = text.indexOf('\n') + 1
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
}
