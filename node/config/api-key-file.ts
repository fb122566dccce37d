import { createHash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Digest } from '../../protocol/ids.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

const KEY_BYTES = 32
const PREFIX = 'hlk_'

export interface ApiKeyState {
  /** SHA-256 of the key: all that the server needs, and all that is kept. */
  readonly digest: Digest
  /** The key itself, when this call made it: the only time that it is shown. */
  readonly made: string | undefined
}

/** What `api-key.json` says. */
interface KeptKey {
  readonly sha256: Digest
  /** No start that made it has come to its end, so nobody has seen the key. */
  readonly unshown?: true
}

/**
 * The digest of this peer's API key; the first start makes the key, and `renew` makes another one in its place. So
 * does a start after one that failed before it could show what it had made: the key lies nowhere.
 *
 * Programs before the control socket kept the key itself for the owner's commands; that file is removed.
 */
export async function loadOrCreateApiKey(folder: DataFolder, renew: boolean): Promise<ApiKeyState> {
  await rm(folder.apiAccess, { force: true })
  const text = await readIfThere(folder.apiKey)
  if (text === undefined || renew) return makeApiKey(folder)
  const { sha256, unshown } = keptIn(text.toString('utf8'), folder.apiKey)
  return unshown === true ? makeApiKey(folder) : { digest: sha256, made: undefined }
}

async function makeApiKey(folder: DataFolder): Promise<ApiKeyState> {
  const made = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`
  const digest = createHash('sha256').update(made, 'utf8').digest('hex') as Digest
  await writeKept(folder, { sha256: digest, unshown: true })
  return { digest, made }
}

/** A start that has come so far shows the key that it made, so that no later one makes another. */
export async function noteKeyShown(folder: DataFolder): Promise<void> {
  const text = await readIfThere(folder.apiKey)
  if (text === undefined) return
  const { sha256, unshown } = keptIn(text.toString('utf8'), folder.apiKey)
  if (unshown === true) await writeKept(folder, { sha256 })
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
