import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimLink } from './lock-links.ts'
import { acquireLock, LockError } from './lock.ts'
import { ownRun } from './process-status.ts'

// Says what became of its attempt and stays until it is killed.
const HOLDER = `
const { acquireLock } = await import(process.argv[1])
await acquireLock(process.argv[2]).then(
  () => console.log('held'),
  (error) => console.log(error.code + ' ' + error.pid),
)
setInterval(() => {}, 60_000)
`

describe('acquireLock', () => {
  let directory: string
  let children: ChildProcess[]

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperlooms-lock-'))
    children = []
  })
  afterEach(async () => {
    await Promise.all(children.map(kill))
    await rm(directory, { recursive: true })
  })

  async function startHolder(): Promise<{ child: ChildProcess; said: string }> {
    const module = new URL('lock.ts', import.meta.url).href
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, module, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const [said] = await once(createInterface({ input: child.stdout }), 'line')
    return { child, said: String(said) }
  }

  it('refuses a second holder, and lets it in after the release', async () => {
    const beforeMs = Date.now()
    const lock = await acquireLock(directory)
    const refusal: unknown = await acquireLock(directory).catch((error: unknown) => error)
    if (!(refusal instanceof LockError)) throw new Error('the second holder was let in')
    const { sinceMs = 0, message } = refusal
    expect(refusal).toMatchObject({ code: 'lock_held', pid: process.pid })
    // File systems may keep times less exactly than the clock does.
    expect(Math.abs(sinceMs - beforeMs)).toBeLessThan(60_000)
    expect(message).toContain(`in use by process ${process.pid} since ${new Date(sinceMs).toISOString()}.`)
    expect(message).toMatch(/Stop that process .* or name another data folder with --data/)
    await lock.release()
    await lock.release()
    const next = await acquireLock(directory)
    // A release that comes twice must not free the successor's lock.
    await lock.release()
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_held' })
    await next.release()
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('creates the folder', async () => {
    await (await acquireLock(join(directory, 'a', 'b'))).release()
  })

  it('names another process that holds it, and takes over when that is killed', async () => {
    const { child, said } = await startHolder()
    expect(said).toBe('held')
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_held', pid: child.pid })
    await kill(child)
    const lock = await acquireLock(directory)
    expect((await startHolder()).said).toBe(`lock_held ${process.pid}`)
    await lock.release()
  })

  it('lets exactly one of several processes take over a dead one', async () => {
    const { child } = await startHolder()
    await kill(child)
    const answers = await Promise.all(Array.from({ length: 4 }, startHolder))
    expect(answers.filter(({ said }) => said === 'held')).toHaveLength(1)
    expect(answers.filter(({ said }) => said.startsWith('lock_held '))).toHaveLength(3)
  })

  it('lets exactly one of many concurrent attempts through', async () => {
    for (let round = 0; round < 20; round++) {
      const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => acquireLock(directory)))
      const locks = attempts.filter((attempt) => attempt.status === 'fulfilled')
      expect(locks).toHaveLength(1)
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'lock_held' })
      }
      await locks[0]?.value.release()
    }
  })

  it('never has two holders while many acquire and release', async () => {
    let holders = 0
    let turns = 0
    async function contend(): Promise<void> {
      while (turns < 60) {
        try {
          const lock = await acquireLock(directory)
          expect(++holders).toBe(1)
          turns++
          await readdir(directory)
          holders--
          await lock.release()
        } catch (error) {
          expect(error).toMatchObject({ code: 'lock_held' })
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, contend))
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('gives way when its knowledge of the lock was outdated', async () => {
    await symlink('the successor of the successor', join(directory, 'lock.3'))
    expect(await claimLink(directory, 2, 'outdated')).toBe(false)
    expect(await readdir(directory)).toEqual(['lock.3'])
    expect(await claimLink(directory, 3, 'taken')).toBe(false)
    expect(await claimLink(directory, 4, 'next')).toBe(true)
    expect(await readdir(directory)).toEqual(['lock.4'])
  })

  it('goes by the highest lock', async () => {
    const { pid, started } = await ownRun()
    await symlink('released', join(directory, 'lock.9'))
    await symlink(`${pid}@${started ?? ''}`, join(directory, 'lock.10'))
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_held', pid })
  })

  it('takes over from an earlier process that had the pid of a living one', async () => {
    const { started } = await ownRun()
    if (started === undefined) return
    await symlink(`${process.pid}@${started}0`, join(directory, 'lock.7'))
    await (await acquireLock(directory)).release()
    expect(await readdir(directory)).toEqual(['lock.9'])
    expect(await readlink(join(directory, 'lock.9'))).toBe('released')
  })

  it('believes a pid where the start is unknown', async () => {
    await symlink(`${process.pid}@`, join(directory, 'lock.1'))
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_held', pid: process.pid })
  })

  it('touches nothing it does not know', async () => {
    await writeFile(join(directory, 'lock.1'), 'someone else')
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_failed' })
    await rm(join(directory, 'lock.1'))
    await symlink('elsewhere', join(directory, 'lock.1'))
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'lock_failed' })
    expect(await readdir(directory)).toEqual(['lock.1'])
  })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
