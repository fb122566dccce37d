import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, fine, type Finding, warn } from './finding.ts'

const MEBIBYTE = 1_048_576
/** Weeks of a busy ledger. */
const FREE_WARN_BYTES = 1_024 * MEBIBYTE
/** A few compactions of the database, and it stops. */
const FREE_FAIL_BYTES = 100 * MEBIBYTE
/** Group commit hides a slow disk up to about this. */
const SYNC_WARN_MS = 100
/** A vote that waits this long comes after its round. */
const SYNC_FAIL_MS = 2_000
const SYNCS = 5
const RECORD_BYTES = 4_096

export interface DiskFacts {
  readonly freeBytes: number
  /** The middle one of a few small writes that were synced, as each entry is. */
  readonly syncMs: number
}

/** Measures the disk of a folder by a file of its own, which is removed. Throws where it can't be written. */
async function measureDisk(folder: string): Promise<DiskFacts> {
  const { bavail, bsize } = await statfs(folder)
  const path = join(folder, `.doctor-${process.pid}.tmp`)
  const file = await open(path, 'wx', 0o600)
  try {
    const times: number[] = []
    for (let at = 0; at < SYNCS; at += 1) {
      const startedMs = performance.now()
      await file.write(new Uint8Array(RECORD_BYTES))
      await file.sync()
      times.push(performance.now() - startedMs)
    }
    const middle = times.toSorted((a, b) => a - b)[Math.floor(SYNCS / 2)] ?? 0
    return { freeBytes: bavail * bsize, syncMs: middle }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

export function judgeDisk({ freeBytes, syncMs }: DiskFacts): Finding {
  const free = `${Math.floor(freeBytes / MEBIBYTE).toLocaleString('en')} MiB are free`
  const sync = `a synced write takes ${syncMs.toFixed(1)} ms`
  if (freeBytes < FREE_FAIL_BYTES) return fail('disk', `Only ${free}.`, 'free_space')
  if (syncMs > SYNC_FAIL_MS) return fail('disk', `The disk is too slow: ${sync}.`, 'faster_disk')
  if (freeBytes < FREE_WARN_BYTES) return warn('disk', `Only ${free}; ${sync}.`, 'free_space')
  if (syncMs > SYNC_WARN_MS) return warn('disk', `The disk is slow: ${sync}; ${free}.`, 'faster_disk')
  return fine('disk', `${free}, ${sync}.`)
}

export async function checkDisk(folder: string): Promise<Finding> {
  try {
    return judgeDisk(await measureDisk(folder))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    const sentence = `${folder} can't be written: ${error instanceof Error ? error.message : String(error)}.`
    return fail('disk', sentence, isFull ? 'free_space' : 'make_writable')
  }
}
