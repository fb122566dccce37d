import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeCharter, swarmIdOf } from '../../../protocol/swarm/charter.ts'
import { dataFolder, readIfThere } from '../../config/data-folder.ts'
import { asBackupError, BackupError } from '../backup/backup-error.ts'
import type { BackupHeader } from '../backup/parts.ts'
import { type VerifiedBackup, verifyBackup } from '../backup/verify-backup.ts'
import { readKeyFile } from '../key-file.ts'
import { IDENTITY_FILE } from '../keystore.ts'
import { acquireLock } from '../lock.ts'
import { type Passphrases, seedOf } from '../passphrases.ts'
import {
  commitRestore,
  completeRestore,
  isRestorePending,
  peerFilesIn,
  stagingName,
} from './restore-journal.ts'
import { stage } from './stage.ts'

export interface RestoreOptions {
  /** For the backup's keys, which are opened before anything is changed. */
  readonly passphrases: Passphrases
  /** What lies in the data folder may be moved aside. */
  readonly replace: boolean
  /** The operator's word that nobody else witnesses, so that this peer may go on voting. */
  readonly onlyWitness: boolean
  /** The newest version of the store that this program knows. */
  readonly storeVersion: number
  readonly progress?: (progress: RestoreProgress) => void
  /** Ends it early, with nothing changed; once it is committed it goes on to its end. */
  readonly signal?: AbortSignal
}

export interface RestoreProgress {
  readonly phase: 'verifying' | 'writing'
  readonly records: number
  readonly bodies: number
}

export interface RestoreSummary extends Pick<BackupHeader, 'peer' | 'swarm' | 'createdMs' | 'position'> {
  readonly records: number
  readonly bodies: number
  /** Where everything lies that was in the data folder; null if there was no peer. */
  readonly movedTo: string | null
  /** Whether this peer votes as a witness: only where it is the only one. */
  readonly votes: boolean
}

/** Names of files that make a data folder a peer's; settings alone don't. */
const OF_A_PEER: readonly string[] = ['store.mark', 'store', 'charter.cbor', 'keys', 'identity.key']

/**
 * Puts the peer of a backup into the data folder `root`, which nobody may be using. In this order: lock, an earlier
 * restore is ended, the whole file is verified and its keys are opened, a folder beside is made of it and synced,
 * then one file commits it and renames end it. A crash leaves what was there before, or a restore that the next start
 * ends. What was there is moved aside, never deleted.
 *
 * The restored store carries a mark: as a witness this peer never votes again, since it may have forgotten votes
 * (4.10), unless it is the only witness and the operator says so. As an owner it asks a quorum of witnesses for its
 * account's head before it signs (4.7).
 *
 * Throws `BackupError`, `LockError`, `KeystoreError`, `StoreError`.
 */
export async function restoreBackup(
  path: string,
  root: string,
  options: RestoreOptions,
): Promise<RestoreSummary> {
  const lock = await acquireLock(root)
  try {
    await completeRestore(root)
    return await restoreLocked(path, root, options)
  } catch (error) {
    throw asBackupError(root, error, 'Nothing was changed.')
  } finally {
    await lock.release()
  }
}

async function restoreLocked(path: string, root: string, options: RestoreOptions): Promise<RestoreSummary> {
  const { progress = () => undefined, signal } = options
  const backup = await verify(path, options).catch((error: unknown) => {
    throw asBackupError(path, error, 'Nothing was changed.')
  })
  const { header, end } = backup
  await assertReplaceable(root, header, options.replace)
  const votes = assertVotes(header, options.onlyWitness)
  await seedOf(backup.identity, `${IDENTITY_FILE} in ${path}`, options.passphrases)

  const name = stagingName()
  const staging = join(root, name)
  try {
    const tell = (counts: Pick<RestoreProgress, 'records' | 'bodies'>): void =>
      progress({ phase: 'writing', ...counts })
    await stage(path, backup, staging, { votes, signal, progress: tell })
    signal?.throwIfAborted()
    await commitRestore(root, name)
  } catch (error) {
    if (!(await isRestorePending(root))) await rm(staging, { recursive: true, force: true })
    throw error
  }
  const completed = await completeRestore(root).catch((error: unknown) => {
    throw asBackupError(
      root,
      error,
      'The restored peer is ready beside the old one, and the next start ends it.',
    )
  })
  const movedTo = completed?.movedTo ?? null
  const { peer, swarm, createdMs, position } = header
  return { peer, swarm, createdMs, position, records: end.records, bodies: end.bodies, movedTo, votes }
}

