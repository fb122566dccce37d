import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RESTORED_PREFIXES, restoredRecord } from '../../../protocol/records/restored.ts'
import { writeCharter } from '../../config/charter-file.ts'
import { dataFolder } from '../../config/data-folder.ts'
import { openBlobStore } from '../blob-store.ts'
import { damaged } from '../backup/read-backup.ts'
import { PAYLOAD_BYTES_MAX } from '../backup/frame.ts'
import { type VerifiedBackup, verifyBackup } from '../backup/verify-backup.ts'
import type { Store } from '../store.ts'
import { createStoreMark } from '../store-mark.ts'
import { openStore } from '../store-recovery.ts'
import { createSyncedDirectory, createSyncedFile, syncDirectory } from '../synced-file.ts'

export interface StageOptions {
  /** Whether the restored peer may vote as a witness: false leaves the mark by which it never does. */
  readonly votes: boolean
  readonly signal: AbortSignal | undefined
  readonly progress: (progress: { readonly records: number; readonly bodies: number }) => void
}

/**
 * Makes the restored peer's folder in `staging`, durable as a whole, out of a backup that was verified before and is
 * verified again. The mark that says that its store is a restored one comes first: no store of it is ever without.
 */
export async function stage(
  path: string,
  { header, charter, keys, files, end }: VerifiedBackup,
  staging: string,
  { votes, signal, progress }: StageOptions,
): Promise<void> {
  const folder = dataFolder(staging)
  await createSyncedDirectory(staging)
  await createStoreMark(staging, { restored: true, replaced: !votes })
  const { store } = await openStore(folder, { hasPeers: false })
  const counts = { records: 0, bodies: 0 }
  const tell = (): void => {
    signal?.throwIfAborted()
    progress(counts)
  }
  try {
    const blobs = header.bodies ? openBlobStore(folder.blobs, { bytesMax: PAYLOAD_BYTES_MAX }) : undefined
    const again = await verifyBackup(path, {
      async records(records) {
        await store.write(records)
        counts.records += records.length
        tell()
      },
      async body(content) {
        await blobs?.put(content)
        counts.bodies += 1
        tell()
      },
    })
    if (again.end.sha256 !== end.sha256) throw damaged(path, 'it changed while it was read')
    await forget(store)
  } finally {
    await store.close()
  }
  await writeCharter(folder, charter)
  for (const { name, content } of [...files, ...keys]) {
    const target = join(staging, name)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await createSyncedFile(target, content)
    await syncDirectory(dirname(target))
  }
  await syncDirectory(staging)
}

/** Takes back what the peer might contradict that signed on after the backup. */
async function forget(store: Store): Promise<void> {
  for (const prefix of RESTORED_PREFIXES) {
    for await (const record of store.scan({ prefix })) {
      const writes = restoredRecord(record)
      if (writes.length > 0) await store.write(writes)
    }
  }
}
