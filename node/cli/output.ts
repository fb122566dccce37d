import { ApiError } from '../../protocol/api/client.ts'
import { EXIT } from './exit-codes.ts'

/** Results go to stdout, everything else to stderr. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A failure that is worth one sentence: what happened, why, and what to do. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

const CANNOT_START: ReadonlySet<string> = new Set([
  'lock_held',
  'lock_failed',
  'store_locked',
  'store_corrupt',
  'store_failed',
  'keystore_exposed',
  'keystore_malformed',
  'keystore_failed',
  'insecure_bind',
  'record_unreadable',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'ENOSPC',
  'EROFS',
])

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
  if (CANNOT_START.has(code)) return { message: error.message, exitCode: EXIT.cannotStart }
  return { message: error.stack ?? error.message, exitCode: EXIT.internal }
}
