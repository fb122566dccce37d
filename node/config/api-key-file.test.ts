import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newKeyText } from '../cli/new-key-text.ts'
import { digestOfKey } from '../api/api-keys.ts'
import { loadOrCreateApiKey, noteKeyShown } from './api-key-file.ts'
import { dataFolder } from './data-folder.ts'

async function build() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-key-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const folder = dataFolder(root)
  /** A start, which fails after the key was read unless it `succeeds`. */
  const start = async ({ renew = false, succeeds = true } = {}) => {
    const state = await loadOrCreateApiKey(folder, renew)
    if (succeeds) await noteKeyShown(folder)
    return state
  }
  return { folder, start }
}

it('a key is shown by the first start that succeeds, and by no other', async () => {
  const { start } = await build()
  const failed = await start({ succeeds: false })
  const shown = await start()
  expect(shown.made).toMatch(/^hlk_/)
  expect(shown.made).not.toBe(failed.made)
  expect(shown.digest).toBe(digestOfKey(shown.made ?? ''))
  expect(await start()).toEqual({ digest: shown.digest, made: undefined })
})

it('another key takes its place where the owner asks for that', async () => {
  const { start } = await build()
  const before = await start()
  const after = await start({ renew: true })
  expect(after.digest).not.toBe(before.digest)
  expect((await start()).digest).toBe(after.digest)
})

it('the key itself lies nowhere, nor does the file that earlier programs left it in', async () => {
  const { folder, start } = await build()
  await writeFile(folder.apiAccess, '{"url":"","key":"hlk_old"}')
  const { made = '' } = await start()
  const files = await readdir(folder.root)
  const contents = await Promise.all(files.map((name) => readFile(join(folder.root, name), 'utf8')))
  expect(files).toEqual(['api-key.json'])
  expect(contents.join('')).not.toContain(made)
})

it('the key is shown on a terminal and nowhere else', () => {
  expect(newKeyText('hlk_x', true)).toContain('hlk_x')
  expect(newKeyText('hlk_x', false)).not.toContain('hlk_x')
})
