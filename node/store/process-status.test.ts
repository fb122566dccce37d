import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { isAlive, ownRun } from './process-status.ts'

describe('isAlive', () => {
  it('knows this process, and believes a run without a start', async () => {
    const own = await ownRun()
    expect(await isAlive(own)).toBe(true)
    expect(await isAlive({ pid: own.pid, started: undefined })).toBe(true)
  })

  it('tells an earlier run with the same pid', async () => {
    const { pid, started } = await ownRun()
    if (started === undefined) return
    expect(await isAlive({ pid, started: `${started}0` })).toBe(false)
    expect(await isAlive({ pid, started: `another boot/${started.split('/')[1]}` })).toBe(false)
  })

  it('knows that a process has ended', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    const { pid } = child
    await once(child, 'exit')
    expect(await isAlive({ pid: pid ?? 0, started: undefined })).toBe(false)
  })

  it('counts a process as ended that only waits for its parent', async () => {
    if ((await ownRun()).started === undefined) return
    // `sleep` takes over a child that the shell started and never waits for it.
    // The child ends only once its parent is `sleep`, which never collects it; the shell itself still would.
    const child = 'until grep -q sleep /proc/$$/comm; do :; done'
    const parent = spawn('sh', ['-c', `(${child}) & echo $!; exec sleep 60`])
    const [pid] = await once(createInterface({ input: parent.stdout }), 'line')
    const state = async (): Promise<string> => await readFile(`/proc/${pid}/stat`, 'utf8')
    while (!/\) Z /.test(await state()));
    expect(await isAlive({ pid: Number(pid), started: undefined })).toBe(false)
    const exited = once(parent, 'exit')
    parent.kill('SIGKILL')
    await exited
  })
})
