import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataFolder } from '../../config/data-folder.ts'
import { setPassphrase } from '../../store/keystore-passphrase.ts'
import { NO_PASSPHRASES } from '../../store/passphrases.ts'
import { createTestedFolder } from '../../store/backup/testing-backup.ts'
import { loadOrCreateIdentity } from '../../store/keystore.ts'
import { checkDisk, judgeDisk } from './disk.ts'
import {
  examineCharter,
  examineFolder,
  examineKey,
  examineRecords,
  judgeRecordClock,
  judgeRules,
} from './examine-folder.ts'
import { worstOf } from './finding.ts'
import { listenersAt, parseListeners } from './listeners.ts'
import { checkFreePorts, checkOllama, placesOf } from './ports.ts'

async function emptyFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-doctor-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return root
}

async function listen(host: string): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('the disk', () => {
  const MEBIBYTE = 1_048_576
  it.each([
    [100 * MEBIBYTE - 1, 1, 'fail', 'free_space'],
    [100 * MEBIBYTE, 1, 'warn', 'free_space'],
    [1_024 * MEBIBYTE, 100, 'ok', undefined],
    [1_024 * MEBIBYTE, 100.1, 'warn', 'faster_disk'],
    [1_024 * MEBIBYTE, 2_001, 'fail', 'faster_disk'],
  ] as const)('with %i bytes free and writes of %d ms', (freeBytes, syncMs, status, fix) => {
    const finding = judgeDisk({ freeBytes, syncMs })
    expect([finding.status, finding.fix?.code]).toEqual([status, fix])
  })

  it('is measured without leaving anything', async () => {
    const root = await emptyFolder()
    expect((await checkDisk(root)).sentence).toMatch(/MiB are free/)
    expect(await readdir(root)).toEqual([])
  })

  it('that can not be written is a failure', async () => {
    expect(await checkDisk('/proc')).toMatchObject({ status: 'fail', fix: { code: 'make_writable' } })
  })
})

describe('listeners', () => {
  it('are read from the tables of the system', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0',
      '   1: 00000000:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0',
      '   2: 00000000:2CAA 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0 0 10 0',
      '   3: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 14 1',
      'nonsense',
    ].join('\n')
    expect(parseListeners(table)).toEqual([
      { port: 11_434, isOpen: false, inode: '11' },
      { port: 11_434, isOpen: true, inode: '12' },
      { port: 8_000, isOpen: true, inode: '14' },
    ])
  })

  it.runIf(process.platform === 'linux')('of all addresses are told from those of loopback', async () => {
    const [open, closed] = [await listen('0.0.0.0'), await listen('127.0.0.1')]
    expect((await listenersAt(open)).map(({ isOpen }) => isOpen)).toEqual([true])
    const exposed = await checkOllama(`http://127.0.0.1:${open}`)
    expect(exposed).toMatchObject({ status: 'fail', fix: { code: 'close_ollama' } })
    expect((await checkOllama(`http://localhost:${closed}`)).status).toBe('ok')
    expect((await checkOllama('http://127.0.0.1:1')).sentence).toContain("doesn't run")
    expect((await checkOllama('http://models.lan:11434')).status).toBe('warn')
  })

  it.runIf(process.platform === 'linux')('that have a port are named', async () => {
    const port = await listen('127.0.0.1')
    const taken = await checkFreePorts([{ host: '127.0.0.1', port }])
    expect(taken).toMatchObject({ status: 'fail', fix: { code: 'choose_port' } })
    expect(taken.sentence).toContain(`process ${process.pid}`)
    expect((await checkFreePorts([{ host: '127.0.0.1', port: 0 }])).status).toBe('ok')
  })

  it('are looked for where multiaddrs name a place', () => {
    expect(
      placesOf(['/ip4/127.0.0.1/tcp/0', '/ip4/10.0.0.1/tcp/9/ws', '/dns4/x/tcp/1', '/ip6/::1/tcp/7']),
    ).toEqual([
      { host: '10.0.0.1', port: 9 },
      { host: '::1', port: 7 },
    ])
  })
})

