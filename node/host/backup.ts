import { basename } from 'node:path'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { STORE_VERSION } from '../../protocol/records/migrations.ts'
import { type DataFolder, readIfThere } from '../config/data-folder.ts'
import { keysForBackup } from '../store/backup/backup-keys.ts'
import type { BackupFile } from '../store/backup/parts.ts'
import { type BackupOptions, type BackupSummary, writeBackup } from '../store/backup/write-backup.ts'
import type { BlobStore } from '../store/blob-store.ts'
import { storeVersionOf } from '../store/migrate-store.ts'
import type { Store } from '../store/store.ts'

/** What is asked of a peer that backs itself up. */
export interface BackupRequest {
  /** Absolute path of the file, which must not exist. */
  readonly path: string
  /** Seals keys that lie plain in the data folder; sealed ones keep their own passphrase. */
  readonly passphrase: string | undefined
  /** Keys that lie plain may lie plain in the backup. */
  readonly plainKeys: boolean
  /** Whether bodies of prompts and answers go with it. */
  readonly bodies: boolean
}

/** The peer that is backed up, running or not. */
export interface BackupSource {
  readonly folder: DataFolder
  readonly signer: Signer
  readonly view: Pick<PeerView, 'roster'>
  readonly store: Store
  readonly bodies: Pick<BlobStore, 'get'>
  readonly version: string
  readonly now: () => number
}

/** Bodies of prompts and answers; the protocol allows the same for both. */
export const BODY_BYTES_MAX = Math.max(LIMITS.promptBytes, LIMITS.answerBytes)

/** Writes the backup of a peer as it is now. Throws what `writeBackup` and `keysForBackup` throw. */
export async function backUp(
  { folder, signer, view, store, bodies, version, now }: BackupSource,
  { path, passphrase, plainKeys, bodies: withBodies }: BackupRequest,
  options?: BackupOptions,
): Promise<BackupSummary> {
  const { charter, epoch } = view.roster
  const keys = await keysForBackup(folder.root, { passphrase, plainKeys })
  const parts = {
    signer,
    charter,
    roster: { epoch: epoch.number, witnesses: epoch.witnesses, members: [...view.roster.members()].length },
    keys,
    files: await settingsOf(folder),
    store,
    storeVersion: await storeVersionOf(store, STORE_VERSION),
    bodies: withBodies ? { folder: folder.blobs, blobs: bodies } : undefined,
    program: version,
    nowMs: now(),
  }
  return writeBackup(parts, path, options)
}

/**
 * Settings, the digest of the API key, so that programs that have the key go on with the restored peer, and where an
 * invited one finds its swarm.
 */
async function settingsOf({ config, apiKey, joined }: DataFolder): Promise<readonly BackupFile[]> {
  const found = await Promise.all(
    [config, apiKey, joined].map(async (path) => ({
      name: basename(path),
      content: await readIfThere(path),
    })),
  )
  return found.flatMap(({ name, content }) =>
    content === undefined ? [] : [{ name, content: new Uint8Array(content) }],
  )
}
