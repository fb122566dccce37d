import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredRecord } from '../../../protocol/records/record.ts'
import { createNativeSigner } from '../../crypto/native-signer.ts'
import { BackupError } from './backup-error.ts'
import { keysForBackup } from './backup-keys.ts'
import { encodeFrame, FORMAT_VERSION } from './frame.ts'
import { readBackup } from './read-backup.ts'
import { createTestedFolder, record, type TestedFolder, text } from './testing-backup.ts'
import { verifyBackup } from './verify-backup.ts'
import { writeBackup } from './write-backup.ts'

let root: string
let tested: TestedFolder
let file: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-backup-'))
  tested = await createTestedFolder(join(root, 'peer'))
  file = join(root, 'peer.backup')
})
afterEach(async () => {
  await tested.store.close()
  await rm(root, { recursive: true })
})

async function contentsOf(path: string) {
  const records: StoredRecord[] = []
  const bodies: Uint8Array[] = []
  const verified = await verifyBackup(path, {
    records: async (group) => void records.push(...group),
    body: async (content) => void bodies.push(content),
  })
  return { records, bodies, verified }
}

describe('a backup', () => {
  it('holds keys, charter, settings, every record and every body, and says so', async () => {
    const summary = await writeBackup(await tested.parts(), file)
    const { records, bodies, verified } = await contentsOf(file)
    expect(records).toEqual(Array.from({ length: 500 }, (_, at) => record(at)))
    expect(new Set(bodies.map((body) => Buffer.from(body).toString('hex')))).toEqual(
      new Set(tested.bodies.map((body) => Buffer.from(body).toString('hex'))),
    )
    expect(verified.charter).toEqual(tested.charter)
    expect(verified.identity).toMatchObject({ id: tested.id })
    expect(verified.keys.map(({ name }) => name)).toEqual(['identity.key', `keys/${tested.wallet}.key`])
    expect(verified.files).toEqual([{ name: 'config.json', content: text('{"api_port": 8123}\n') }])
    expect(verified.header).toMatchObject({
      peer: tested.id,
      epoch: 0,
      members: 1,
      storeVersion: 2,
      keys: 'plain',
    })
    const { size, mode } = await stat(file)
    expect(summary).toMatchObject({ path: file, records: 500, bodies: 3, bytes: size, peer: tested.id })
    expect(mode & 0o777).toBe(0o600)
    expect((await readdir(root)).toSorted()).toEqual(['peer', 'peer.backup'])
  })

  it('is the state of one moment, whatever is written meanwhile', async () => {
    const parts = await tested.parts()
    const later: Promise<void>[] = []
    const summary = await writeBackup(parts, file, {
      progress({ records }) {
        if (records === 0) return
        later.push(
          tested.store.write([
            { key: 'test/000000', value: text('later') },
            { key: 'test/9', value: text('later') },
          ]),
        )
      },
    })
    await Promise.all(later)
    expect(later.length).toBeGreaterThan(1)
    const { records } = await contentsOf(file)
    expect(records).toEqual(Array.from({ length: 500 }, (_, at) => record(at)))
    const second = await writeBackup(parts, join(root, 'second.backup'))
    expect(second.records).toBe(501)
    expect(second.position).toBe(summary.position + later.length)
  })

  it('can leave the bodies out', async () => {
    await writeBackup(await tested.parts({ bodies: undefined }), file)
    const { bodies, verified } = await contentsOf(file)
    expect(bodies).toEqual([])
    expect(verified.header.bodies).toBe(false)
  })

  it('leaves out a body whose copy is damaged', async () => {
    const [name = ''] = await readdir(tested.folder.blobs)
    await appendFile(join(tested.folder.blobs, name), 'x')
    expect(await writeBackup(await tested.parts(), file)).toMatchObject({ bodies: 2 })
    await verifyBackup(file)
  })

  it('overwrites nothing, also what came while it was written', async () => {
    await writeFile(file, 'precious')
    const refused = { code: 'backup_exists', message: expect.stringMatching(/overwrites nothing/) }
    await expect(writeBackup(await tested.parts(), file)).rejects.toMatchObject(refused)
    const other = join(root, 'other.backup')
    let came: Promise<void> | undefined
    const progress = (): void => void (came ??= writeFile(other, 'precious'))
    await expect(writeBackup(await tested.parts(), other, { progress })).rejects.toMatchObject(refused)
    await came
    expect(await readFile(file, 'utf8')).toBe('precious')
    expect(await readFile(other, 'utf8')).toBe('precious')
    expect((await readdir(root)).toSorted()).toEqual(['other.backup', 'peer', 'peer.backup'])
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const controller = new AbortController()
    const progress = (): void => controller.abort()
    await expect(
      writeBackup(await tested.parts(), file, { progress, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'backup_interrupted', message: 'Interrupted. No backup was written.' })
    expect(await readdir(root)).toEqual(['peer'])
  })

  it('says where it can not be written', async () => {
    await expect(writeBackup(await tested.parts(), join(root, 'nowhere', 'b'))).rejects.toMatchObject({
      code: 'backup_place',
      message: expect.stringMatching(/there is no such file or folder.*No backup was written/),
    })
  })

  it('seals plain keys by a passphrase, or refuses without a word about them', async () => {
    const keysOf = (passphrase: string | undefined) =>
      keysForBackup(tested.folder.root, { passphrase, plainKeys: false })
    await expect(keysOf(undefined)).rejects.toMatchObject({
      code: 'backup_refused',
      message: expect.stringMatching(/--passphrase-file.*--plain-keys/s),
    })
    await expect(keysOf('short')).rejects.toMatchObject({ code: 'keystore_passphrase_invalid' })
    await writeBackup(await tested.parts({ keys: await keysOf('a long passphrase') }), file)
    const { verified } = await contentsOf(file)
    expect(verified.header.keys).toBe('sealed')
    expect(verified.identity.form).toBe('sealed')
  })
})

describe('a file that is not what was written', () => {
  beforeEach(async () => {
    await writeBackup(await tested.parts(), file)
  })

  it('is found out wherever a bit of it was changed, also in lengths and checksums', async () => {
    const intact = await readFile(file)
    const places = [...framesIn(intact), 3, intact.length - 1, ...spread(intact.length, 40)]
    for (const place of places) {
      const bytes = Buffer.from(intact)
      bytes.writeUInt8(bytes.readUInt8(place) ^ 0x04, place)
      await writeFile(file, bytes)
      await expect(verifyBackup(file), `byte ${place}`).rejects.toBeInstanceOf(BackupError)
    }
    await writeFile(file, intact)
    await verifyBackup(file)
  })

  it('is found out wherever it was cut, also between two parts', async () => {
    const intact = await readFile(file)
    const places = [0, 5, 25, ...framesIn(intact), ...spread(intact.length, 20)]
    for (const place of places.toSorted((a, b) => b - a)) {
      await truncate(file, place)
      await expect(verifyBackup(file), `byte ${place}`).rejects.toMatchObject({
        code: place < 20 ? 'backup_foreign' : 'backup_damaged',
      })
    }
  })

  it('is found out when something was added, or a part was left out or came twice', async () => {
    const intact = await readFile(file)
    const frames = framesIn(intact)
    const parts = frames.map((start, at) => intact.subarray(start, frames[at + 1]))
    const head = intact.subarray(0, frames[0])
    const damaged = { code: 'backup_damaged' }
    await writeFile(file, Buffer.concat([intact, Buffer.from('x')]))
    await expect(verifyBackup(file)).rejects.toMatchObject(damaged)
    for (const left of parts.keys()) {
      await writeFile(file, Buffer.concat([head, ...parts.filter((_, at) => at !== left)]))
      await expect(verifyBackup(file), `without part ${left}`).rejects.toMatchObject(damaged)
      await writeFile(
        file,
        Buffer.concat([head, ...parts.flatMap((part, at) => (at === left ? [part, part] : [part]))]),
      )
      await expect(verifyBackup(file), `twice part ${left}`).rejects.toMatchObject(damaged)
    }
  })

  it('is found out when another peer closed it', async () => {
    const forger = createNativeSigner(new Uint8Array(32).fill(9))
    const other = join(root, 'forged.backup')
    await writeBackup(await tested.parts({ signer: { id: tested.id, sign: forger.sign } }), other)
    await expect(verifyBackup(other)).rejects.toMatchObject({
      code: 'backup_damaged',
      message: expect.stringMatching(/not signed by the peer/),
    })
  })

  it.each(['../escape', 'store/CURRENT', 'identity.key', '/etc/passwd', ''])(
    'is refused when it brings a file %j',
    async (name) => {
      const other = join(root, 'names.backup')
      await writeBackup(await tested.parts({ files: [{ name, content: text('x') }] }), other)
      await expect(verifyBackup(other)).rejects.toMatchObject({ code: 'backup_damaged' })
    },
  )

  it.each(['keys/../identity.key', 'keys/x.key', 'other.key'])(
    'is refused when it brings a key as %j',
    async (name) => {
      const { keys } = await tested.parts()
      const [identity, wallet] = keys.files
      if (identity === undefined || wallet === undefined) throw new Error('unreachable')
      const other = join(root, 'keys.backup')
      const changed = { ...keys, files: [identity, { ...wallet, name }] }
      await writeBackup(await tested.parts({ keys: changed }), other)
      await expect(verifyBackup(other)).rejects.toMatchObject({ code: 'backup_damaged' })
    },
  )

  it('is told from a file of something else and from one of a newer program', async () => {
    await writeFile(file, 'PK\u0003\u0004 a zip file')
    await expect(verifyBackup(file)).rejects.toMatchObject({
      code: 'backup_foreign',
      message: expect.stringMatching(/is not a backup of Hyperlooms/),
    })
    for (const version of [FORMAT_VERSION + 1, 0]) {
      await writeFile(file, `hyperlooms backup ${version}\n...`)
      await expect(verifyBackup(file)).rejects.toMatchObject({
        code: 'backup_version_unknown',
        message: expect.stringMatching(/Use the program that wrote it/),
      })
    }
  })

  it('is read without trusting the length it names', async () => {
    const huge = Buffer.from(encodeFrame({ type: 'records', payload: new Uint8Array(4) }))
    huge.writeUInt32LE(0xffff_ffff, 1)
    await writeFile(file, Buffer.concat([Buffer.from(`hyperlooms backup ${FORMAT_VERSION}\n`), huge]))
    await expect(readBackup(file).next()).rejects.toMatchObject({ code: 'backup_damaged' })
  })
})

/** Where the frames of a backup begin. */
function framesIn(bytes: Buffer): readonly number[] {
  const starts: number[] = []
  for (let at = bytes.indexOf('\n') + 1; at < bytes.length; at += 9 + bytes.readUInt32LE(at + 1))
    starts.push(at)
  return starts
}

/** That many places over the whole length. */
function spread(length: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * length) / count))
}
