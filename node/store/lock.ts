import { claimLink, highestLink, linkedSince, readLink } from './lock-links.ts'
import { isAlive, isOwnAlive, ownRun } from './process-status.ts'
import type { ProcessRun } from './process-status.ts'
import { createSyncedDirectory } from './synced-file.ts'

export interface Lock {
  /** Gives the data folder free; a second call does nothing. */
  release(): Promise<void>
}

/** `lock_held`: a running process has the data folder. `lock_failed`: the lock can't be read or written. */
export class LockError extends Error {
  readonly code: 'lock_held' | 'lock_failed'
  /** The process that holds the lock. */
  readonly pid: number | undefined
  /** Since when, in milliseconds since 1970; undefined where it was given free meanwhile. */
  readonly sinceMs: number | undefined

  constructor(
    code: LockError['code'],
    message: string,
    details: { pid?: number; sinceMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: details.cause })
    this.name = 'LockError'
    this.code = code
    this.pid = details.pid
    this.sinceMs = details.sinceMs
  }
}

const RELEASED = 'released'
// Lost races only: each one means that another process got the lock, so the next look nearly always finds it
// held.
const ATTEMPTS_MAX = 100

/**
 * Holds the data folder for this process, so that no two processes sign with one key. Throws `lock_held` with
 * the holder's pid, since when it runs and what to do while another one runs; the lock of a process that died (kill -9, power) is taken over.
 *
 * The lock is the symbolic link `lock.<n>` with the highest n; it names the holder's pid and start time, or
 * says "released". Whoever finds lock n released or its holder dead claims n+1, which only one can. Since the
 * highest number never falls, a dead holder's lock is never mistaken for that of its successor; "remove the
 * stale file and create it again" has that flaw.
 *
 * Processes in different pid namespaces (containers that share a volume) can't see each other; there the lock
 * of LevelDB on its own folder still holds.
 */
export async function acquireLock(directory: string): Promise<Lock> {
  try {
    await createSyncedDirectory(directory)
    const own = await ownRun()
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const number = await tryAcquire(directory, own)
      if (number !== undefined) return createLock(directory, number)
    }
  } catch (error) {
    if (error instanceof LockError) throw error
    throw failed(directory, error)
  }
  throw failed(directory, new Error(`the race for it was lost ${ATTEMPTS_MAX} times`))
}

/** Whether a running process of this account holds the data folder; false where there is no such folder. */
export async function isHeldByOwn(directory: string): Promise<boolean> {
  try {
    const content = await readLink(directory, await highestLink(directory))
    const holder = content === undefined ? undefined : parseHolder(content)
    return holder !== undefined && (await isOwnAlive(holder))
  } catch {
    return false
  }
}

/** The number of the lock acquired; undefined when another process was faster. */
async function tryAcquire(directory: string, own: ProcessRun): Promise<number | undefined> {
  const highest = await highestLink(directory)
  if (highest > 0) {
    const content = await readLink(directory, highest)
    if (content === undefined) return undefined
    const holder = parseHolder(content)
    if (holder !== undefined && (await isAlive(holder)))
      throw held(directory, holder.pid, await linkedSince(directory, highest))
  }
  const claimed = await claimLink(directory, highest + 1, `${own.pid}@${own.started ?? ''}`)
  return claimed ? highest + 1 : undefined
}

function createLock(directory: string, number: number): Lock {
  let releasing: Promise<void> | undefined
  const release = async (): Promise<void> => {
    try {
      await claimLink(directory, number + 1, RELEASED)
    } catch (error) {
      throw failed(directory, error)
    }
  }
  return { release: () => (releasing ??= release()) }
}

/** Undefined for a released lock. Anything else that isn't a holder was not written by this program. */
function parseHolder(content: string): ProcessRun | undefined {
  if (content === RELEASED) return undefined
  const [, pid, started] = /^([1-9][0-9]{0,9})@(.*)$/.exec(content) ?? []
  if (pid === undefined) throw new Error(`it has the unknown content ${JSON.stringify(content)}`)
  return { pid: Number(pid), started: started === '' ? undefined : started }
}

function held(directory: string, pid: number, sinceMs: number | undefined): LockError {
  const since = sinceMs === undefined ? '' : ` since ${new Date(sinceMs).toISOString()}`
  const message =
    `The data folder ${directory} is in use by process ${pid}${since}. ` +
    `Stop that process (Ctrl-C in its terminal, or "kill ${pid}") and try again, or name another data folder with --data.`
  return new LockError('lock_held', message, { pid, sinceMs })
}

function failed(directory: string, cause: unknown): LockError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The lock of the data folder ${directory} can't be used: ${reason}`
  return new LockError('lock_failed', message, { cause })
}
