import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TestedFolder } from '../backup/testing-backup.ts'
import { verifyBackup } from '../backup/verify-backup.ts'
import { loadOrCreateIdentity } from '../keystore.ts'
import { replaceSyncedFile } from '../synced-file.ts'
import { commitRestore, completeRestore, PEER_FILES, stagingName } from './restore-journal.ts'
import { stage } from './stage.ts'
import { backedUpPeer, namesIn, peerIn, RESTORED, UNTOUCHED } from './testing-restore.ts'

let root: string
let tested: TestedFolder
let file: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-cut-short-'))
  const made = await backedUpPeer(root)
  tested = made.tested
  file = made.file
})
afterEach(() => rm(root, { recursive: true }))

describe('a restore that is cut short', () => {
  /** A founder that has never run: it has no API key, and no invitation brought it in. */
  const ABSENT: readonly string[] = ['api-key.json', 'joined.cbor']
  const MOVES = PEER_FILES.filter((name) => !ABSENT.includes(name))

  /** A restore over the tested peer as far as its commit. */
  async function committed(folder: string): Promise<{ readonly staging: string; readonly aside: string }> {
    const staging = stagingName()
    const backup = await verifyBackup(file)
    const options = { votes: false, signal: undefined, progress: () => undefined }
    await stage(file, backup, join(folder, staging), options)
    await commitRestore(folder, staging)
    const journal = JSON.parse(await readFile(join(folder, 'restore.json'), 'utf8')) as {
      readonly aside: string
    }
    return { staging: join(folder, staging), aside: join(folder, journal.aside) }
  }

  it('is ended by the next start, wherever it was cut', async () => {
    const template = tested.folder.root
    // Each part is moved away, then its successor comes: twice as many steps.
    for (let steps = 0; steps <= 2 * MOVES.length; steps += 1) {
      const folder = join(root, `cut-${steps}`)
      await cp(template, folder, { recursive: true, verbatimSymlinks: true })
      const { staging, aside } = await committed(folder)
      if (steps > 0) await mkdir(aside)
      for (let at = 0; at < steps; at += 1) {
        const name = MOVES[at >> 1] ?? ''
        if (at % 2 === 0) await rename(join(folder, name), join(aside, name))
        else await rename(join(staging, name), join(folder, name))
      }
      expect(await completeRestore(folder), `after ${steps} steps`).toEqual({ movedTo: aside })
      expect(await peerIn(folder), `after ${steps} steps`).toMatchObject(RESTORED)
      expect(await peerIn(aside), `after ${steps} steps`).toMatchObject(UNTOUCHED)
      expect(await namesIn(folder)).toEqual([...MOVES, aside.slice(folder.length + 1)].toSorted())
      expect(await completeRestore(folder)).toBeUndefined()
    }
  })

  it('before its commit left a folder that the next start removes, and nothing else', async () => {
    const folder = tested.folder.root
    const before = await namesIn(folder)
    const staging = stagingName()
    await mkdir(join(folder, staging))
    await writeFile(join(folder, staging, 'identity.key'), 'half a key')
    await mkdir(join(folder, 'restore-of-my-own'))
    expect(await completeRestore(folder)).toBeUndefined()
    expect(await namesIn(folder)).toEqual([...before, 'restore-of-my-own'].toSorted())
    expect(await peerIn(folder)).toMatchObject(UNTOUCHED)
  })

  it('lets nobody make a key in the meantime', async () => {
    const folder = join(root, 'new')
    await mkdir(folder)
    await committed(folder)
    await expect(loadOrCreateIdentity(folder)).rejects.toMatchObject({
      code: 'keystore_failed',
      message: expect.stringMatching(/cut short.*hyperlooms up/),
    })
    await completeRestore(folder)
    expect((await loadOrCreateIdentity(folder)).id).toBe(tested.id)
  })

  it.each([
    ['no JSON', '{'],
    ['of a newer program', '{"version":2}'],
    [
      'one that leads elsewhere',
      '{"version":1,"staging":"../../tmp","aside":"replaced-2026","incoming":["store"],"outgoing":[]}',
    ],
  ])('is not gone on with by a journal that is %s', async (_, journal) => {
    const folder = tested.folder.root
    await replaceSyncedFile(join(folder, 'restore.json'), journal)
    await expect(completeRestore(folder)).rejects.toMatchObject({ code: 'backup_failed' })
    await rm(join(folder, 'restore.json'))
    expect(await peerIn(folder)).toMatchObject(UNTOUCHED)
  })
})
