import { readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from './config.ts'
import { fileNameOf, type OptionName } from './options.ts'

/** Where everything of one peer lies. */
export interface DataFolder {
  readonly root: string
  readonly config: string
  readonly charter: string
  /** The charter for people; nothing reads it. */
  readonly charterText: string
  /** The invitation that is being redeemed. */
  readonly joining: string
  /** How an invited peer came in. */
  readonly joined: string
  readonly store: string
  readonly blobs: string
  readonly log: string
  /** Where members were found: hints, which may be removed. */
  readonly addresses: string
  /** Digest of the API key. */
  readonly apiKey: string
  /** Address and API key, which programs before the control socket left for commands; removed at the next start. */
  readonly apiAccess: string
  /** That the owner agreed to work for others. */
  readonly consent: string
  /** There while the owner has paused the node. */
  readonly paused: string
  readonly controlSocket: string
  /** Where the control socket is if it can't be in this folder. */
  readonly controlPath: string
  /** Swarms whose records this key has forgotten. */
  readonly forgotten: string
}

export function dataFolder(root: string): DataFolder {
  return {
    root,
    config: join(root, 'config.json'),
    charter: join(root, 'charter.cbor'),
    charterText: join(root, 'charter.json'),
    joining: join(root, 'joining.txt'),
    joined: join(root, 'joined.cbor'),
    store: join(root, 'store'),
    blobs: join(root, 'blobs'),
    log: join(root, 'peer.log'),
    addresses: join(root, 'addresses.json'),
    apiKey: join(root, 'api-key.json'),
    apiAccess: join(root, 'api-access.json'),
    consent: join(root, 'consent.json'),
    paused: join(root, 'paused'),
    controlSocket: join(root, 'control.sock'),
    controlPath: join(root, 'control.path'),
    forgotten: join(root, 'forgotten-swarms.json'),
  }
}

export function defaultDataFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['HYPERLOOMS_DATA'] ?? join(homedir(), '.hyperlooms')
}

/** The file's content; undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Settings in config.json; none without the file. Throws `ConfigError` for anything but a JSON object. */
export async function readConfigFile({ config }: DataFolder): Promise<Readonly<Record<string, unknown>>> {
  const content = await readIfThere(config)
  if (content === undefined) return {}
  const value = parse(content.toString('utf8'))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new ConfigError(`${config} is not a JSON object: mend it, or remove it to start with the defaults`)
}

/** Replaces config.json as a whole; a crash leaves the old or the new one. */
export async function writeConfigFile(
  folder: DataFolder,
  settings: Readonly<Partial<Record<OptionName, string | number | boolean | readonly string[]>>>,
): Promise<void> {
  const named = Object.entries(settings).map(([name, value]) => [fileNameOf(name as OptionName), value])
  await replaceFile(folder.config, `${JSON.stringify(Object.fromEntries(named), null, 2)}\n`)
}

/** For the owner only. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, content, { mode: 0o600, flush: true })
  await rename(temporary, path)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
