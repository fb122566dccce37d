import { ApiError } from '../../protocol/api/client.ts'
import { EXIT } from './exit-codes.ts'
import { shownText } from './terminal-text.ts'

/** Results go to stdout, everything else to stderr; neither lets what others wrote speak to the terminal. */
export function print(text: string): void {
  process.stdout.write(`${shownText(text)}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

export function say(text: string): void {
  process.stderr.write(`${shownText(text)}\n`)
}

/** A failure that is worth one sentence: what happened, why, and what to do. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

const CANNOT_START: ReadonlySet<string> = new Set([
  'lock_held',
  'lock_failed',
  'store_locked',
  'store_migration_failed',
  'store_corrupt',
  'store_damaged',
  'store_failed',
  'store_full',
  'store_immovable',
  'store_version_unknown',
  'keystore_exposed',
  'keystore_malformed',
  'keystore_failed',
  'keystore_version_unknown',
  'identity_lost',
  'charter_lost',
  'insecure_bind',
  'listen_failed',
  'record_unreadable',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'ENOSPC',
  'EROFS',
])

const DISK_FAILED: ReadonlySet<string> = new Set(['store_corrupt', 'store_failed', 'store_full', 'EIO'])
const DISK_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/** Why a running peer had to stop: the disk under its data folder in words, anything else as an invariant. */
export function explainBroken(error: unknown, folder: string) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (DISK_FULL.has(code)) {
    const message = `The disk that holds ${folder} is full. Nothing that was acknowledged is lost: free space there, then start again.`
    return { message, exitCode: EXIT.diskFailed }
  }
  if (error instanceof Error && DISK_FAILED.has(code)) {
    return { message: error.message, exitCode: EXIT.diskFailed }
  }
  return { message: 'An invariant is broken; the log says which.', exitCode: EXIT.internal }
}

const FILE_ERRORS: Readonly<Record<string, number>> = {
  backup_exists: EXIT.usage,
  backup_place: EXIT.usage,
  backup_refused: EXIT.usage,
  backup_foreign: EXIT.badFile,
  backup_damaged: EXIT.badFile,
  backup_version_unknown: EXIT.badFile,
  backup_disk_full: EXIT.diskFailed,
  backup_failed: EXIT.diskFailed,
  backup_interrupted: EXIT.interrupted,
  keystore_locked: EXIT.usage,
  keystore_passphrase_wrong: EXIT.usage,
  keystore_passphrase_invalid: EXIT.usage,
  keystore_label_invalid: EXIT.usage,
}

/** What a program that asked for JSON is told: the error's own code, or else what the exit code is called. */
export function errorDocument(error: unknown): { readonly code: string; readonly message: string } {
  const { message, exitCode } = explainError(error)
  const own = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [name = 'internal'] = Object.entries(EXIT).find(([, code]) => code === exitCode) ?? []
  return { code: own === '' ? name : own, message }
}

/** Whatever ended a command, as a sentence and an exit code. */
export function explainError(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode }
  if (error instanceof ApiError) {
    const exitCode = error.status >= 500 || error.status === 0 ? EXIT.unavailable : EXIT.usage
    return { message: `The peer refused: ${error.detail} (${error.code})`, exitCode }
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!(error instanceof Error)) return { message: String(error), exitCode: EXIT.internal }
  if (code === 'config_invalid') return { message: `${error.message}.`, exitCode: EXIT.usage }
  if (code === 'EADDRINUSE') {
    const message = `${error.message}: another program listens there. Stop it, or choose another port with --api-port.`
    return { message, exitCode: EXIT.cannotStart }
  }
  if (code.startsWith('join_')) {
    if (code === 'join_interrupted') return { message: error.message, exitCode: EXIT.interrupted }
    const isAway = code === 'join_unreachable' || code === 'join_undecided'
    return { message: error.message, exitCode: isAway ? EXIT.unavailable : EXIT.usage }
  }
  const exitCode = FILE_ERRORS[code]
  if (exitCode !== undefined) return { message: error.message, exitCode }
  if (CANNOT_START.has(code)) return { message: error.message, exitCode: EXIT.cannotStart }
  return { message: error.stack ?? error.message, exitCode: EXIT.internal }
}
