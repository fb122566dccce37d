import { expect, it } from 'vitest'
import type { BackupResource } from '../../protocol/api/control-schema.ts'
import { connect } from './api.ts'
import { backUpRunning } from './backup-running.ts'

const RUNNING: BackupResource = {
  path: '/b',
  state: 'running',
  started_at: '2026-01-01T00:00:00.000Z',
  ended_at: null,
  bytes_done: 5,
  bytes_total: null,
  made: null,
  failure: null,
}
const REQUEST = { path: '/b', passphrase: undefined, plainKeys: true, bodies: true }

/** A peer whose backup stands like this after it was started. */
function peerWith(later: () => BackupResource) {
  const done: string[] = []
  const client = {
    ...connect('http://127.0.0.1:9'),
    startBackup: async () => RUNNING,
    getBackup: async () => later(),
    cancelBackup: async () => {
      done.push('cancel')
      return RUNNING
    },
  }
  return { client, done }
}

it('a backup that is interrupted is cancelled at the peer once, and told as interrupted', async () => {
  const { client, done } = peerWith(() => ({ ...RUNNING, state: done.length > 0 ? 'cancelled' : 'running' }))
  const controller = new AbortController()
  const options = { signal: controller.signal, progress: () => controller.abort() }
  await expect(backUpRunning(client, REQUEST, options)).rejects.toMatchObject({ code: 'backup_interrupted' })
  expect(done).toEqual(['cancel'])
})

it('what it failed with is told with its code', async () => {
  const failure = { code: 'backup_disk_full', detail: 'the disk is full' }
  const { client } = peerWith(() => ({ ...RUNNING, state: 'failed', failure }))
  const options = { signal: new AbortController().signal, progress: () => undefined }
  await expect(backUpRunning(client, REQUEST, options)).rejects.toMatchObject({
    code: 'backup_disk_full',
    message: 'the disk is full',
  })
})
