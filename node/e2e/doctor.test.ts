import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Finding } from '../cli/doctor/finding.ts'
import { acquireLock } from '../store/lock.ts'
import { poll } from '../swarm/poll.ts'
import { run } from './command.ts'
import type { DrivenProcess } from './driven-process.ts'
import { openSwarm, planSeats, type Seat, startSeat } from './driven-swarm.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const execute = promisify(execFile)
const WAIT_MS = 60_000
const HOUR_MS = 3_600_000
/** Loaded first, so that all of the process goes by a clock an hour ahead. */
const AHEAD = `data:text/javascript,${encodeURIComponent(`const { now } = Date; Date.now = () => now() + ${HOUR_MS}`)}`

interface Report {
  readonly code: number | null
  readonly worst: string
  readonly findings: readonly Finding[]
  /** Status of a check, and the fix that is named. */
  of(check: Finding['check']): readonly [string | undefined, string | undefined]
}

async function doctor(folder: string, environment: Record<string, string> = {}): Promise<Report> {
  const { code, out, err } = await run(['doctor', '--json', '--data', folder], { home: folder, environment })
  if (out === '') throw new Error(err)
  const { worst, findings } = JSON.parse(out) as Pick<Report, 'worst' | 'findings'>
  return {
    code,
    worst,
    findings,
    of(check) {
      const found = findings.find((finding) => finding.check === check)
      return [found?.status, found?.fix?.code]
    },
  }
}

async function untilReported(folder: string, holds: (report: Report) => boolean): Promise<Report> {
  let last: Report | undefined
  const look = async () => {
    last = await doctor(folder)
    return holds(last) ? last : undefined
  }
  const found = await poll(look, { timeoutMs: WAIT_MS })
  if (found === undefined) throw new Error(`it was never reported; last ${JSON.stringify(last?.findings)}`)
  return found
}

/** How fast the disk of this machine is, and how full, is none of a test's business. */
function worstButDisk({ findings }: Report): string {
  const statuses = findings.filter(({ check }) => check !== 'disk').map(({ status }) => status)
  return statuses.includes('fail') ? 'fail' : statuses.includes('warn') ? 'warn' : 'ok'
}

describe('doctor on a running swarm', () => {
  let root: string
  let seats: readonly Seat[]
  let peers: DrivenProcess[]

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'hyperlooms-doctor-'))
    const planned = await planSeats(root)
    seats = planned.map((seat, at) => ({
      ...seat,
      flags: { ...seat.flags, providers: 'reference', ollamaUrl: 'http://127.0.0.1:1' },
      prefix: at === 3 ? ['env', `NODE_OPTIONS=--import ${AHEAD}`] : [],
    }))
    await Promise.all(seats.map(({ folder }) => chmod(folder.root, 0o700)))
    await openSwarm(seats, (started) => {
      peers = [...started]
    })
  })
  afterAll(async () => {
    await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
    await rm(root, { recursive: true, force: true })
  })

  const folderOf = (at: number): string => seats[at]?.folder.root ?? ''

  it('finds nothing where all is well, and says what may stop', async () => {
    const report = await untilReported(folderOf(0), (each) => each.of('clock')[0] === 'ok')
    expect(report.findings.filter(({ check, status }) => check !== 'disk' && status !== 'ok')).toEqual([])
    const said = report.findings.map(({ sentence }) => sentence).join(' ')
    expect(said).toContain('4 of 4 witnesses are reached, 3 are needed; 1 may stop at a time')
    expect(said).toContain('loopback only')
    expect(said).toMatch(/The ledger is the same as that of \d of 3 others/)
  })

  it('tells the clock that is an hour off, on that machine', async () => {
    const { findings, code } = await untilReported(folderOf(3), (each) => each.of('clock')[0] === 'fail')
    expect(code).toBe(4)
    const clock = findings.find(({ check }) => check === 'clock')
    expect(clock?.fix?.code).toBe('set_clock')
    expect(clock?.sentence).toMatch(/60 min ahead of those of 3 others/)
  })

  it('says that the node is paused', async () => {
    await run(['pause', '--data', folderOf(0)], { home: root })
    expect((await doctor(folderOf(0))).of('peer')).toEqual(['warn', 'resume_peer'])
    await run(['resume', '--data', folderOf(0)], { home: root })
  })

  it('says what a missing witness means, and that too many are missing', async () => {
    await peers[3]?.stop('SIGKILL')
    const one = await untilReported(folderOf(0), (each) => each.of('witnesses')[0] === 'warn')
    expect(one.of('witnesses')).toEqual(['warn', 'reach_witnesses'])
    await peers[2]?.stop('SIGKILL')
    const two = await untilReported(folderOf(0), (each) => each.of('witnesses')[0] === 'fail')
    expect(two.code).toBe(4)
  })

  it('tells a damaged store while the peer is stopped, and what a start then made of it', async () => {
    const store = seats[2]?.folder.store ?? ''
    const logs = (await readdir(store)).filter((name) => /\.(log|ldb)$/.test(name))
    for (const name of logs) {
      const bytes = await readFile(join(store, name))
      await writeFile(join(store, name), bytes.subarray(0, bytes.length >> 1))
    }
    const before = await readdir(folderOf(2))
    const stopped = await doctor(folderOf(2))
    expect(stopped.of('store')).toEqual(['fail', 'restore_store'])
    expect(stopped.of('peer')).toEqual(['warn', 'start_peer'])
    expect(stopped.code).toBe(4)
    // It looked, and left everything as it was but for the lock's number.
    const plain = (names: readonly string[]) => names.filter((name) => !name.startsWith('lock.')).sort()
    expect(plain(await readdir(folderOf(2)))).toEqual(plain(before))
    const seat = seats[2]
    if (seat === undefined) throw new Error('there are four')
    const again = startSeat(seat)
    peers.push(again)
    await again.ready
    const running = await doctor(folderOf(2))
    expect(running.of('store')).toEqual(['fail', 'restore_store'])
    expect(running.of('witnesses')).toEqual(['fail', 'replace_witness'])
  })
})

