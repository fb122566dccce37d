import type { BackupResource } from '../../protocol/api/control-schema.ts'
import type { Backup, BackupChoice, BackupMade } from './control-port.ts'
import { timeOf } from './job-resource.ts'
import { ApiProblem } from './problem.ts'

interface Run {
  readonly path: string
  readonly startedMs: number
  readonly controller: AbortController
  state: BackupResource['state']
  endedMs: number | null
  bytesDone: number
  bytesTotal: number | null
  made: BackupMade | null
  failure: BackupResource['failure']
}

/** One backup at a time, and how the newest one went; nothing of it outlives the process. */
export function createBackups(backup: Backup | undefined, now: () => number) {
  let newest: Run | undefined

  function end(run: Run, state: BackupResource['state'], failure: BackupResource['failure'] = null): void {
    Object.assign(run, { state, failure, endedMs: now() })
  }

  async function carryOut(run: Run, copy: Backup, choice: BackupChoice): Promise<void> {
    const { signal } = run.controller
    try {
      run.made = await copy(run.path, { ...choice, signal }, (copied) => void Object.assign(run, copied))
      end(run, 'completed')
    } catch (error) {
      if (signal.aborted) end(run, 'cancelled')
      else end(run, 'failed', failureOf(error))
    }
  }

  function require(): Run {
    if (newest === undefined) throw new ApiProblem('backup_not_found')
    return newest
  }

  return {
    start(path: string, choice: BackupChoice): BackupResource {
      if (backup === undefined) throw new ApiProblem('not_available', 'this peer can not make backups')
      if (newest?.state === 'running') throw new ApiProblem('backup_running', `to ${newest.path}`)
      const controller = new AbortController()
      const progress = { bytesDone: 0, bytesTotal: null, endedMs: null, made: null, failure: null }
      newest = { path, startedMs: now(), controller, state: 'running', ...progress }
      void carryOut(newest, backup, choice)
      return resourceOf(newest)
    },
    read: () => resourceOf(require()),
    cancel(): BackupResource {
      const run = require()
      run.controller.abort()
      return resourceOf(run)
    },
  }
}

function failureOf(error: unknown): BackupResource['failure'] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'backup_failed'
  return { code, detail: error instanceof Error ? error.message : String(error) }
}

function resourceOf({
  path,
  state,
  startedMs,
  endedMs,
  bytesDone,
  bytesTotal,
  made,
  failure,
}: Run): BackupResource {
  return {
    path,
    state,
    started_at: timeOf(startedMs),
    ended_at: endedMs === null ? null : timeOf(endedMs),
    bytes_done: bytesDone,
    bytes_total: bytesTotal,
    made: made === null ? null : madeResource(made),
    failure,
  }
}

function madeResource({ createdMs, ...made }: BackupMade): BackupResource['made'] {
  const { peer, swarm, position, keys, records, bodies, bytes } = made
  return { peer, swarm, position, created_at: timeOf(createdMs), keys, records, bodies, bytes }
}
