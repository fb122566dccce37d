import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { EXIT } from './exit-codes.ts'
import { CommandError, say } from './output.ts'

/** What a user may give a key by. */
export interface KeySource {
  /** The key itself, or `-` for standard input. */
  readonly apiKey?: string
  readonly apiKeyFile?: string
}

interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Uint8Array>
  readonly warn: (sentence: string) => void
}

const VISIBLE =
  'The key of --api-key is shown to every user of this machine by its list of processes: give it by --api-key-file, ' +
  'HYPERLOOMS_API_KEY, or --api-key - for standard input.'

/**
 * The key that the user gave: flags before the environment; undefined if none was given. A key on the command line
 * works, with a warning. Throws `CommandError` for a file that can't be read or holds no key; it never shows a key.
 */
export async function givenKey(
  { apiKey, apiKeyFile }: KeySource,
  { environment, stdin, warn }: Surroundings = {
    environment: process.env,
    stdin: process.stdin,
    warn: say,
  },
): Promise<string | undefined> {
  if (apiKey === '-') return keyIn(await text(stdin), 'standard input')
  if (apiKey !== undefined) {
    warn(VISIBLE)
    return keyIn(apiKey, '--api-key')
  }
  if (apiKeyFile !== undefined) return keyIn(await read(apiKeyFile), apiKeyFile)
  // An empty variable is how a shell unsets one for a single command.
  const { HYPERLOOMS_API_KEY: variable = '', HYPERLOOMS_API_KEY_FILE: file = '' } = environment
  if (variable !== '') return keyIn(variable, 'HYPERLOOMS_API_KEY')
  return file === '' ? undefined : keyIn(await read(file), file)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(`The API key can't be read: ${why}`, EXIT.usage)
  }
}

/** Editors and `echo` end a file with a line break. */
function keyIn(content: string, where: string): string {
  const key = content.trim()
  // It becomes a header: whatever has spaces or other scripts is something else.
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CommandError(`There is no API key in ${where}.`, EXIT.usage)
}
