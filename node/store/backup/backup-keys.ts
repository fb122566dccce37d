import { relative } from 'node:path'
import { keyFileText, sealKey } from '../key-file.ts'
import { listKeys } from '../keystore-keys.ts'
import { assertUsable } from '../passphrases.ts'
import type { BackupParts } from './write-backup.ts'
import { BackupError } from './backup-error.ts'
import type { BackupFile } from './parts.ts'

/**
 * The keys of a data folder as a backup holds them. A sealed key stays as it is, under its own passphrase. A plain one
 * is sealed by `passphrase`; without one it is refused unless `plainKeys` says that it may lie in the backup as it is.
 */
export async function keysForBackup(
  directory: string,
  { passphrase, plainKeys }: { readonly passphrase: string | undefined; readonly plainKeys: boolean },
): Promise<BackupParts['keys']> {
  if (passphrase !== undefined) assertUsable(passphrase)
  const held = await listKeys(directory)
  const hasPlain = held.some(({ file }) => file.form === 'plain')
  if (hasPlain && passphrase === undefined && !plainKeys) throw unprotected(directory)
  const files: BackupFile[] = []
  // One after the other: each takes 128 MiB.
  for (const { path, file } of held) {
    const isSealedNow = file.form === 'plain' && passphrase !== undefined && !plainKeys
    const text = keyFileText(isSealedNow ? await sealKey(file, passphrase) : file)
    files.push({ name: relative(directory, path), content: new Uint8Array(Buffer.from(text)) })
  }
  return { form: hasPlain && plainKeys ? 'plain' : 'sealed', files }
}

function unprotected(directory: string): BackupError {
  return new BackupError(
    'backup_refused',
    `The keys in ${directory} have no passphrase, so the backup needs one: answer the prompt on a terminal, or name a file with --passphrase-file. With --plain-keys they lie in it as they are, and whoever reads the file owns this peer and its credits. No backup was written.`,
  )
}
