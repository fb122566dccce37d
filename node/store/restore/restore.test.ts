import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeCanonical } from '../../../protocol/encoding/cbor.ts'
import { digestFromBytes } from '../../../protocol/ids.ts'
import { keys } from '../../../protocol/records/keys.ts'
import { dataFolder } from '../../config/data-folder.ts'
import { keysForBackup } from '../backup/backup-keys.ts'
import { createTestedFolder, record, type TestedFolder } from '../backup/testing-backup.ts'
import { writeBackup } from '../backup/write-backup.ts'
import { listKeys } from '../keystore-keys.ts'
import { loadOrCreateIdentity } from '../keystore.ts'
import { acquireLock } from '../lock.ts'
import { NO_PASSPHRASES } from '../passphrases.ts'
import { openStore } from '../store-recovery.ts'
import { restoreBackup, type RestoreOptions } from './restore-backup.ts'
import { backedUpPeer, namesIn, peerIn, RESTORED, UNTOUCHED } from './testing-restore.ts'

const OPTIONS: RestoreOptions = {
  passphrases: NO_PASSPHRASES,
  replace: false,
  onlyWitness: false,
  storeVersion: 2,
}

let root: string
let tested: TestedFolder
let file: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-restore-'))
  const made = await backedUpPeer(root)
  tested = made.tested
  file = made.file
})
afterEach(() => rm(root, { recursive: true }))

describe('restore', () => {
  it('makes the peer anew where there is none, and it never votes again', async () => {
    const folder = join(root, 'new')
    const summary = await restoreBackup(file, folder, OPTIONS)
    expect(summary).toMatchObject({ peer: tested.id, records: 300, bodies: 3, movedTo: null, votes: false })
    expect(await peerIn(folder)).toMatchObject({
      ...RESTORED,
      keys: [tested.id, tested.wallet],
      charter: tested.charter,
    })
    // At every later start as well.
    expect(await peerIn(folder)).toMatchObject(RESTORED)
    const { store } = await openStore(dataFolder(folder), { hasPeers: false })
    for (const at of [0, 150, 299]) expect(await store.get(record(at).key)).toEqual(record(at).value)
    await store.close()
    expect(await namesIn(folder)).toEqual([
      'blobs',
      'charter.cbor',
      'charter.json',
      'config.json',
      'identity.key',
      'keys',
      'store',
      'store.mark',
    ])
  })

  it('forgets a bid that may have led to a commit after the backup', async () => {
    const job = digestFromBytes(new Uint8Array(32).fill(5))
    const { store } = await openStore(tested.folder, { hasPeers: false })
    const value = encodeCanonical(new Map([['bid', 'signed']]))
    await store.write([{ key: keys.job(job), value }])
    const bidding = join(root, 'bidding.backup')
    await writeBackup(await tested.parts({ store }), bidding)
    await store.close()
    await restoreBackup(bidding, join(root, 'new'), OPTIONS)
    const restored = await openStore(dataFolder(join(root, 'new')), { hasPeers: false })
    expect(await restored.store.get(keys.job(job))).toEqual(encodeCanonical(new Map([['bid', null]])))
    await restored.store.close()
  })

  it('refuses over a peer, and with --replace moves it aside whole', async () => {
    const folder = tested.folder.root
    const before = await namesIn(folder)
    await expect(restoreBackup(file, folder, OPTIONS)).rejects.toMatchObject({
      code: 'backup_refused',
      message: expect.stringMatching(/holds a peer already.*--replace.*Nothing was changed/),
    })
    expect(await peerIn(folder)).toMatchObject(UNTOUCHED)
    const { movedTo } = await restoreBackup(file, folder, { ...OPTIONS, replace: true })
    expect(await peerIn(folder)).toMatchObject(RESTORED)
    if (movedTo === null) throw new Error('nothing was moved aside')
    expect(await namesIn(movedTo)).toEqual(before)
    expect(await peerIn(movedTo)).toMatchObject(UNTOUCHED)
  })

  it('leaves bodies and settings where they are if the backup has none', async () => {
    const small = join(root, 'small.backup')
    const { store } = await openStore(tested.folder, { hasPeers: false })
    await writeBackup(await tested.parts({ store, bodies: undefined, files: [] }), small)
    await store.close()
    await restoreBackup(small, tested.folder.root, { ...OPTIONS, replace: true })
    expect(await peerIn(tested.folder.root)).toMatchObject({
      bodies: 3,
      settings: RESTORED.settings,
      restored: true,
    })
  })

  it('refuses over another peer and over another swarm, whatever is asked', async () => {
    const other = await createTestedFolder(join(root, 'other'))
    await other.store.close()
    const options = { ...OPTIONS, replace: true }
    await expect(restoreBackup(file, other.folder.root, options)).rejects.toMatchObject({
      code: 'backup_foreign',
      message: expect.stringMatching(/of the swarm .* Name another folder with --data/),
    })
    await cp(tested.folder.charter, other.folder.charter)
    await expect(restoreBackup(file, other.folder.root, options)).rejects.toMatchObject({
      code: 'backup_foreign',
      message: expect.stringMatching(/holds the peer .* and the backup is of the peer/),
    })
    expect((await listKeys(other.folder.root)).map(({ id }) => id)).toEqual([other.id, other.wallet])
  })

  it('replaces a key and a charter that can no longer be read', async () => {
    await writeFile(join(tested.folder.root, 'identity.key'), 'damaged')
    await writeFile(tested.folder.charter, 'damaged')
    await restoreBackup(file, tested.folder.root, { ...OPTIONS, replace: true })
    expect(await peerIn(tested.folder.root)).toMatchObject(RESTORED)
  })

  it('is refused while a peer uses the folder', async () => {
    const lock = await acquireLock(tested.folder.root)
    await expect(
      restoreBackup(file, tested.folder.root, { ...OPTIONS, replace: true }),
    ).rejects.toMatchObject({
      code: 'lock_held',
      message: expect.stringMatching(/since .*kill/),
    })
    await lock.release()
  })

  it.each([
    [
      'damaged',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 5_000), Buffer.from('x'), bytes.subarray(5_001)]),
    ],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -3)],
    ['something else', () => Buffer.from('a letter')],
  ])('changes nothing when the backup is %s', async (_, damage) => {
    await writeFile(file, damage(await readFile(file)))
    const before = await namesIn(tested.folder.root)
    await expect(
      restoreBackup(file, tested.folder.root, { ...OPTIONS, replace: true }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/Nothing was changed/),
    })
    expect(await namesIn(tested.folder.root)).toEqual(before)
    expect(await peerIn(tested.folder.root)).toMatchObject(UNTOUCHED)
  })

  it('refuses the store of a newer program', async () => {
    await expect(
      restoreBackup(file, join(root, 'new'), { ...OPTIONS, storeVersion: 1 }),
    ).rejects.toMatchObject({
      code: 'backup_version_unknown',
      message: expect.stringMatching(/versions up to 1.*newer program/),
    })
    expect(await namesIn(join(root, 'new'))).toEqual([])
  })

  it('opens the keys before it changes anything', async () => {
    const sealed = join(root, 'sealed.backup')
    const { store } = await openStore(tested.folder, { hasPeers: false })
    const keys = await keysForBackup(tested.folder.root, {
      passphrase: 'a long passphrase',
      plainKeys: false,
    })
    await writeBackup(await tested.parts({ store, keys }), sealed)
    await store.close()
    const folder = join(root, 'new')
    const knowing = (passphrase: string) => ({ ...NO_PASSPHRASES, toOpen: async () => passphrase })
    await expect(restoreBackup(sealed, folder, OPTIONS)).rejects.toMatchObject({ code: 'keystore_locked' })
    const wrong = { ...OPTIONS, passphrases: knowing('another passphrase') }
    await expect(restoreBackup(sealed, folder, wrong)).rejects.toMatchObject({
      code: 'keystore_passphrase_wrong',
    })
    expect(await namesIn(folder)).toEqual([])
    const right = knowing('a long passphrase')
    await restoreBackup(sealed, folder, { ...OPTIONS, passphrases: right })
    expect((await loadOrCreateIdentity(folder, right)).id).toBe(tested.id)
  })

  it('is undone when the backup changes between being verified and being written', async () => {
    const bytes = await readFile(file)
    const other = join(root, 'another.backup')
    await writeBackup(await (await createTestedFolder(join(root, 'another'))).parts(), other)
    let changing: Promise<void> | undefined
    const progress: NonNullable<RestoreOptions['progress']> = ({ phase, bodies }) => {
      if (phase === 'verifying' && bodies === 3) changing ??= rename(other, file)
    }
    await expect(restoreBackup(file, join(root, 'new'), { ...OPTIONS, progress })).rejects.toMatchObject({
      code: 'backup_damaged',
    })
    await changing
    expect(await namesIn(join(root, 'new'))).toEqual([])
    expect((await readFile(file)).equals(bytes)).toBe(false)
  })

  it.each(['verifying', 'writing'] as const)(
    'leaves everything as it was when it is interrupted while %s',
    async (when) => {
      const controller = new AbortController()
      const progress: NonNullable<RestoreOptions['progress']> = ({ phase }) => {
        if (phase === when) controller.abort()
      }
      const before = await namesIn(tested.folder.root)
      const options = { ...OPTIONS, replace: true, progress, signal: controller.signal }
      await expect(restoreBackup(file, tested.folder.root, options)).rejects.toMatchObject({
        code: 'backup_interrupted',
        message: 'Interrupted. Nothing was changed.',
      })
      expect(await namesIn(tested.folder.root)).toEqual(before)
      expect(await peerIn(tested.folder.root)).toMatchObject(UNTOUCHED)
    },
  )
})

