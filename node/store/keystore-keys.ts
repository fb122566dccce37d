import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { isPeerId } from '../../protocol/ids.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { isKeyLabel, KEY_LABEL_CHARACTERS_MAX, type KeyFile, keyFileText, readKeyFile } from './key-file.ts'
import { asKeystoreError, KeystoreError } from './keystore-error.ts'
import { IDENTITY_FILE, makeKey } from './keystore.ts'
import { type Passphrases, seedOf } from './passphrases.ts'
import { createSyncedDirectory, linkSyncedFile, syncDirectory } from './synced-file.ts'

/** A key of a data folder, as it is told without opening it. */
export interface HeldKey {
  readonly id: PeerId
  readonly path: string
  /** The peer's own; the others are operators' keys, a treasury, further wallets. */
  readonly isIdentity: boolean
  readonly file: KeyFile
}

export const KEYS_FOLDER = 'keys'
const SUFFIX = '.key'
/** A peer holds a handful; each is opened by itself. */
const KEYS_MAX = 1_000
const FOREIGN_MODE = 0o077

/**
 * All keys of a data folder, the identity first, the others by id: `identity.key` and `keys/<id>.key`. Temporary files
 * and others that have no such name are passed over. Throws what `readKeyFile` throws, and `keystore_malformed` for a
 * file that holds another key than its name says.
 */
export async function listKeys(directory: string): Promise<readonly HeldKey[]> {
  try {
    const identity = await identityIn(directory)
    return [...identity, ...(await othersIn(join(directory, KEYS_FOLDER)))]
  } catch (error) {
    throw asKeystoreError(`The keys in ${directory}`, error)
  }
}

/** Signers of the data folder's keys by id: of all of them, or of those in `only`. The passphrase is asked for once. */
export async function openKeystore(
  directory: string,
  passphrases: Passphrases,
  only?: readonly PeerId[],
): Promise<ReadonlyMap<PeerId, Signer>> {
  const held = await listKeys(directory)
  const wanted = held.filter(({ id }) => only === undefined || only.includes(id))
  const signers = new Map<PeerId, Signer>()
  for (const { id, path, file } of wanted) {
    signers.set(id, createNativeSigner(await seedOf(file, path, passphrases)))
  }
  return signers
}

/**
 * Makes a further key, beside the identity and sealed as that is. Whoever can't open the identity can't add keys under
 * another passphrase by mistake. `label` is what its owner calls it. A crash leaves the key whole or not at all.
 */
export async function addKey(directory: string, passphrases: Passphrases, label = ''): Promise<PeerId> {
  if (!isKeyLabel(label)) {
    const message = `The label of a key is a line of at most ${KEY_LABEL_CHARACTERS_MAX} characters. No key was made.`
    throw new KeystoreError('keystore_label_invalid', message)
  }
  const [identity] = await listKeys(directory)
  let passphrase = await passphrases.toSeal()
  if (identity?.file.form === 'sealed') {
    await seedOf(identity.file, identity.path, passphrases)
    passphrase = await passphrases.toOpen()
  }
  const folder = join(directory, KEYS_FOLDER)
  try {
    await createSyncedDirectory(folder)
    const key = await makeKey(passphrase, label)
    await linkSyncedFile(join(folder, `${key.id}${SUFFIX}`), keyFileText(key))
    await syncDirectory(folder)
    return key.id
  } catch (error) {
    throw asKeystoreError(`The folder of keys ${folder}`, error)
  }
}

async function identityIn(directory: string): Promise<readonly HeldKey[]> {
  const path = join(directory, IDENTITY_FILE)
  try {
    const file = await readKeyFile(path)
    return [{ id: file.id, path, isIdentity: true, file }]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function othersIn(folder: string): Promise<readonly HeldKey[]> {
  let names: string[]
  try {
    if (((await stat(folder)).mode & FOREIGN_MODE) !== 0) throw exposed(folder)
    names = await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
  const ids = names.flatMap((name) => idIn(name) ?? []).sort()
  if (ids.length > KEYS_MAX) {
    throw new KeystoreError('keystore_failed', `${folder} holds more than ${KEYS_MAX} keys.`)
  }
  const held: HeldKey[] = []
  for (const id of ids) {
    const path = join(folder, `${id}${SUFFIX}`)
    const file = await readKeyFile(path)
    if (file.id !== id) {
      const message = `The key file ${path} holds the key ${file.id}. Give it its own name: ${file.id}${SUFFIX}.`
      throw new KeystoreError('keystore_malformed', message)
    }
    held.push({ id, path, isIdentity: false, file })
  }
  return held
}

/** The id that a key's file is named by. */
export function idIn(name: string): PeerId | undefined {
  const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : ''
  return isPeerId(id) ? id : undefined
}

function exposed(folder: string): KeystoreError {
  return new KeystoreError(
    'keystore_exposed',
    `The folder of keys ${folder} is open to other users. Run "chmod 700 ${folder}"; if they may have changed it, look at what is in it first.`,
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
