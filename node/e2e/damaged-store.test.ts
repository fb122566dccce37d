import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Level } from 'level'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestFromBytes } from '../../protocol/ids.ts'
import { keys } from '../../protocol/records/keys.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { dataFolder } from '../config/data-folder.ts'
import type { Look } from './driven-messages.ts'
import type { DrivenProcess } from './driven-process.ts'
import { startLonePeer } from './lone-peer.ts'
import {
  balance,
  openLoneSeat,
  openSwarm,
  planSeats,
  type Seat,
  startSeat,
  until,
  untilLevel,
} from './driven-swarm.ts'

const COMMAND = fileURLToPath(new URL('../packaging/hyperlooms.cjs', import.meta.url))
const AMOUNT = 70_000n
const TRANSFERS = 30
/** Every kind of file that the store consists of, and its mark. */
const KINDS = [/^CURRENT$/, /^MANIFEST-/, /\.log$/, /\.ldb$/, /^store\.mark$/] as const

let root: string
let running: readonly DrivenProcess[]

async function open(): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-damage-'))
  running = []
}

async function close(): Promise<void> {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
}

/** Links as they are: the lock is one that leads nowhere. */
async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
}

interface Damage {
  readonly name: string
  readonly apply: (file: string) => Promise<void>
}

const flip = (part: number): Damage => ({
  name: `flipped at ${part}`,
  async apply(file) {
    const bytes = await readFile(file)
    const at = Math.floor(part * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    await writeFile(file, bytes)
  },
})

const cut = (part: number): Damage => ({
  name: `cut at ${part}`,
  apply: async (file) => truncate(file, Math.floor(part * (await readFile(file)).length)),
})

/** Where a file is hit, as parts of its size; near its end a table has its index. Each byte is tried in store/. */
const DAMAGES: readonly Damage[] = [flip(0.4), flip(0.97), cut(0.6)]

/** The largest file of that kind: the one that holds most of the records. */
async function fileOf(folder: string, kind: RegExp): Promise<string> {
  const names = [
    ...(await readdir(folder)),
    ...(await readdir(join(folder, 'store'))).map((name) => join('store', name)),
  ]
  const found = await Promise.all(
    names
      .filter((name) => kind.test(name.replace('store/', '')))
      .map(async (name) => ({ file: join(folder, name), size: (await readFile(join(folder, name))).length })),
  )
  const [largest] = found.toSorted((one, other) => other.size - one.size)
  if (largest === undefined) throw new Error(`the store has no file like ${kind}`)
  return largest.file
}

/** Money that all peers agree on, in one comparable value. */
function wealth({ root, accounts, supply }: Look) {
  return { root, accounts, supply }
}

describe('a witness whose store is damaged while it is stopped', () => {
  let others: readonly DrivenProcess[]
  let seat: Seat
  let level: Look
  let intact: string

  /** Four witnesses of which the last one has records in tables and in its log, and is stopped. */
  beforeAll(async () => {
    await open()
    const swarm = await openSwarm(await planSeats(root), (peers) => (running = peers))
    const [a, b, c, d] = swarm.peers
    const [idA, idB, , idD] = swarm.ids
    const [before] = await untilLevel(running)
    for (let count = 0; count < TRANSFERS; count += 1) {
      await a.transfer(idB, AMOUNT)
      await d.transfer(idA, AMOUNT)
    }
    const total = AMOUNT * BigInt(TRANSFERS)
    const certified = await until(a, 'all is certified', (look) => {
      const rose = balance(look, idB) - balance(before, idB)
      return rose === total && balance(look, idD) === balance(before, idD) - total
    })
    await d.stop()
    // Its records are moved into a table when it starts again, and the log takes what comes after.
    seat = swarm.seats[3]
    const again = startSeat(seat)
    others = [a, b, c]
    running = [...others, again]
    await again.ready
    await again.transfer(idA, AMOUNT)
    ;[level] = await untilLevel(running, certified.entries + 1)
    await again.stop()
    intact = join(root, 'intact')
    await copyFolder(seat.folder.root, intact)
  })
  afterAll(close)

  it.each(KINDS)(
    'has the same root again or says what is wrong and gets it from the others: %s',
    async (kind) => {
      for (const { name, apply } of DAMAGES) {
        await rm(seat.folder.root, { recursive: true })
        await copyFolder(intact, seat.folder.root)
        await apply(await fileOf(seat.folder.root, kind))
        const peer = startSeat(seat)
        running = [...others, peer]
        await peer.ready
        const look = await until(peer, `${name}: its root is the others'`, (own) => own.root === level.root)
        expect(wealth(look), name).toEqual(wealth(level))
        const aside = (await readdir(seat.folder.root)).filter((each) => each.startsWith('store.damaged-'))
        expect(aside, name).toHaveLength(look.storeState.status === 'replaced' ? 1 : 0)
        await peer.stop('SIGKILL')
      }
    },
  )

  it('no longer votes: with two others it makes no quorum of three', async () => {
    await rm(seat.folder.root, { recursive: true })
    await copyFolder(intact, seat.folder.root)
    await rm(join(seat.folder.store, 'CURRENT'))
    const forgetful = startSeat(seat)
    running = [...others, forgetful]
    await forgetful.ready
    expect((await forgetful.look()).storeState.status).toBe('replaced')
    await untilLevel(running, level.entries)
    const [a, , c] = others
    if (a === undefined || c === undefined) throw new Error('unreachable')

    c.signal('SIGSTOP')
    expect(await a.transfer(seat.id, AMOUNT)).toMatchObject({ ok: true })
    // It takes three missed heartbeats: a hundred times longer than a certificate.
    const look = await until(a, 'the suspended one is missed', ({ online }) => online === 3)
    expect(look.entries).toBe(level.entries)
    c.signal('SIGCONT')
    await untilLevel(running, level.entries + 1)
  })
})

describe('a swarm of one whose store is damaged', () => {
  beforeEach(open)
  afterEach(close)

  it('refuses to start by name, and starts again with the file as it was', async () => {
    const { seat, peer, before } = await openLoneSeat(root, (one) => (running = [one]))
    await peer.transfer(seat.id, AMOUNT)
    const level = await until(peer, 'it is certified', ({ entries }) => entries > before.entries)
    await peer.stop()

    const file = await fileOf(seat.folder.root, /\.log$/)
    const intact = await readFile(file)
    await flip(0.4).apply(file)
    const { code, output } = await up(seat.folder.root)
    expect(code).toBe(EXIT.cannotStart)
    expect(output).toMatch(/fails its checksum.*tells of another member/s)
    expect(await readdir(seat.folder.root)).toContain('store')

    await writeFile(file, intact)
    const again = startSeat(seat)
    running = [again]
    await again.ready
    expect(wealth(await again.look())).toEqual(wealth(level))
  })

  it('refuses as well when only a record fails its checksum, which shows when it is read', async () => {
    const [seat] = await planSeats(root, { count: 1 })
    if (seat === undefined) throw new Error('unreachable')
    const peer = startSeat(seat)
    running = [peer]
    await peer.ready
    await until(peer, 'it is endowed', (look) => balance(look, seat.id) > 0n)
    await peer.stop()
    const database = new Level<string, Uint8Array>(seat.folder.store, {
      valueEncoding: 'view',
      compression: false,
    })
    const [[key, value] = ['', new Uint8Array(0)]] = await database
      .iterator({ gte: 'account/', limit: 1 })
      .all()
    value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 1
    await database.put(key, value)
    await database.close()
    expect(await startSeat(seat).ended).toMatchObject({ errorCode: 'store_damaged' })
  })
})

it('a peer stops when a record that nothing but a question reads fails its checksum', async () => {
  const lone = await startLonePeer()
  try {
    await lone.daemon.stop()
    const job = digestFromBytes(new Uint8Array(32))
    const database = new Level<string, Uint8Array>(lone.folder.store, {
      valueEncoding: 'view',
      compression: false,
    })
    await database.put(keys.closed(job), new Uint8Array(20))
    await database.close()
    await lone.restart()
    await expect(lone.daemon.record(job)).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(await lone.daemon.broken).toMatchObject({ code: 'store_corrupt', key: keys.closed(job) })
  } finally {
    await lone.stop()
  }
})

/** The command that people run, as far as it comes. */
function up(folder: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const args = [
    COMMAND,
    'up',
    '--accept-terms',
    '--data',
    dataFolder(folder).root,
    '--api-port',
    '0',
    '--web',
    'false',
  ]
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: `${stdout}${stderr}` })
    })
  })
}