describe('doctor on set-ups that no peer runs on', () => {
  let home: string
  let seat: Seat

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hyperlooms-broken-'))
    const [first] = await planSeats(home, { count: 1 })
    if (first === undefined) throw new Error('there is one')
    seat = first
    const peer = startSeat(seat)
    await peer.ready
    await peer.stop()
    await writeFile(seat.folder.config, '{"api_port": 0, "ollama_url": "http://127.0.0.1:1"}')
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  const look = (environment?: Record<string, string>) => doctor(seat.folder.root, environment)

  it('a peer that is only stopped is to be started, and was never asked for consent', async () => {
    const report = await look()
    expect(report.of('peer')).toEqual(['warn', 'start_peer'])
    expect(report.of('consent')).toEqual(['warn', 'accept_terms'])
    expect(report.of('store')).toEqual(['ok', undefined])
    expect(report.of('clock')).toEqual(['ok', undefined])
    expect(worstButDisk(report)).toBe('warn')
    expect(report.code).toBe(report.worst === 'warn' ? 3 : 4)
  })

  it('a folder that is not there', async () => {
    const report = await doctor(join(home, 'none'))
    expect([report.code, report.of('folder')]).toEqual([4, ['fail', 'start_peer']])
    expect(report.findings).toHaveLength(1)
    expect(await readdir(home)).not.toContain('none')
  })

  it('a key that others can read, and a damaged one', async () => {
    const key = join(seat.folder.root, 'identity.key')
    await chmod(key, 0o644)
    expect((await look()).of('folder')).toEqual(['fail', 'close_key'])
    await chmod(key, 0o600)
    await writeFile(key, 'nonsense')
    const { findings } = await look()
    expect(findings.filter(({ fix }) => fix?.code === 'restore_key')).toHaveLength(1)
  })

  it('settings that can not be used', async () => {
    await writeFile(seat.folder.config, '{"slots": 1000}')
    const { findings } = await look()
    const settings = findings.find(({ check }) => check === 'settings')
    expect(settings).toMatchObject({ status: 'fail', fix: { code: 'mend_settings' } })
    expect(settings?.sentence).toContain('"slots" in')
    await writeFile(seat.folder.config, 'nonsense')
    expect((await look()).of('settings')).toEqual(['fail', 'mend_settings'])
  })

  it('a consent that is damaged', async () => {
    await writeFile(seat.folder.consent, '{"terms_version": 1}')
    expect((await look()).of('consent')).toEqual(['fail', 'mend_settings'])
  })

  it('a port that another program has', async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const report = await look({ HYPERLOOMS_API_PORT: port })
    expect(report.of('ports')).toEqual(['fail', 'choose_port'])
    expect(report.findings.find(({ check }) => check === 'ports')?.sentence).toContain(`Port ${port}`)
  })

  it('a disk that is all but full', async (context) => {
    requireRoot(context)
    const mount = requireComponent(context, 'mount')
    const folder = join(home, 'small')
    await mkdir(folder, { mode: 0o700 })
    await execute(mount, ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', folder])
    try {
      const near = await doctor(folder)
      expect([near.code, near.of('disk')]).toEqual([4, ['fail', 'free_space']])
      await expect(writeFile(join(folder, 'filled'), new Uint8Array(9 * 1_048_576))).rejects.toThrow('ENOSPC')
      const full = await doctor(folder)
      expect([full.code, full.of('disk')]).toEqual([4, ['fail', 'free_space']])
    } finally {
      await execute('umount', [folder])
    }
  })

  it('a model server that does not answer, and what the machine has besides', async () => {
    const report = await look()
    expect(report.of('models')).toEqual(['warn', 'start_ollama'])
    expect([report.of('gpu')[0], report.of('docker')[0]]).toEqual(['ok', 'ok'])
  })

  it('a process that holds the folder and does not answer', async () => {
    const lock = await acquireLock(seat.folder.root)
    const report = await look()
    await lock.release()
    expect([report.code, report.of('peer')]).toEqual([4, ['fail', 'restart_peer']])
    expect(report.findings.find(({ check }) => check === 'peer')?.sentence).toContain(
      `Process ${process.pid}`,
    )
    expect(report.findings.map(({ check }) => check)).not.toContain('store')
  })

  it('a store of a newer program', async () => {
    const path = join(seat.folder.root, 'store.mark')
    const mark = await readFile(path)
    for (const offset of [0, 4_096]) {
      mark.writeUInt8(9, offset + 7)
      mark.writeUInt32LE(crc32(mark.subarray(offset, offset + 33)), offset + 33)
    }
    await writeFile(path, mark)
    expect((await look()).of('store')).toEqual(['fail', 'update_program'])
  })

  it('a store whose records come from the future', async () => {
    // Founded in the future: the peer's own endowment is certified by then.
    const [other] = await planSeats(join(home, 'future'), { count: 1 })
    if (other === undefined) throw new Error('there is one')
    const peer = startSeat({ ...other, prefix: ['env', `NODE_OPTIONS=--import ${AHEAD}`] })
    await peer.ready
    const hasEntries = async () => ((await peer.look()).entries > 0 ? true : undefined)
    expect(await poll(hasEntries, { timeoutMs: WAIT_MS })).toBe(true)
    await peer.stop()
    expect((await doctor(other.folder.root)).of('clock')).toEqual(['fail', 'set_clock'])
  })
})
