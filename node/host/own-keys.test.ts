import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { dataFolder } from '../config/data-folder.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { setPassphrase } from '../store/keystore-passphrase.ts'
import { NO_PASSPHRASES } from '../store/passphrases.ts'
import { walletsOf } from './own-keys.ts'

async function peerFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-own-keys-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await loadOrCreateIdentity(root)
  return root
}

it('a further key is made and listed, or refused with what is in its way', async () => {
  const root = await peerFolder()
  const wallets = walletsOf(dataFolder(root), NO_PASSPHRASES)
  const made = await wallets.create('rent')
  expect(made).toMatchObject({ ok: true, label: 'rent' })
  expect(await wallets.create('two\nlines')).toMatchObject({ ok: false, code: 'label_invalid' })
  await setPassphrase(root, 'a long passphrase', NO_PASSPHRASES)
  expect(await wallets.create('sealed')).toMatchObject({ ok: false, code: 'keys_sealed' })
  expect(await wallets.list()).toEqual([{ id: made.ok ? made.id : '', label: 'rent' }])

  const other = await peerFolder()
  await writeFile(join(other, 'keys'), 'no folder')
  expect(await walletsOf(dataFolder(other), NO_PASSPHRASES).create('a')).toMatchObject({
    ok: false,
    code: 'keys_unusable',
  })
})
