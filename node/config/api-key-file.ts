import { createHash, randomBytes } from 'node:crypto'
import type { Digest } from '../../protocol/ids.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

const KEY_BYTES = 32
const PREFIX = 'hlk_'

export interface ApiKeyState {
  /** SHA-256 of the key: all that the server needs. */
  readonly digest: Digest
  /** The key itself, when this call made it: the only time that it is shown. */
  readonly made: string | undefined
}

/** Where this machine account's own commands find a running peer's key: whoever can read it can read the identity too. */
export interface ApiAccess {
  readonly url: string
  readonly key: string
}

/**
 * The digest of this peer's API key; the first start makes the key, and `renew` makes another one in its place.
 * The digest is written last: a crash before it leaves a key that opens nothing, and another one is made.
 */
export async function loadOrCreateApiKey(folder: DataFolder, renew: boolean): Promise<ApiKeyState> {
  const text = renew ? undefined : (await readIfThere(folder.apiKey))?.toString('utf8')
  if (text !== undefined) return { digest: digestIn(text, folder.apiKey), made: undefined }
  const made = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`
  const digest = createHash('sha256').update(made, 'utf8').digest('hex') as Digest
  await replaceFile(folder.apiAccess, accessText({ url: '', key: made }))
  await replaceFile(folder.apiKey, `${JSON.stringify({ sha256: digest })}\n`)
  return { digest, made }
}

/** Notes where the peer answers now, for commands of this machine account; nothing if the owner removed the file. */
export async function noteApiUrl(folder: DataFolder, url: string): Promise<void> {
  const access = await readApiAccess(folder)
  if (access !== undefined) await replaceFile(folder.apiAccess, accessText({ ...access, url }))
}

/** undefined where there is no such file, or something else under its name. */
export async function readApiAccess({ apiAccess }: DataFolder): Promise<ApiAccess | undefined> {
  const value = parse((await readIfThere(apiAccess))?.toString('utf8') ?? '')
  if (typeof value !== 'object' || value === null || !('url' in value) || !('key' in value)) return undefined
  const { url, key } = value
  return typeof url === 'string' && typeof key === 'string' ? { url, key } : undefined
}

function digestIn(text: string, path: string): Digest {
  const value = parse(text)
  const digest = typeof value === 'object' && value !== null && 'sha256' in value ? value.sha256 : undefined
  if (typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)) return digest as Digest
  throw new ConfigError(`${path} is damaged: start once with --new-api-key to make another key`)
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
