import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncDirectory } from '../synced-file.ts'
import { BackupError } from './backup-error.ts'
import { encodeFrame, type Frame, HEADER_LINE } from './frame.ts'

/** A backup that is being written under another name, and gets its own only when it is whole and synced. */
export interface BackupFileWriter {
  write(frame: Frame): Promise<void>
  /** SHA-256 of all that was written so far, in hexadecimal. */
  sha256(): string
  bytes(): number
  /** Syncs it and gives it its name. Throws `backup_exists` if that was taken meanwhile. */
  publish(): Promise<void>
  /** Removes what isn't published. */
  dispose(): Promise<void>
}

/** For its owner only: it holds keys, and prompts and answers of others. Throws `backup_exists`. */
export async function createBackupFile(path: string): Promise<BackupFileWriter> {
  await assertFree(path)
  const temporary = `${path}.${randomUUID()}.partial`
  const file = await open(temporary, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  let isPublished = false
  const append = async (chunk: Uint8Array): Promise<void> => {
    await writeWhole(file, chunk)
    hash.update(chunk)
    bytes += chunk.length
  }
  const dispose = async (): Promise<void> => {
    await file.close()
    if (!isPublished) await rm(temporary, { force: true })
  }
  try {
    await append(Buffer.from(HEADER_LINE))
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    write: (frame) => append(encodeFrame(frame)),
    sha256: () => hash.copy().digest('hex'),
    bytes: () => bytes,
    async publish() {
      await file.sync()
      await publish(temporary, path)
      isPublished = true
      await syncDirectory(dirname(resolve(path)))
    },
    dispose,
  }
}

/** A full disk may take a part of a chunk before it says so. */
async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done)
    done += bytesWritten
  }
}

/** File systems without hard links, such as those of memory sticks. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function publish(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST') throw exists(path)
    if (!NO_LINKS.has(code)) throw error
    await assertFree(path)
    await rename(temporary, path)
    return
  }
  await rm(temporary)
}

async function assertFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (found !== undefined) throw exists(path)
}

function exists(path: string): BackupError {
  return new BackupError(
    'backup_exists',
    `${path} exists already, and a backup overwrites nothing: name another file.`,
  )
}
