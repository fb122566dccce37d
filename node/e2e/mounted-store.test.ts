import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../cli/exit-codes.ts'
import { explainError } from '../cli/output.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { openStore } from '../store/store-recovery.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const run = promisify(execFile)

let root: string
let store: string
let mounts: string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-mounted-'))
  store = join(root, 'store')
  mounts = []
})
afterEach(async () => {
  for (const path of mounts.toReversed()) await run('umount', [path])
  await rm(root, { recursive: true })
})

async function mount(path: string): Promise<void> {
  await mkdir(path)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'hyperlooms', path])
  mounts.push(path)
}

const open = () => openStore({ root, store }, { hasPeers: true })

/** A store on a disk of its own whose database is gone but for its tables and logs. */
async function damage(): Promise<readonly string[]> {
  await loadOrCreateIdentity(root)
  const { store: written } = await open()
  await written.write([{ key: 'a', value: new Uint8Array(randomBytes(100)) }])
  await written.close()
  await rm(join(store, 'CURRENT'))
  return readdir(store)
}

describe('a damaged store whose folder is a mount point', () => {
  it('has its contents moved aside within, and is used again', async (context) => {
    requireRoot(context)
    requireComponent(context, 'mount')
    await mount(store)
    const names = await damage()
    const opened = await open()
    expect(opened).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    const { state } = opened
    const movedTo = state.status === 'replaced' ? (state.movedTo ?? '') : ''
    expect(movedTo).toContain(join(store, 'damaged-'))
    expect(await readdir(movedTo)).toEqual(names)
    await opened.store.write([{ key: 'b', value: Uint8Array.of(1) }])
    await opened.store.close()
    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'sound' } })
    expect(await again.store.get('a')).toBeUndefined()
    expect(await again.store.get('b')).toEqual(Uint8Array.of(1))
    await again.store.close()
  })

  it('is refused by name when something in it cannot be moved, and replaced once that was done by hand', async (context) => {
    requireRoot(context)
    requireComponent(context, 'mount')
    await mount(store)
    await damage()
    const inner = join(store, 'inner')
    await mount(inner)
    const refused = await open().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: 'store_immovable' })
    expect(explainError(refused)).toMatchObject({
      exitCode: EXIT.cannotStart,
      message: expect.stringMatching(/Move everything in that folder somewhere else by hand/),
    })
    await run('umount', [mounts.pop() ?? ''])
    for (const name of await readdir(store)) await rm(join(store, name), { recursive: true })
    await mkdir(join(store, 'lost+found'))
    const opened = await open()
    expect(opened).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await opened.store.close()
  })
})
