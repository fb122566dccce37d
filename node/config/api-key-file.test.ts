import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newKeyText } from '../cli/new-key-text.ts'
import { digestOfKey } from '../api/api-keys.ts'
import { loadOrCreateApiKey, noteApiUrl, readApiAccess } from './api-key-file.ts'
import { dataFolder, readIfThere, replaceFile } from './data-folder.ts'

const URL = 'http://127.0.0.1:1'

async function build() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-key-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const folder = dataFolder(root)
  /** A start, which fails after the key was read unless it `succeeds`. */
  const start = async ({ renew = false, succeeds = true } = {}) => {
    const state = await loadOrCreateApiKey(folder, renew)
    if (succeeds) await noteApiUrl(folder, URL)
    return state
  }
  return { folder, start }
}

it('a key is shown by the first start that succeeds, and by no other', async () => {
  const { start } = await build()
  const failed = await start({ succeeds: false })
  expect((await start({ succeeds: false })).made).toBe(failed.made)
  expect(await start()).toEqual(failed)
  expect(await start()).toEqual({ digest: failed.digest, made: undefined })
})

it('no address is noted while a start is under way', async () => {
  const { folder, start } = await build()
  await start()
  expect((await readApiAccess(folder))?.url).toBe(URL)
  await start({ succeeds: false })
  expect((await readApiAccess(folder))?.url).toBe('')
})

it('a key that nobody has seen and that lies nowhere is made anew', async () => {
  const { folder, start } = await build()
  const failed = await start({ succeeds: false })
  await rm(folder.apiAccess)
  const { made } = await start()
  expect(made).toMatch(/^hlk_/)
  expect(made).not.toBe(failed.made)
})

it('a crash between the two files of a renewal leaves no key that opens nothing', async () => {
  const { folder, start } = await build()
  await start()
  const before = await readIfThere(folder.apiKey)
  await start({ renew: true })
  await replaceFile(folder.apiKey, before ?? '')
  const { digest, made } = await start()
  expect(made).toBeDefined()
  expect((await readApiAccess(folder))?.key).toBe(made)
  expect(digest).toBe(digestOfKey(made ?? ''))
})

it('a renewal does not bring back the file that the owner removed', async () => {
  const { folder, start } = await build()
  await start()
  await rm(folder.apiAccess)
  const { made, digest } = await start({ renew: true })
  expect(await readApiAccess(folder)).toBeUndefined()
  expect(digest).toBe(digestOfKey(made ?? ''))
  expect((await start()).digest).toBe(digest)
})

it('the key is shown on a terminal and named by its file elsewhere', async () => {
  const { folder, start } = await build()
  const { made = '' } = await start()
  expect(await newKeyText(made, folder, true)).toContain(made)
  const logged = await newKeyText(made, folder, false)
  expect(logged).toContain(folder.apiAccess)
  expect(logged).not.toContain(made)
  await rm(folder.apiAccess)
  expect(await newKeyText(made, folder, false)).not.toContain(made)
})
