import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyStrict } from '../../protocol/crypto/strict-ed25519.ts'
import { publicKeyOf } from '../../protocol/ids.ts'
import { KEY_LABEL_CHARACTERS_MAX, keyFileText, parseKeyFile, readKeyFile } from './key-file.ts'
import { areUsable } from './key-seal.ts'
import { addKey, listKeys, openKeystore } from './keystore-keys.ts'
import { removePassphrase, setPassphrase } from './keystore-passphrase.ts'
import { loadOrCreateIdentity } from './keystore.ts'
import {
  NO_PASSPHRASES,
  PASSPHRASE_BYTES_MAX,
  PASSPHRASE_CHARACTERS_MIN,
  type Passphrases,
} from './passphrases.ts'

const FIRST = 'correct horse battery'
const SECOND = 'staple of another horse'
const MESSAGE = new TextEncoder().encode('what is signed')

/** Knows one passphrase, and counts how often it is asked for it. */
function knowing(passphrase: string): Passphrases & { readonly asked: () => number } {
  let asked = 0
  return {
    asked: () => asked,
    async toOpen() {
      asked += 1
      return passphrase
    },
    toSeal: async () => undefined,
  }
}

describe('the keys of a data folder', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperlooms-keys-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  async function texts(): Promise<readonly string[]> {
    const held = await listKeys(directory)
    return Promise.all(held.map(({ path }) => readFile(path, 'utf8')))
  }

  it('are listed by id and label without being opened, the identity first', async () => {
    const { id } = await loadOrCreateIdentity(directory)
    const wallet = await addKey(directory, NO_PASSPHRASES, 'Löhne und Gehälter')
    const operator = await addKey(directory, NO_PASSPHRASES)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    const held = await listKeys(directory)
    expect(held.map((key) => key.id)).toEqual([id, ...[wallet, operator].sort()])
    expect(held.map(({ isIdentity }) => isIdentity)).toEqual([true, false, false])
    expect(held.find((key) => key.id === wallet)?.file).toMatchObject({
      form: 'sealed',
      label: 'Löhne und Gehälter',
    })
    expect((await stat(join(directory, 'keys'))).mode & 0o777).toBe(0o700)
    expect((await stat(held[1]?.path ?? '')).mode & 0o777).toBe(0o600)
  })

  it('sign after they were sealed as before, and no file tells a seed', async () => {
    const { id, seed } = await loadOrCreateIdentity(directory)
    const wallet = await addKey(directory, NO_PASSPHRASES)
    const before = await openKeystore(directory, NO_PASSPHRASES)
    expect(await setPassphrase(directory, FIRST, NO_PASSPHRASES)).toBe(2)
    const after = await openKeystore(directory, knowing(FIRST))
    for (const key of [id, wallet]) {
      const signature = after.get(key)?.sign(MESSAGE) ?? new Uint8Array(0)
      expect(signature).toEqual(before.get(key)?.sign(MESSAGE))
      expect(verifyStrict(publicKeyOf(key) ?? new Uint8Array(0), MESSAGE, signature)).toBe(true)
    }
    for (const text of await texts()) expect(text).not.toContain(Buffer.from(seed).toString('hex'))
    expect([...(await openKeystore(directory, knowing(FIRST), [wallet])).keys()]).toEqual([wallet])
    expect((await loadOrCreateIdentity(directory, knowing(FIRST))).seed).toEqual(seed)
    expect(await removePassphrase(directory, knowing(FIRST))).toBe(2)
    expect((await loadOrCreateIdentity(directory)).seed).toEqual(seed)
  })

  it('say when they are sealed and when the passphrase is another one', async () => {
    await loadOrCreateIdentity(directory)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    const before = await texts()
    await expect(loadOrCreateIdentity(directory)).rejects.toMatchObject({
      code: 'keystore_locked',
      message: expect.stringMatching(/--passphrase-file or HYPERLOOMS_PASSPHRASE_FILE/),
    })
    const wrong = { code: 'keystore_passphrase_wrong', message: expect.stringMatching(/Nothing was changed/) }
    await expect(loadOrCreateIdentity(directory, knowing(SECOND))).rejects.toMatchObject(wrong)
    await expect(setPassphrase(directory, 'a third passphrase', knowing(SECOND))).rejects.toMatchObject(wrong)
    await expect(removePassphrase(directory, knowing(SECOND))).rejects.toMatchObject(wrong)
    await expect(addKey(directory, knowing(SECOND))).rejects.toMatchObject(wrong)
    expect(await texts()).toEqual(before)
  })

  it('are opened by a passphrase that another keyboard composes differently', async () => {
    await loadOrCreateIdentity(directory)
    await setPassphrase(directory, 'schöne Grüße', NO_PASSPHRASES)
    await loadOrCreateIdentity(directory, knowing('schöne Grüße'.normalize('NFD')))
  })

  it('take the passphrase of the identity when one is added', async () => {
    await loadOrCreateIdentity(directory)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    const wallet = await addKey(directory, knowing(FIRST))
    expect((await listKeys(directory)).find(({ id }) => id === wallet)?.file.form).toBe('sealed')
    expect((await openKeystore(directory, knowing(FIRST))).size).toBe(2)
  })

  it('are made sealed where a passphrase for new keys is given', async () => {
    const passphrases = { ...knowing(FIRST), toSeal: async () => FIRST }
    const { seed } = await loadOrCreateIdentity(directory, passphrases)
    const [key] = await listKeys(directory)
    expect(key?.file.form).toBe('sealed')
    expect((await loadOrCreateIdentity(directory, passphrases)).seed).toEqual(seed)
  })

  it.each([
    ['the passphrase is set', FIRST, SECOND],
    ['it is taken off', FIRST, undefined],
  ])('all have one passphrase after %s again where a crash had left two', async (_, before, after) => {
    const { id } = await loadOrCreateIdentity(directory)
    const wallet = await addKey(directory, NO_PASSPHRASES)
    await setPassphrase(directory, before, NO_PASSPHRASES)
    const [old] = await texts()
    const change = () =>
      after === undefined
        ? removePassphrase(directory, knowing(before))
        : setPassphrase(directory, after, knowing(before))
    await change()
    // The identity is the last to be replaced: as a crash before that leaves it.
    await writeFile(join(directory, 'identity.key'), old ?? '')
    expect(await change()).toBe(1)
    const keys = await openKeystore(directory, after === undefined ? NO_PASSPHRASES : knowing(after))
    expect([...keys.keys()]).toEqual([id, wallet])
  })

  it('leave no temporary file, and pass over those of a crash', async () => {
    await loadOrCreateIdentity(directory)
    const wallet = await addKey(directory, NO_PASSPHRASES)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    expect((await readdir(directory)).toSorted()).toEqual(['identity.key', 'keys', 'store.mark'])
    await writeFile(join(directory, 'keys', `${wallet}.key.0000.tmp`), 'cut')
    expect(await listKeys(directory)).toHaveLength(2)
  })

  it.each(['short', 'x'.repeat(PASSPHRASE_BYTES_MAX + 1), 'two lines\nof text', ''])(
    'refuse the passphrase %j and change nothing',
    async (passphrase) => {
      await loadOrCreateIdentity(directory)
      const before = await texts()
      await expect(setPassphrase(directory, passphrase, NO_PASSPHRASES)).rejects.toMatchObject({
        code: 'keystore_passphrase_invalid',
      })
      expect(await texts()).toEqual(before)
    },
  )

  it.each(['x'.repeat(PASSPHRASE_CHARACTERS_MIN), 'x'.repeat(PASSPHRASE_BYTES_MAX)])(
    'take a passphrase of the least and of the greatest length',
    async (passphrase) => {
      const { seed } = await loadOrCreateIdentity(directory)
      await setPassphrase(directory, passphrase, NO_PASSPHRASES)
      expect((await loadOrCreateIdentity(directory, knowing(passphrase))).seed).toEqual(seed)
    },
  )

  it('refuse a label that is no line, and take the longest', async () => {
    await loadOrCreateIdentity(directory)
    for (const label of ['x'.repeat(KEY_LABEL_CHARACTERS_MAX + 1), 'a\nb', '\u001b[31m', '\ud800'])
      await expect(addKey(directory, NO_PASSPHRASES, label)).rejects.toMatchObject({
        code: 'keystore_label_invalid',
      })
    await addKey(directory, NO_PASSPHRASES, 'ü'.repeat(KEY_LABEL_CHARACTERS_MAX))
    expect(await listKeys(directory)).toHaveLength(2)
  })

  it('are refused when others may read them or the folder', async () => {
    await loadOrCreateIdentity(directory)
    const wallet = await addKey(directory, NO_PASSPHRASES)
    const folder = join(directory, 'keys')
    await chmod(folder, 0o750)
    await expect(listKeys(directory)).rejects.toMatchObject({
      code: 'keystore_exposed',
      message: expect.stringContaining(`chmod 700 ${folder}`),
    })
    await chmod(folder, 0o700)
    const path = join(folder, `${wallet}.key`)
    await chmod(path, 0o640)
    await expect(listKeys(directory)).rejects.toMatchObject({
      code: 'keystore_exposed',
      message: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  it('are refused under the name of another key', async () => {
    await loadOrCreateIdentity(directory)
    const [one, other] = [await addKey(directory, NO_PASSPHRASES), await addKey(directory, NO_PASSPHRASES)]
    const folder = join(directory, 'keys')
    await rename(join(folder, `${one}.key`), join(folder, `${other}.key`))
    await expect(listKeys(directory)).rejects.toMatchObject({ code: 'keystore_malformed' })
  })

  it.each([
    ['cut', (text: string) => text.slice(0, -10)],
    ['changed in its id', (text: string) => text.replace('12D3Koo', '12D3Kop')],
    ['changed in its data', (text: string) => text.replace(/"data":"./, '"data":"g')],
    ['empty', () => ''],
  ])('are called damaged, not locked, when a sealed file is %s', async (_, damage) => {
    await loadOrCreateIdentity(directory)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    const path = join(directory, 'identity.key')
    await writeFile(path, damage(await readFile(path, 'utf8')))
    await expect(loadOrCreateIdentity(directory, knowing(FIRST))).rejects.toMatchObject({
      code: 'keystore_malformed',
    })
  })

  it('are left to the newer program that wrote them', async () => {
    await loadOrCreateIdentity(directory)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    const path = join(directory, 'identity.key')
    const text = (await readFile(path, 'utf8')).replace('sealed-key-1\n', 'sealed-key-2\n')
    await writeFile(path, text)
    await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'keystore_version_unknown' })
  })

  it('read back as they were written, in both forms', async () => {
    await loadOrCreateIdentity(directory)
    await addKey(directory, NO_PASSPHRASES, 'a wallet')
    const plain = await listKeys(directory)
    await setPassphrase(directory, FIRST, NO_PASSPHRASES)
    for (const { file } of [...plain, ...(await listKeys(directory))])
      expect(parseKeyFile(keyFileText(file), '')).toEqual(file)
  })
})

it.each([
  [{ n: 2 ** 17, r: 8, p: 1 }, true],
  [{ n: 2 ** 20, r: 8, p: 16 }, true],
  [{ n: 2 ** 21, r: 8, p: 1 }, false],
  [{ n: 2 ** 17, r: 8, p: 17 }, false],
  [{ n: 2 ** 17 + 1, r: 8, p: 1 }, false],
  [{ n: 1, r: 8, p: 1 }, false],
  [{ n: 2 ** 17, r: 0, p: 1 }, false],
  [{ n: 1.5, r: 8, p: 1 }, false],
  [{ n: Number.NaN, r: 8, p: 1 }, false],
])('what a file may ask of scrypt: %j is %s', (parameters, usable) => {
  expect(areUsable(parameters)).toBe(usable)
})
