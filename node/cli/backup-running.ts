import { setTimeout as pause } from 'node:timers/promises'
import type { BackupResource } from '../../protocol/api/control-schema.ts'
import type { BackupRequest } from '../host/backup.ts'
import { BackupError } from '../store/backup/backup-error.ts'
import type { PeerClient } from './api.ts'

/** Between two looks at a backup that runs: a person sees no difference. */
const LOOK_MS = 250

/**
 * Has a running peer back itself up, over its control socket. Throws what the backup failed with; cancelled by the
 * signal it throws `backup_interrupted`, once the peer has ended it.
 */
export async function backUpRunning(
  client: PeerClient,
  { path, passphrase, plainKeys, bodies }: BackupRequest,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (bytes: number) => void },
): Promise<NonNullable<BackupResource['made']>> {
  const body = { path, plain_keys: plainKeys, bodies, ...(passphrase === undefined ? {} : { passphrase }) }
  let run = await client.startBackup({ body })
  let isCancelled = false
  while (run.state === 'running') {
    if (signal.aborted && !isCancelled) {
      isCancelled = true
      await client.cancelBackup()
    }
    await pause(LOOK_MS)
    run = await client.getBackup()
    progress(run.bytes_done)
  }
  if (run.made !== null) return run.made
  if (run.failure === null)
    throw new BackupError('backup_interrupted', 'The backup was cancelled. No backup was written.')
  // The code that it failed with over there says how this command ends.
  throw Object.assign(new Error(run.failure.detail), { code: run.failure.code })
}
