import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { BackupError } from './backup-error.ts'
import {
  type Frame,
  FORMAT_VERSION,
  FRAME_CHECKSUM_BYTES,
  FRAME_HEAD_BYTES,
  frameTypeOf,
  HEADER_LINE,
  HEADER_LINE_BYTES_MAX,
  HEADER_LINE_PATTERN,
  PAYLOAD_BYTES_MAX,
} from './frame.ts'

/** A frame, and the SHA-256 of all that comes before it. */
export interface ReadFrame extends Frame {
  readonly sha256Before: () => string
}

/**
 * The frames of a backup in their order, each with its checksum compared; memory holds one at a time. What they mean
 * is checked by `verifyBackup`. Throws `backup_foreign`, `backup_version_unknown` and `backup_damaged`.
 */
export async function* readBackup(path: string): AsyncGenerator<ReadFrame> {
  const file = await open(path, 'r')
  try {
    const hash = createHash('sha256')
    const head = await read(file, 0, HEADER_LINE_BYTES_MAX)
    assertKnown(path, Buffer.from(head).toString('latin1'))
    hash.update(HEADER_LINE)
    let at = HEADER_LINE.length
    for (;;) {
      const frame = await readFrame(path, file, at)
      if (frame === undefined) return
      yield { ...frame, sha256Before: digestOf(hash) }
      hash.update(frame.bytes)
      at += frame.bytes.length
    }
  } finally {
    await file.close()
  }
}

function digestOf(hash: Hash): () => string {
  return () => hash.copy().digest('hex')
}

function assertKnown(path: string, head: string): void {
  const [, version] = HEADER_LINE_PATTERN.exec(head) ?? []
  if (version === undefined) {
    const message = `${path} is not a backup of Hyperlooms. Nothing was changed.`
    throw new BackupError('backup_foreign', message)
  }
  if (Number(version) === FORMAT_VERSION) return
  const message = `${path} is a backup of version ${version}, and this program reads version ${FORMAT_VERSION}. Use the program that wrote it. Nothing was changed.`
  throw new BackupError('backup_version_unknown', message)
}

/** The frame that begins there; undefined at the end of the file. */
async function readFrame(
  path: string,
  file: FileHandle,
  at: number,
): Promise<(Frame & { readonly bytes: Uint8Array }) | undefined> {
  const head = await read(file, at, FRAME_HEAD_BYTES)
  if (head.length === 0) return undefined
  if (head.length < FRAME_HEAD_BYTES) throw damaged(path, `it is cut short at byte ${at + head.length}`)
  const type = frameTypeOf(head.readUInt8(0))
  const length = head.readUInt32LE(1)
  if (type === undefined || length > PAYLOAD_BYTES_MAX) throw damaged(path, `byte ${at} was changed`)
  const bytes = await read(file, at, FRAME_HEAD_BYTES + length + FRAME_CHECKSUM_BYTES)
  const end = FRAME_HEAD_BYTES + length
  if (bytes.length < end + FRAME_CHECKSUM_BYTES)
    throw damaged(
      path,
      `it is cut short at byte ${at + bytes.length}, or the part that begins at ${at} was changed`,
    )
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end)))
    throw damaged(path, `the part from byte ${at} to ${at + bytes.length} was changed`)
  return { type, payload: new Uint8Array(bytes.subarray(FRAME_HEAD_BYTES, end)), bytes }
}

/** As many bytes as there are, up to `length`. */
async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { size } = await file.stat()
  const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - at)))
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

export function damaged(path: string, why: string): BackupError {
  const message = `The backup ${path} is damaged: ${why}. Use another one. Nothing was changed.`
  return new BackupError('backup_damaged', message)
}
