import { execFile } from 'node:child_process'
import { watch } from 'node:fs'
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../cli/exit-codes.ts'
import { dataFolder } from '../config/data-folder.ts'
import { createTestedFolder, text } from '../store/backup/testing-backup.ts'
import { verifyBackup } from '../store/backup/verify-backup.ts'
import { listKeys } from '../store/keystore-keys.ts'
import { acquireLock } from '../store/lock.ts'
import { completeRestore } from '../store/restore/restore-journal.ts'
import { openStore } from '../store/store-recovery.ts'
import { type Ended, runCommand, startCommand } from './command-line.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const run = promisify(execFile)
/** Some 20 MB: long enough to be interrupted in the middle. */
const RECORDS = 10_000
const LATER = 'test/later'

/** A peer, its backup, and what it wrote after it. */
let template: string
let peer: string
let backup: string
let root: string

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'hyperlooms-cut-'))
  peer = join(template, 'peer')
  backup = join(template, 'peer.backup')
  const tested = await createTestedFolder(peer, { others: 3, records: RECORDS })
  await tested.store.close()
  const made = await runCommand(['backup', backup, '--data', peer, '--plain-keys'])
  if (made.code !== EXIT.ok) throw new Error(made.stderr)
  const { store } = await openStore(tested.folder, { hasPeers: false })
  await store.write([{ key: LATER, value: text('signed after the backup') }])
  await store.close()
})
afterAll(() => rm(template, { recursive: true }))
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-cut-'))
})
afterEach(() => rm(root, { recursive: true }))

/** Runs a command until so many changes were seen in `folder`, and kills it then; it may have ended before. */
async function killAfter(changes: number, folder: string, args: readonly string[]): Promise<Ended> {
  const command = startCommand(args)
  let seen = 0
  const watcher = watch(folder, { recursive: true }, () => {
    seen += 1
    if (seen === changes) command.child.kill('SIGKILL')
  })
  try {
    return await command.ended
  } finally {
    watcher.close()
  }
}

/** The peer as its next start finds it. */
async function found(folder: string): Promise<'before' | 'restored'> {
  const lock = await acquireLock(folder)
  try {
    await completeRestore(folder)
    expect(await listKeys(folder)).toHaveLength(2)
    const { store, state, amnesia } = await openStore(dataFolder(folder), { hasPeers: false })
    const later = await store.get(LATER)
    let records = 0
    for await (const _ of store.scan({ prefix: 'test/' })) records += 1
    await store.close()
    expect(state.status).toBe('sound')
    expect(records).toBe(later === undefined ? RECORDS : RECORDS + 1)
    // Whatever a crash did: without what it wrote last it never votes.
    expect(amnesia).toBe(later === undefined)
    return later === undefined ? 'restored' : 'before'
  } finally {
    await lock.release()
  }
}

describe('a command that is killed at any moment', () => {
  it('restore: leaves the peer as it was, or restored and without a vote', async () => {
    const outcomes = new Set<string>()
    for (let changes = 1, hasEnded = false; !hasEnded; changes += Math.ceil(changes / 4)) {
      expect(changes).toBeLessThan(10_000)
      const folder = join(root, `peer-${changes}`)
      await cp(peer, folder, { recursive: true, verbatimSymlinks: true })
      const { code } = await killAfter(changes, folder, ['restore', backup, '--data', folder, '--replace'])
      hasEnded = code === EXIT.ok
      outcomes.add(await found(folder))
      expect((await readdir(folder)).filter((name) => name.startsWith('restore'))).toEqual([])
      await rm(folder, { recursive: true })
    }
    expect(outcomes).toEqual(new Set(['before', 'restored']))
  })

  it('backup: leaves a whole one or none, and the peer as it was', async () => {
    for (let changes = 1; ; changes += Math.ceil(changes / 4)) {
      expect(changes).toBeLessThan(10_000)
      const folder = join(root, `backup-${changes}`)
      await mkdir(folder)
      const file = join(folder, 'peer.backup')
      const { code } = await killAfter(changes, folder, ['backup', file, '--data', peer, '--plain-keys'])
      const names = await readdir(folder)
      if (names.includes('peer.backup')) await verifyBackup(file)
      await rm(folder, { recursive: true })
      if (code === EXIT.ok) break
      expect(code).toBe(null)
    }
    expect(await found(peer)).toBe('before')
  })
})

describe('a command that is interrupted with Ctrl-C', () => {
  async function interrupt(args: readonly string[]): Promise<Ended> {
    const command = startCommand(args)
    command.child.stderr?.once('data', () => command.child.kill('SIGINT'))
    return command.ended
  }

  it('backup: leaves nothing behind and says so', async () => {
    const ended = await interrupt(['backup', join(root, 'peer.backup'), '--data', peer, '--plain-keys'])
    expect(ended.stderr).toMatch(/Interrupted\. No backup was written\./)
    expect(ended.code).toBe(EXIT.interrupted)
    expect(await readdir(root)).toEqual([])
  })

  it('restore: changes nothing and says so', async () => {
    const folder = join(root, 'peer')
    await cp(peer, folder, { recursive: true, verbatimSymlinks: true })
    const ended = await interrupt(['restore', backup, '--data', folder, '--replace'])
    expect(ended.stderr).toMatch(/Interrupted\. Nothing was changed\./)
    expect(ended.code).toBe(EXIT.interrupted)
    expect(await found(folder)).toBe('before')
  })
})

describe('a disk that is full', () => {
  let disk: string

  beforeEach(async (context) => {
    requireRoot(context)
    requireComponent(context, 'mount')
    disk = join(root, 'disk')
    await mkdir(disk)
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'hyperlooms', disk])
  })
  afterEach(async () => {
    await run('umount', [disk])
  })

  /** Leaves so much free. */
  async function fill(leftBytes: number): Promise<string> {
    const { bavail, bsize } = await statfs(disk)
    const filler = join(disk, 'filler')
    await writeFile(filler, '')
    await appendFile(filler, new Uint8Array(bavail * bsize - leftBytes))
    return filler
  }

  it('backup: names the disk, leaves nothing, and works once there is space', async () => {
    const filler = await fill(5_000_000)
    const args = ['backup', join(disk, 'peer.backup'), '--data', peer, '--plain-keys']
    const ended = await runCommand(args)
    expect(ended.code).toBe(EXIT.diskFailed)
    expect(ended.stderr).toMatch(
      /disk that holds .*peer\.backup is full\. No backup was written\. Free space/,
    )
    expect(await readdir(disk)).toEqual(['filler'])
    await rm(filler)
    expect((await runCommand(args)).code).toBe(EXIT.ok)
    await verifyBackup(join(disk, 'peer.backup'))
  })

  it.each([1_000, 200_000, 5_000_000])(
    'restore: with %i bytes left it changes nothing',
    async (leftBytes) => {
      const folder = join(disk, 'peer')
      await cp(peer, folder, { recursive: true, verbatimSymlinks: true })
      const filler = await fill(leftBytes)
      const args = ['restore', backup, '--data', folder, '--replace']
      const ended = await runCommand(args)
      expect(ended.code, ended.stderr).toBe(EXIT.diskFailed)
      expect(ended.stderr).toMatch(/is full\. Nothing was changed\. Free space/)
      await rm(filler)
      expect(await found(folder)).toBe('before')
      expect((await runCommand(args)).code).toBe(EXIT.ok)
      expect(await found(folder)).toBe('restored')
    },
  )
})
