import { createPeer } from '../../protocol/peer/peer.ts'
import { STORE_VERSION } from '../../protocol/records/migrations.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { readCharter } from '../config/charter-file.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { BackupError } from '../store/backup/backup-error.ts'
import type { BackupOptions, BackupSummary } from '../store/backup/write-backup.ts'
import { openBlobStore } from '../store/blob-store.ts'
import { listKeys } from '../store/keystore-keys.ts'
import { acquireLock } from '../store/lock.ts'
import { storeVersionOf } from '../store/migrate-store.ts'
import { type Passphrases, seedOf } from '../store/passphrases.ts'
import { completeRestore } from '../store/restore/restore-journal.ts'
import { type Store, StoreError } from '../store/store.ts'
import { openStore } from '../store/store-recovery.ts'
import { backUp, BODY_BYTES_MAX, type BackupRequest, type BackupSource } from './backup.ts'
import { restore } from './records.ts'

export interface StoppedPeer {
  readonly folder: DataFolder
  readonly version: string
  readonly passphrases: Passphrases
}

/**
 * Backs up a peer that isn't running, under the lock of its data folder. Its records are left as they are, also those
 * of an earlier version. Throws `lock_held`, `backup_refused` where there is no peer or its store is damaged, and
 * what `backUp` throws.
 */
export async function backUpStopped(
  peer: StoppedPeer,
  request: BackupRequest,
  options?: BackupOptions,
): Promise<BackupSummary> {
  const opening = new AsyncDisposableStack()
  try {
    return await backUp(await open(peer, opening), request, options)
  } finally {
    await opening.disposeAsync()
  }
}

async function open(
  { folder, version, passphrases }: StoppedPeer,
  opening: AsyncDisposableStack,
): Promise<BackupSource> {
  if ((await listKeys(folder.root)).length === 0) throw noPeer(folder)
  const lock = await acquireLock(folder.root)
  opening.defer(() => lock.release())
  await completeRestore(folder.root)
  const [identity] = await listKeys(folder.root)
  const charter = await readCharter(folder)
  if (identity?.isIdentity !== true || charter === undefined) throw noPeer(folder)
  const signer = createNativeSigner(await seedOf(identity.file, identity.path, passphrases))
  const store = await openSound(folder)
  opening.defer(() => store.close())
  const bodies = openBlobStore(folder.blobs, { bytesMax: BODY_BYTES_MAX })
  const view = await viewOf(signer, charter, store)
  return { folder, signer, view, store, bodies, version, now: Date.now }
}

/** Who belongs to the swarm by the store's records; by the charter where the records are of an earlier version. */
async function viewOf(
  signer: BackupSource['signer'],
  charter: Charter,
  store: Store,
): Promise<BackupSource['view']> {
  if ((await storeVersionOf(store, STORE_VERSION)) !== STORE_VERSION) return { roster: rosterOf(charter) }
  const peer = createPeer({ signer, charter, rules: await ownRules() })
  await restore(peer, store)
  return peer.view
}

async function openSound(folder: DataFolder): Promise<Store> {
  try {
    return (await openStore(folder, { hasPeers: false })).store
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store_damaged') throw error
    const message = `The store in ${folder.store} is damaged, so there is nothing whole to back up. Start the peer: it says what is wrong, and where the swarm has other members it mends it. No backup was written.`
    throw new BackupError('backup_refused', message, error)
  }
}

function noPeer({ root }: DataFolder): BackupError {
  return new BackupError(
    'backup_refused',
    `There is no peer in ${root}: name its data folder with --data. No backup was written.`,
  )
}
