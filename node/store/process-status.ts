import { readFile } from 'node:fs/promises'

/** One run of a process: its pid alone is given to another process sooner or later. */
export interface ProcessRun {
  readonly pid: number
  /** When it started, in words of the system; undefined where the system doesn't tell (no /proc). */
  readonly started: string | undefined
}

export async function ownRun(): Promise<ProcessRun> {
  return { pid: process.pid, started: await startOf(process.pid) }
}

/** Whether exactly that run is alive. In doubt the answer is yes. */
export async function isAlive(run: ProcessRun): Promise<boolean> {
  if (!exists(run.pid)) return false
  const started = await startOf(run.pid)
  if (started === 'gone') return false
  return started === undefined || run.started === undefined || started === run.started
}

/** Whether exactly that run is alive and this account may signal it: a process of another account is not. */
export async function isOwnAlive(run: ProcessRun): Promise<boolean> {
  try {
    process.kill(run.pid, 0)
  } catch {
    return false
  }
  return isAlive(run)
}

function exists(pid: number): boolean {
  try {
    // Signal 0 only asks whether the process could be signalled.
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Boot id and start time in clock ticks since boot, which together never repeat. 'gone' for a process that
 * has ended and only waits for its parent to notice (kill -9 of a child leaves such an entry).
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, status] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // proc(5): pid (comm) state ppid ...; comm may hold spaces and brackets, starttime is field 22.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const [state, ticks] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return 'gone'
    return ticks === undefined ? undefined : `${boot.trim()}/${ticks}`
  } catch {
    return undefined
  }
}
