import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { ConfigError } from './config.ts'
import type { Config } from './options.ts'

/** Keys have some 200 bytes; what is larger is another file. */
const KEY_BYTES_MAX = 8_192

/** What is needed to ask the OpenAI-compatible server of the settings; its type is the compute room's. */
export interface OpenAiSettings {
  readonly url: string
  readonly key?: string
  readonly models?: readonly string[]
}

/** Undefined where no such server is configured, or `providers` leaves it out. Throws `ConfigError` for a key file that can't be used. */
export async function openAiSettings(
  config: Pick<Config, 'openaiUrl' | 'openaiKeyFile' | 'openaiModels'> & {
    readonly providers: readonly string[]
  },
): Promise<OpenAiSettings | undefined> {
  const { providers, openaiUrl: url, openaiKeyFile: path, openaiModels: models } = config
  if (url === '' || !providers.includes('openai')) return undefined
  return {
    url,
    ...(path === '' ? {} : { key: await readKey(path) }),
    ...(models.length === 0 ? {} : { models }),
  }
}

async function readKey(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ConfigError(`the key file ${path} (openai_key_file) can't be read: ${code}`)
  })
  const key = text.trim()
  // It is sent in a header, where nothing else may stand.
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= KEY_BYTES_MAX) return key
  throw new ConfigError(
    `the key file ${path} (openai_key_file) holds no key: it is one line of printable characters`,
  )
}

/** Whether prompts stay on this machine with that server. */
export function isLocalServer(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}
