/**
 * - `backup_exists`: there is a file where the backup is to be written.
 * - `backup_foreign`: the file isn't a backup of this program, or it belongs to another swarm or peer than the folder.
 * - `backup_damaged`: it is cut short, changed, or says one thing here and another there.
 * - `backup_version_unknown`: a newer program wrote it, or the store in it.
 * - `backup_disk_full`: the disk has no space left for it, or for what is restored from it.
 * - `backup_place`: there is no such file or folder as was named, or this account may not use it.
 * - `backup_refused`: what was asked for needs a further word of the operator.
 * - `backup_interrupted`: it was asked to stop.
 * - `backup_failed`: reading or writing failed; `cause` tells why.
 */
export type BackupErrorCode =
  | 'backup_exists'
  | 'backup_foreign'
  | 'backup_damaged'
  | 'backup_version_unknown'
  | 'backup_disk_full'
  | 'backup_place'
  | 'backup_refused'
  | 'backup_interrupted'
  | 'backup_failed'

export class BackupError extends Error {
  readonly code: BackupErrorCode

  constructor(code: BackupErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'BackupError'
    this.code = code
  }
}

/** What is wrong with the place itself, not with the disk. */
const PLACE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of that path is a file, not a folder',
  EISDIR: 'that is a folder, not a file',
  EACCES: 'this account may not use it',
  EPERM: 'this account may not use it',
  EROFS: 'nothing can be written there',
}

/** A failure of the system under `path` in words; anything that has a sentence of its own stays as it is. */
export function asBackupError(path: string, error: unknown, after: string): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'AbortError')
    return new BackupError('backup_interrupted', `Interrupted. ${after}`, error)
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'store_full') {
    const message = `The disk that holds ${path} is full. ${after} Free space there, or name another place, and try again.`
    return new BackupError('backup_disk_full', message, error)
  }
  const placed = PLACE_FAULTS[code]
  if (placed !== undefined) return new BackupError('backup_place', `${path}: ${placed}. ${after}`, error)
  // Any other code of the system, such as EIO.
  if (!/^E[A-Z0-9]+$/.test(code)) return error
  return new BackupError('backup_failed', `${path} can't be used: ${error.message}. ${after}`, error)
}