describe('the only witness of a swarm', () => {
  let lone: TestedFolder

  beforeEach(async () => {
    lone = await createTestedFolder(join(root, 'lone'), { records: 10 })
    file = join(root, 'lone.backup')
    await writeBackup(await lone.parts(), file)
    await lone.store.close()
  })

  it('is restored only by the word of its operator, and then votes', async () => {
    const folder = join(root, 'new')
    await expect(restoreBackup(file, folder, OPTIONS)).rejects.toMatchObject({
      code: 'backup_refused',
      message: expect.stringMatching(/only witness.*stand still.*--i-am-the-only-witness if.*no other copy/s),
    })
    expect(await namesIn(folder)).toEqual([])
    expect(await restoreBackup(file, folder, { ...OPTIONS, onlyWitness: true })).toMatchObject({
      votes: true,
    })
    // It may have forgotten own entries, so it isn't endowed again.
    expect(await peerIn(folder)).toMatchObject({ amnesia: false, restored: true })
  })

  it('does not vote by that word where others witness', async () => {
    const { store } = await openStore(tested.folder, { hasPeers: false })
    const other = join(root, 'four.backup')
    await writeBackup(await tested.parts({ store }), other)
    await store.close()
    await expect(
      restoreBackup(other, join(root, 'new'), { ...OPTIONS, onlyWitness: true }),
    ).rejects.toMatchObject({
      code: 'backup_refused',
      message: expect.stringMatching(/knows 4/),
    })
  })
})