describe('the folder', () => {
  it('that is not there, is no folder, is open, or holds an open or damaged key', async () => {
    const root = await emptyFolder()
    const look = async (path = root) => {
      const { finding, gone } = await examineFolder(dataFolder(path))
      return [finding.status, finding.fix?.code, gone]
    }
    expect(await look(join(root, 'none'))).toEqual(['fail', 'start_peer', true])
    expect(await look()).toEqual(['warn', 'start_peer', false])
    await loadOrCreateIdentity(root)
    expect(await look()).toEqual(['ok', undefined, false])
    expect(await examineKey(dataFolder(root))).toBeUndefined()
    expect(await look(join(root, 'identity.key'))).toEqual(['fail', 'name_folder', true])
    await chmod(root, 0o755)
    expect(await look()).toEqual(['warn', 'close_folder', false])
    await chmod(join(root, 'identity.key'), 0o644)
    expect(await look()).toEqual(['fail', 'close_key', false])
    await chmod(join(root, 'identity.key'), 0o600)
    await setPassphrase(root, 'a long passphrase', NO_PASSPHRASES)
    expect(await examineKey(dataFolder(root))).toBeUndefined()
    const knowing = (passphrase: string) => ({ ...NO_PASSPHRASES, toOpen: async () => passphrase })
    expect(await examineKey(dataFolder(root), knowing('a long passphrase'))).toBeUndefined()
    expect(await examineKey(dataFolder(root), knowing('another passphrase'))).toMatchObject({
      status: 'fail',
      fix: { code: 'give_passphrase' },
    })
    await writeFile(join(root, 'identity.key'), 'nonsense')
    expect(await examineKey(dataFolder(root))).toMatchObject({ status: 'fail', fix: { code: 'restore_key' } })
  })

  it('of a peer that has lived, whose key or charter is gone or damaged', async () => {
    const { folder, store } = await createTestedFolder(await emptyFolder(), { records: 5 })
    await store.close()
    expect(await examineCharter(folder)).toBeUndefined()
    // Its charter names rules that nobody brings.
    const findings = await examineRecords(folder)
    expect(findings.filter(({ status }) => status !== 'ok')).toMatchObject([
      { check: 'rules', status: 'fail', fix: { code: 'bring_rules' } },
    ])
    await writeFile(folder.charter, 'nonsense')
    expect(await examineCharter(folder)).toMatchObject({ status: 'fail', fix: { code: 'restore_charter' } })
    await rm(folder.charter)
    expect(await examineCharter(folder)).toMatchObject({ status: 'fail', fix: { code: 'restore_charter' } })
    await rm(join(folder.root, 'identity.key'))
    expect((await examineFolder(folder)).finding).toMatchObject({
      status: 'fail',
      fix: { code: 'restore_key' },
    })
  })
})

it('rules that this program brings are no finding', () => {
  expect(judgeRules('a', 'a')).toEqual([])
  expect(judgeRules('a', 'b')).toMatchObject([{ status: 'fail', fix: { code: 'bring_rules' } }])
})

it('records from the future tell of a clock that went back', () => {
  expect(judgeRecordClock(60_000, 0).status).toBe('ok')
  expect(judgeRecordClock(60_001, 0)).toMatchObject({ status: 'fail', fix: { code: 'set_clock' } })
})

it('the worst finding counts', () => {
  const findings = (...all: ('ok' | 'warn' | 'fail')[]) =>
    all.map((status) => ({ check: 'peer' as const, status, sentence: '', fix: null }))
  expect([worstOf([]), worstOf(findings('ok', 'warn')), worstOf(findings('warn', 'fail', 'ok'))]).toEqual([
    'ok',
    'warn',
    'fail',
  ])
})
