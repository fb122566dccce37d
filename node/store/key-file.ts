import { hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { publicKeyOfSeed, SEED_BYTES } from '../../protocol/crypto/strict-ed25519.ts'
import { isPeerId, peerIdOf } from '../../protocol/ids.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { areUsable, seal, type Sealed, unseal } from './key-seal.ts'
import { KeystoreError } from './keystore-error.ts'

interface Named {
  readonly id: PeerId
  /** What its owner calls it; '' for nothing. */
  readonly label: string
}
type PlainKey = Named & { readonly form: 'plain'; readonly seed: Uint8Array }
type SealedKey = Named & { readonly form: 'sealed'; readonly sealed: Sealed }
/** A key as it lies in its file: id and label can be read by whoever has the file, a sealed seed can't. */
export type KeyFile = PlainKey | SealedKey

/** A line of a table. */
export const KEY_LABEL_CHARACTERS_MAX = 64

const PLAIN_HEADER = 'hyperlooms-identity-1'
const PLAIN = new RegExp(`^${PLAIN_HEADER}\\n([0-9a-f]{64})\\n([1-9A-Za-z]+)\\n(?:([^\\n]+)\\n)?$`)
const SEALED_HEADER = 'hyperlooms-sealed-key-1'
const SEALED = new RegExp(`^${SEALED_HEADER}\\n(\\{[^\\n]*\\})\\n([0-9a-f]{64})\\n$`)
/** Of both forms, in any version. */
const ANY_HEADER = /^hyperlooms-(?:identity|sealed-key)-(\d{1,6})\n/
// Group and others: read, write, execute.
const FOREIGN_MODE = 0o077
// What this program writes has some 500 bytes; what is larger isn't read further.
const FILE_BYTES_MAX = 2_048
/** Salt, nonce, and the seed with its tag, in hexadecimal. */
const SEALED_TEXTS = { salt: 32, nonce: 24, data: 96 } as const

/** Text that fits into one line of the file and of a table. */
export function isKeyLabel(text: string): boolean {
  return (
    text.isWellFormed() && [...text].length <= KEY_LABEL_CHARACTERS_MAX && !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(text)
  )
}

export function newPlainKey(seed: Uint8Array, label = ''): PlainKey {
  return { form: 'plain', id: peerIdOf(publicKeyOfSeed(seed)), label, seed }
}

export async function sealKey(
  { id, label, seed }: Named & { readonly seed: Uint8Array },
  passphrase: string,
): Promise<SealedKey> {
  return { form: 'sealed', id, label, sealed: await seal(seed, passphrase, contextOf(id)) }
}

/** The seed; undefined when the passphrase is another one. Throws `keystore_malformed` when it is of another key. */
export async function openSealedKey(
  { id, sealed }: SealedKey,
  passphrase: string,
): Promise<Uint8Array | undefined> {
  const seed = await unseal(sealed, passphrase, contextOf(id))
  if (seed === undefined) return undefined
  if (seed.length !== SEED_BYTES || peerIdOf(publicKeyOfSeed(seed)) !== id) throw malformed(`The key ${id}`)
  return seed
}

/**
 * The file's text. A plain key is header, seed, id, which guards the seed, and label; a sealed one is header, id with the
 * parameters of scrypt and AES-256-GCM, and a checksum, so that a damaged file isn't taken for a wrong passphrase.
 */
export function keyFileText(key: KeyFile): string {
  if (key.form === 'plain')
    return `${PLAIN_HEADER}\n${Buffer.from(key.seed).toString('hex')}\n${key.id}\n${key.label === '' ? '' : `${key.label}\n`}`
  const { n, r, p, salt, nonce, data } = key.sealed
  const json = JSON.stringify({
    id: key.id,
    label: key.label,
    kdf: 'scrypt',
    n,
    r,
    p,
    salt,
    cipher: 'aes-256-gcm',
    nonce,
    data,
  })
  return `${SEALED_HEADER}\n${json}\n${hash('sha256', json)}\n`
}

/** Throws `keystore_malformed` and `keystore_version_unknown`; `what` begins their sentence. */
export function parseKeyFile(text: string, what: string): KeyFile {
  const [, hex, plainId, label = ''] = PLAIN.exec(text) ?? []
  if (hex !== undefined) {
    const key = newPlainKey(new Uint8Array(Buffer.from(hex, 'hex')), label)
    if (key.id === plainId && isKeyLabel(label)) return key
    throw malformed(what)
  }
  const [, json, checksum] = SEALED.exec(text) ?? []
  if (json !== undefined && hash('sha256', json) === checksum)
    return parseSealed(json) ?? raise(malformed(what))
  const [, version] = ANY_HEADER.exec(text) ?? []
  if (version === undefined || version === '1') throw malformed(what)
  throw new KeystoreError(
    'keystore_version_unknown',
    `${what} has version ${version}, which this program doesn't know. Use the newer program that wrote it.`,
  )
}

/** Throws `keystore_exposed` for a file that others may read, besides what `parseKeyFile` throws. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const what = `The key file ${path}`
  const file = await open(path, 'r')
  try {
    const status = await file.stat()
    if ((status.mode & FOREIGN_MODE) !== 0) {
      throw new KeystoreError(
        'keystore_exposed',
        `${what} is open to other users. Run "chmod 600 ${path}"; if they may have read it, give its account a new key: what it owns can be taken.`,
      )
    }
    if (!status.isFile() || status.size > FILE_BYTES_MAX) throw malformed(what)
    return parseKeyFile(await file.readFile('utf8'), what)
  } finally {
    await file.close()
  }
}

function parseSealed(json: string): KeyFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { id, label, kdf, cipher, n, r, p, salt, nonce, data } = value as Readonly<Record<string, unknown>>
  if (typeof id !== 'string' || !isPeerId(id) || kdf !== 'scrypt' || cipher !== 'aes-256-gcm')
    return undefined
  if (typeof n !== 'number' || typeof r !== 'number' || typeof p !== 'number' || !areUsable({ n, r, p }))
    return undefined
  if (!isHex(salt, SEALED_TEXTS.salt) || !isHex(nonce, SEALED_TEXTS.nonce) || !isHex(data, SEALED_TEXTS.data))
    return undefined
  if (typeof label !== 'string' || !isKeyLabel(label)) return undefined
  return { form: 'sealed', id, label, sealed: { n, r, p, salt, nonce, data } }
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value)
}

function contextOf(id: PeerId): string {
  return `${SEALED_HEADER} ${id}`
}

function malformed(what: string): KeystoreError {
  return new KeystoreError(
    'keystore_malformed',
    `${what} is damaged. Restore it from a backup; if it is the peer's own (identity.key) and there is none, move the whole data folder away to start as a new peer.`,
  )
}

function raise(error: Error): never {
  throw error
}
