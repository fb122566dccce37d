import { type KeyFile, keyFileText, openSealedKey, sealKey } from './key-file.ts'
import { asKeystoreError } from './keystore-error.ts'
import { type HeldKey, listKeys } from './keystore-keys.ts'
import { assertUsable, type Passphrases, seedOf } from './passphrases.ts'
import { replaceSyncedFile } from './synced-file.ts'

/**
 * Seals every key of the data folder by `next`, whatever it lay in before; resolves with how many files were written.
 *
 * Each file is replaced as a whole, so a crash leaves every key openable by the passphrase before or by `next`, the
 * identity last. Done again with the same two it ends what was begun: keys that `next` opens are left as they are.
 */
export async function setPassphrase(
  directory: string,
  next: string,
  passphrases: Passphrases,
): Promise<number> {
  assertUsable(next)
  return rewrite(directory, async ({ file, path }) => {
    if (file.form === 'sealed' && (await openSealedKey(file, next)) !== undefined) return undefined
    return sealKey({ id: file.id, label: file.label, seed: await seedOf(file, path, passphrases) }, next)
  })
}

/** Leaves every key as a plain file again; resolves with how many were sealed. A crash leaves some of them sealed. */
export async function removePassphrase(directory: string, passphrases: Passphrases): Promise<number> {
  return rewrite(directory, async ({ file, path }) => {
    if (file.form === 'plain') return undefined
    return { form: 'plain', id: file.id, label: file.label, seed: await seedOf(file, path, passphrases) }
  })
}

/** Every key is read and opened before the first is written. */
async function rewrite(
  directory: string,
  change: (key: HeldKey) => Promise<KeyFile | undefined>,
): Promise<number> {
  const [identity, ...others] = await listKeys(directory)
  const changed: { readonly path: string; readonly text: string }[] = []
  for (const key of [...others, ...(identity === undefined ? [] : [identity])]) {
    const next = await change(key)
    if (next !== undefined) changed.push({ path: key.path, text: keyFileText(next) })
  }
  for (const { path, text } of changed) {
    await replaceSyncedFile(path, text).catch((error: unknown) => {
      throw asKeystoreError(`The key file ${path}`, error)
    })
  }
  return changed.length
}
