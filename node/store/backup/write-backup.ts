import { readdir } from 'node:fs/promises'
import type { Signer } from '../../../protocol/crypto/signer.ts'
import { type Digest, isDigest } from '../../../protocol/ids.ts'
import type { StoredRecord } from '../../../protocol/records/record.ts'
import { type Charter, encodeCharter, swarmIdOf } from '../../../protocol/swarm/charter.ts'
import type { BlobStore } from '../blob-store.ts'
import type { Store } from '../store.ts'
import { asBackupError } from './backup-error.ts'
import { type BackupFileWriter, createBackupFile } from './backup-file.ts'
import { RECORDS_BYTES, RECORDS_MAX } from './frame.ts'
import {
  type BackupEnd,
  type BackupFile,
  type BackupHeader,
  bodyCodec,
  encodePart,
  endCodec,
  fileCodec,
  headerCodec,
  recordsCodec,
  signedText,
} from './parts.ts'

/** All that a backup is made of. */
export interface BackupParts {
  /** The peer's own key: it signs for every byte. */
  readonly signer: Signer
  readonly charter: Charter
  /** Who witnesses now, and how many members there are, as the peer knows it. */
  readonly roster: {
    readonly epoch: number
    readonly witnesses: BackupHeader['witnesses']
    readonly members: number
  }
  /** Key files as they are to lie in the restored folder: `identity.key` and `keys/<id>.key` (`keysForBackup`). */
  readonly keys: { readonly form: BackupHeader['keys']; readonly files: readonly BackupFile[] }
  /** Other files of the data folder, such as its settings. */
  readonly files: readonly BackupFile[]
  readonly store: Pick<Store, 'snapshot'>
  readonly storeVersion: number
  /** Undefined leaves the bodies out. */
  readonly bodies: { readonly folder: string; readonly blobs: Pick<BlobStore, 'get'> } | undefined
  readonly program: string
  readonly nowMs: number
}

export interface BackupProgress {
  readonly phase: 'records' | 'bodies'
  readonly records: number
  readonly bodies: number
  readonly bytes: number
}

export interface BackupSummary
  extends Pick<BackupHeader, 'peer' | 'swarm' | 'position' | 'createdMs' | 'keys'> {
  readonly path: string
  readonly records: number
  readonly bodies: number
  readonly bytes: number
}

export interface BackupOptions {
  readonly progress?: (progress: BackupProgress) => void
  /** Ends it early; nothing is left of it then. */
  readonly signal?: AbortSignal
}

/**
 * Writes one consistent state of a peer to the file `path`, while it runs or stands still: the store as it is when
 * this is called, whatever is written meanwhile, and every body that its records name, since bodies are kept before
 * the records that name them. It is written under another name, synced, and gets its name as a whole at the end, so
 * that a crash leaves no backup or a whole one, besides a `.partial` file that nothing reads.
 *
 * Throws `BackupError`s: `backup_exists`, `backup_disk_full`, `backup_interrupted`, `backup_failed`; and `StoreError`s.
 */
export async function writeBackup(
  parts: BackupParts,
  path: string,
  { progress = () => undefined, signal }: BackupOptions = {},
): Promise<BackupSummary> {
  try {
    // Before anything else: what is written from now on isn't in it.
    const snapshot = await parts.store.snapshot()
    try {
      const header = headerOf(parts, snapshot.position)
      const file = await createBackupFile(path)
      try {
        await writeHead(file, header, parts)
        const counts = { records: 0, bodies: 0 }
        const tell = (phase: BackupProgress['phase']): void => {
          signal?.throwIfAborted()
          progress({ phase, ...counts, bytes: file.bytes() })
        }
        for await (const group of groups(snapshot.scan({ prefix: '' }))) {
          await file.write({ type: 'records', payload: encodePart(recordsCodec, group) })
          counts.records += group.length
          tell('records')
        }
        for await (const body of bodiesOf(parts)) {
          await file.write({ type: 'body', payload: encodePart(bodyCodec, body) })
          counts.bodies += 1
          tell('bodies')
        }
        await file.write({ type: 'end', payload: encodePart(endCodec, endOf(parts.signer, file, counts)) })
        signal?.throwIfAborted()
        await file.publish()
        const { peer, swarm, position, createdMs, keys } = header
        return { path, peer, swarm, position, createdMs, keys, ...counts, bytes: file.bytes() }
      } finally {
        await file.dispose()
      }
    } finally {
      await snapshot.close()
    }
  } catch (error) {
    throw asBackupError(path, error, 'No backup was written.')
  }
}

function headerOf(parts: BackupParts, position: number): BackupHeader {
  const { signer, charter, roster, keys, bodies, program, storeVersion, nowMs } = parts
  return {
    program,
    createdMs: nowMs,
    peer: signer.id,
    swarm: swarmIdOf(charter),
    swarmName: charter.name,
    ...roster,
    storeVersion,
    position,
    keys: keys.form,
    bodies: bodies !== undefined,
  }
}

async function writeHead(
  file: BackupFileWriter,
  header: BackupHeader,
  { charter, keys, files }: BackupParts,
): Promise<void> {
  await file.write({ type: 'header', payload: encodePart(headerCodec, header) })
  await file.write({ type: 'charter', payload: encodeCharter(charter) })
  for (const key of keys.files) await file.write({ type: 'key', payload: encodePart(fileCodec, key) })
  for (const each of files) await file.write({ type: 'file', payload: encodePart(fileCodec, each) })
}

function endOf(
  signer: Signer,
  file: BackupFileWriter,
  counts: Pick<BackupEnd, 'records' | 'bodies'>,
): BackupEnd {
  const sha256 = file.sha256() as Digest
  return { ...counts, sha256, signature: signer.sign(signedText(sha256)) }
}

async function* groups(records: AsyncIterable<StoredRecord>): AsyncGenerator<readonly StoredRecord[]> {
  let group: StoredRecord[] = []
  let bytes = 0
  for await (const record of records) {
    group.push(record)
    bytes += record.key.length + record.value.length
    if (bytes < RECORDS_BYTES && group.length < RECORDS_MAX) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

/** Bodies by name; one that was removed, or whose copy was damaged, is held no more and is left out. */
async function* bodiesOf({ bodies }: BackupParts): AsyncGenerator<{ digest: Digest; content: Uint8Array }> {
  if (bodies === undefined) return
  for (const digest of (await readdir(bodies.folder)).filter(isDigest).sort()) {
    const content = await bodies.blobs.get(digest)
    if (content !== undefined) yield { digest, content }
  }
}