async function verify(
  path: string,
  { progress, signal, storeVersion }: RestoreOptions,
): Promise<VerifiedBackup> {
  const counts = { records: 0, bodies: 0 }
  const count = (what: 'records' | 'bodies', number: number): Promise<void> => {
    signal?.throwIfAborted()
    counts[what] += number
    progress?.({ phase: 'verifying', ...counts })
    return Promise.resolve()
  }
  const backup = await verifyBackup(path, {
    records: (records) => count('records', records.length),
    body: () => count('bodies', 1),
  })
  if (backup.header.storeVersion <= storeVersion) return backup
  const message = `The store in ${path} has version ${backup.header.storeVersion}, and this program knows versions up to ${storeVersion}. Restore it with the newer program that wrote it (${backup.header.program}). Nothing was changed.`
  throw new BackupError('backup_version_unknown', message)
}

/** A folder with another peer, or of another swarm, is never replaced: nobody means that. */
async function assertReplaceable(root: string, header: BackupHeader, replace: boolean): Promise<void> {
  const present = (await peerFilesIn(root)).filter((name) => OF_A_PEER.includes(name))
  if (present.length === 0) return
  const [peer, swarm] = await Promise.all([peerIn(root), swarmIn(root)])
  if (swarm !== undefined && swarm !== header.swarm) {
    throw foreign(root, `a peer of the swarm ${swarm}`, `the swarm ${header.swarm} (${header.swarmName})`)
  }
  if (peer !== undefined && peer !== header.peer)
    throw foreign(root, `the peer ${peer}`, `the peer ${header.peer}`)
  if (replace) return
  const message = `${root} holds a peer already (${present.join(', ')}). To have it moved aside within that folder and the backup in its place, add --replace; to keep it, name another folder with --data. Nothing was changed.`
  throw new BackupError('backup_refused', message)
}

/** Whether the restored peer votes. */
function assertVotes({ peer, witnesses, createdMs, members }: BackupHeader, onlyWitness: boolean): boolean {
  const isOnly = witnesses.length === 1 && witnesses[0] === peer
  if (!isOnly && onlyWitness) {
    const message = `--i-am-the-only-witness is for a swarm with one witness. This backup knows ${witnesses.length}; without that word the peer is restored as a member that never votes again under this key, and the operators name another witness. Nothing was changed.`
    throw new BackupError('backup_refused', message)
  }
  if (!isOnly || onlyWitness) return onlyWitness
  const since = new Date(createdMs).toISOString()
  const others = members > 1 ? ` It had ${members - 1} other members.` : ''
  const message =
    `When this backup was made (${since}), this peer was the only witness of its swarm.${others} What it certified after that is ` +
    'forgotten with the old store, and a witness that forgot votes must not vote again; but then nobody could, and the ' +
    'swarm would stand still for ever. Say --i-am-the-only-witness if all of this is so: no other peer has become a witness ' +
    'since; no other copy of this peer runs or ever will; and whatever was certified since may be lost. Members that ' +
    'still hold entries from after the backup would contradict the new ones: have them start with empty stores. Nothing was changed.'
  throw new BackupError('backup_refused', message)
}

function foreign(root: string, found: string, wanted: string): BackupError {
  const message = `${root} holds ${found}, and the backup is of ${wanted}. Name another folder with --data, or move that one away yourself. Nothing was changed.`
  return new BackupError('backup_foreign', message)
}

/** Undefined where there is none, or none that can be read: that is what backups are for. */
async function peerIn(root: string): Promise<string | undefined> {
  return readKeyFile(join(root, IDENTITY_FILE)).then(
    ({ id }) => id,
    () => undefined,
  )
}

async function swarmIn(root: string): Promise<string | undefined> {
  const bytes = await readIfThere(dataFolder(root).charter)
  if (bytes === undefined) return undefined
  try {
    return swarmIdOf(decodeCharter(new Uint8Array(bytes)))
  } catch {
    return undefined
  }
}
