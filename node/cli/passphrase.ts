import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Option } from 'commander'
import { KeystoreError } from '../store/keystore-error.ts'
import { assertUsable, PASSPHRASE_BYTES_MAX, type Passphrases } from '../store/passphrases.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './output.ts'

const FOREIGN_MODE = 0o077

/** The passphrase itself is never an argument: every account of the machine can read those. */
export function passphraseOption(): Option {
  return new Option('--passphrase-file <file>', 'file that holds the passphrase of the keys').env(
    'HYPERLOOMS_PASSPHRASE_FILE',
  )
}

/** From the file, if one is named, else from the terminal, if there is one. */
export function passphrasesFrom(file: string | undefined): Passphrases {
  let opening: Promise<string | undefined> | undefined
  const ask = async (): Promise<string | undefined> =>
    hasTerminal() ? askHidden("Passphrase of the peer's keys: ") : undefined
  return {
    toOpen: () => (opening ??= file === undefined ? ask() : readPassphraseFile(file)),
    toSeal: async () => (file === undefined ? undefined : newPassphraseIn(file)),
  }
}

/**
 * A new passphrase, from the file or typed twice. Undefined where there is neither a file nor a terminal. Throws
 * `keystore_passphrase_invalid`.
 */
export async function newPassphrase(file: string | undefined, prompt: string): Promise<string | undefined> {
  if (file !== undefined) return newPassphraseIn(file)
  if (!hasTerminal()) return undefined
  const first = await askHidden(`${prompt}: `)
  assertUsable(first)
  if ((await askHidden('Once more: ')) === first) return first
  throw new CommandError('The two passphrases differ. Nothing was changed.', EXIT.usage)
}

async function newPassphraseIn(file: string): Promise<string> {
  const passphrase = await readPassphraseFile(file)
  assertUsable(passphrase)
  return passphrase
}

/** The file's one line. A pipe has no rights of its own and is read as it is. */
export async function readPassphraseFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unusable(path, `can't be read: ${error instanceof Error ? error.message : String(error)}`, error)
  })
  try {
    const status = await file.stat()
    if (status.isFile() && (status.mode & FOREIGN_MODE) !== 0)
      throw unusable(path, `is open to other users. Run "chmod 600 ${path}"`)
    const bytes = Buffer.alloc(PASSPHRASE_BYTES_MAX + 3)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === bytes.length) break
    }
    const text = bytes.toString('utf8', 0, length).replace(/\r?\n$/, '')
    const isWhole = length < bytes.length
    if (!isWhole || text === '' || /[\r\n]/.test(text))
      throw unusable(path, `holds no single line of at most ${PASSPHRASE_BYTES_MAX} bytes`)
    return text
  } finally {
    await file.close()
  }
}

function unusable(path: string, why: string, cause?: unknown): KeystoreError {
  return new KeystoreError(
    'keystore_passphrase_invalid',
    `The passphrase file ${path} ${why}. Nothing was changed.`,
    cause,
  )
}

function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** One line that isn't shown while it is typed: the terminal is in raw mode and what readline echoes goes nowhere. */
async function askHidden(prompt: string): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  const answer = Promise.withResolvers<string>()
  const interrupted = (): void =>
    answer.reject(new CommandError('Interrupted. Nothing was changed.', EXIT.interrupted))
  lines.once('line', (line) => answer.resolve(line))
  lines.once('SIGINT', interrupted)
  lines.once('close', interrupted)
  // Only now: whoever answers at once isn't shown what they type.
  process.stderr.write(prompt)
  try {
    return await answer.promise
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
