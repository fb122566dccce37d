import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { publicKeyOfSeed, SEED_BYTES } from '../../protocol/crypto/strict-ed25519.ts'
import { peerIdOf } from '../../protocol/ids.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { createStoreMark } from './store-mark.ts'
import { createSyncedDirectory, linkSyncedFile, syncDirectory } from './synced-file.ts'

export interface Identity {
  /** RFC 8032 seed of the peer's key: whoever has it is this peer. */
  readonly seed: Uint8Array
  readonly id: PeerId
  /** Whether this call made the key. */
  readonly created: boolean
}

/**
 * - `keystore_exposed`: others than the owner may read or write the key file.
 * - `keystore_malformed`: the key file isn't what this program writes, or its id doesn't match its seed.
 * - `keystore_failed`: reading or creating it failed; `cause` tells why.
 */
export type KeystoreErrorCode = 'keystore_exposed' | 'keystore_malformed' | 'keystore_failed'

export class KeystoreError extends Error {
  readonly code: KeystoreErrorCode

  constructor(code: KeystoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'KeystoreError'
    this.code = code
  }
}

const FILE_NAME = 'identity.key'
const HEADER = 'hyperlooms-identity-1'
const PATTERN = new RegExp(`^${HEADER}\\n([0-9a-f]{64})\\n([1-9A-Za-z]+)\\n$`)
// Group and others: read, write, execute.
const FOREIGN_MODE = 0o077
// The file this program writes has 140 bytes; what is larger isn't read further.
const FILE_BYTES_MAX = 1024

/**
 * The peer's identity in `directory`: the file `identity.key`, for its owner only, with a header, the seed in
 * hexadecimal and the id, which guards the seed against damage. If there is none, one is made.
 *
 * Creating writes and syncs a private temporary file (O_EXCL) and links it to its name, which fails if that
 * exists: of several creators exactly one wins, and the others load its key. Resolves once the name is
 * durable, so a key that was used is never lost to a crash; a crash before leaves no key, or a temporary file
 * whose key nobody used.
 */
export async function loadOrCreateIdentity(directory: string): Promise<Identity> {
  const path = join(directory, FILE_NAME)
  try {
    await createSyncedDirectory(directory)
    const created = (await exists(path)) ? false : await create(directory, path)
    const identity = await load(path)
    await syncDirectory(directory)
    return { ...identity, created }
  } catch (error) {
    if (error instanceof KeystoreError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new KeystoreError('keystore_failed', `The peer's key ${path} can't be used: ${reason}`, error)
  }
}

/** Whether this call created the key; false if another one was faster. */
async function create(directory: string, path: string): Promise<boolean> {
  // First, so that a key without a mark is one whose folder lost it (`store-recovery.ts`).
  await createStoreMark(directory)
  const seed = new Uint8Array(randomBytes(SEED_BYTES))
  const id = peerIdOf(publicKeyOfSeed(seed))
  return linkSyncedFile(path, `${HEADER}\n${Buffer.from(seed).toString('hex')}\n${id}\n`)
}

async function load(path: string): Promise<{ seed: Uint8Array; id: PeerId }> {
  const file = await open(path, 'r')
  try {
    const status = await file.stat()
    if ((status.mode & FOREIGN_MODE) !== 0) {
      throw new KeystoreError(
        'keystore_exposed',
        `The peer's key ${path} is open to other users. Run "chmod 600 ${path}"; if they may have read it, remove it and start as a new peer.`,
      )
    }
    if (!status.isFile() || status.size > FILE_BYTES_MAX) throw malformed(path)
    return parse(await file.readFile('utf8')) ?? raise(malformed(path))
  } finally {
    await file.close()
  }
}

function parse(text: string): { seed: Uint8Array; id: PeerId } | undefined {
  const [, hex, id] = PATTERN.exec(text) ?? []
  if (hex === undefined) return undefined
  const seed = new Uint8Array(Buffer.from(hex, 'hex'))
  const actual = peerIdOf(publicKeyOfSeed(seed))
  return actual === id ? { seed, id: actual } : undefined
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

function malformed(path: string): KeystoreError {
  return new KeystoreError(
    'keystore_malformed',
    `The peer's key ${path} is damaged. Restore it from a backup, or move it away to start as a new peer.`,
  )
}

function raise(error: Error): never {
  throw error
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
