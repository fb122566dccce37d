import { createHash, randomBytes } from 'node:crypto'
import type { Digest } from '../../protocol/ids.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

const KEY_BYTES = 32
const PREFIX = 'hlk_'

export interface ApiKeyState {
  /** SHA-256 of the key: all that the server needs. */
  readonly digest: Digest
  /** The key itself, when this call made it or no start since has shown it: the only time that it is shown. */
  readonly made: string | undefined
}

/** Where this machine account's own commands find a running peer's key: whoever can read it can read the identity too. */
export interface ApiAccess {
  readonly url: string
  readonly key: string
}

/** What `api-key.json` says. */
interface KeptKey {
  readonly sha256: Digest
  /** No start that made or found it has come to its end, so nobody has seen the key. */
  readonly unshown?: true
}

/**
 * The digest of this peer's API key; the first start makes the key, and `renew` makes another one in its place.
 * The digest is written last. A crash in between leaves a key that opens nothing, which is told by its digest, and
 * another one is made; so it is where nobody has seen the key and it lies nowhere.
 */
export async function loadOrCreateApiKey(folder: DataFolder, renew: boolean): Promise<ApiKeyState> {
  const [text, access] = await Promise.all([readIfThere(folder.apiKey), readApiAccess(folder)])
  if (text === undefined) return makeApiKey(folder, true)
  // An owner who removed the file wants the key nowhere on the disk.
  if (renew) return makeApiKey(folder, access !== undefined)
  const { sha256, unshown } = keptIn(text.toString('utf8'), folder.apiKey)
  if (access !== undefined && digestOf(access.key) !== sha256) return makeApiKey(folder, true)
  // Until this start listens, whoever has the port of the one before must not be taken for this peer.
  if (access !== undefined) await replaceFile(folder.apiAccess, accessText({ ...access, url: '' }))
  if (unshown !== true) return { digest: sha256, made: undefined }
  return access === undefined ? makeApiKey(folder, false) : { digest: sha256, made: access.key }
}

async function makeApiKey(folder: DataFolder, hasAccess: boolean): Promise<ApiKeyState> {
  const made = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`
  const digest = digestOf(made)
  if (hasAccess) await replaceFile(folder.apiAccess, accessText({ url: '', key: made }))
  await writeKept(folder, { sha256: digest, unshown: true })
  return { digest, made }
}

/**
 * Notes where the peer answers now, for commands of this machine account; nothing if the owner removed the file.
 * A start that has come so far shows the key that it made, so that it isn't shown again.
 */
export async function noteApiUrl(folder: DataFolder, url: string): Promise<void> {
  const access = await readApiAccess(folder)
  if (access !== undefined) await replaceFile(folder.apiAccess, accessText({ ...access, url }))
  const text = await readIfThere(folder.apiKey)
  if (text === undefined) return
  const { sha256, unshown } = keptIn(text.toString('utf8'), folder.apiKey)
  if (unshown === true) await writeKept(folder, { sha256 })
}

/** undefined where there is no such file, or something else under its name. */
export async function readApiAccess({ apiAccess }: DataFolder): Promise<ApiAccess | undefined> {
  const value = parse((await readIfThere(apiAccess))?.toString('utf8') ?? '')
  if (typeof value !== 'object' || value === null || !('url' in value) || !('key' in value)) return undefined
  const { url, key } = value
  return typeof url === 'string' && typeof key === 'string' ? { url, key } : undefined
}

function keptIn(text: string, path: string): KeptKey {
  const value = parse(text)
  const kept = typeof value === 'object' && value !== null ? { sha256: undefined, ...value } : undefined
  if (typeof kept?.sha256 === 'string' && /^[0-9a-f]{64}$/.test(kept.sha256)) {
    const sha256 = kept.sha256 as Digest
    return 'unshown' in kept && kept.unshown === true ? { sha256, unshown: true } : { sha256 }
  }
  throw new ConfigError(`${path} is damaged: start once with --new-api-key to make another key`)
}

function writeKept({ apiKey }: DataFolder, kept: KeptKey): Promise<void> {
  return replaceFile(apiKey, `${JSON.stringify(kept)}\n`)
}

function digestOf(key: string): Digest {
  return createHash('sha256').update(key, 'utf8').digest('hex') as Digest
}

function accessText({ url, key }: ApiAccess): string {
  return `${JSON.stringify({ url, key })}\n`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
