import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { SEED_BYTES } from '../../protocol/crypto/strict-ed25519.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { type KeyFile, keyFileText, newPlainKey, readKeyFile, sealKey } from './key-file.ts'
import { asKeystoreError, KeystoreError } from './keystore-error.ts'
import { isRestorePending } from './restore/restore-journal.ts'
import { NO_PASSPHRASES, type Passphrases, seedOf } from './passphrases.ts'
import { createStoreMark } from './store-mark.ts'
import { createSyncedDirectory, linkSyncedFile, syncDirectory } from './synced-file.ts'

export interface Identity {
  /** RFC 8032 seed of the peer's key: whoever has it is this peer. */
  readonly seed: Uint8Array
  readonly id: PeerId
  /** Whether this call made the key. */
  readonly created: boolean
}

export const IDENTITY_FILE = 'identity.key'

/**
 * The peer's identity in `directory`: the file `identity.key`, for its owner only (`key-file.ts`). If there is none,
 * one is made, sealed when there is a passphrase for new keys.
 *
 * Creating writes and syncs a private temporary file (O_EXCL) and links it to its name, which fails if that
 * exists: of several creators exactly one wins, and the others load its key. Resolves once the name is
 * durable, so a key that was used is never lost to a crash; a crash before leaves no key, or a temporary file
 * whose key nobody used.
 */
export async function loadOrCreateIdentity(
  directory: string,
  passphrases: Passphrases = NO_PASSPHRASES,
): Promise<Identity> {
  const path = join(directory, IDENTITY_FILE)
  try {
    await createSyncedDirectory(directory)
    const created = (await exists(path)) ? false : await create(directory, path, passphrases)
    const key = await readKeyFile(path)
    const seed = await seedOf(key, path, passphrases)
    await syncDirectory(directory)
    return { seed, id: key.id, created }
  } catch (error) {
    throw asKeystoreError(`The peer's key ${path}`, error)
  }
}

/** Whether this call created the key; false if another one was faster. */
async function create(directory: string, path: string, passphrases: Passphrases): Promise<boolean> {
  if (await isRestorePending(directory)) {
    const message = `A restore into ${directory} was cut short, and its key is still to come. Start the peer with "hyperlooms up", which ends it.`
    throw new KeystoreError('keystore_failed', message)
  }
  // First, so that a key without a mark is one whose folder lost it (`store-recovery.ts`).
  await createStoreMark(directory)
  return linkSyncedFile(path, keyFileText(await makeKey(await passphrases.toSeal())))
}

/** A new key, sealed if there is a passphrase. */
export async function makeKey(passphrase: string | undefined, label = ''): Promise<KeyFile> {
  const plain = newPlainKey(new Uint8Array(randomBytes(SEED_BYTES)), label)
  return passphrase === undefined ? plain : sealKey(plain, passphrase)
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
