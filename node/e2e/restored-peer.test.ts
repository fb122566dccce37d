import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { connect } from '../cli/api.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { verifyBackup } from '../store/backup/verify-backup.ts'
import { commitRestore, isRestorePending, stagingName } from '../store/restore/restore-journal.ts'
import { stage } from '../store/restore/stage.ts'
import { poll } from '../swarm/poll.ts'
import { runCommand } from './command-line.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, openLoneSeat, openSwarm, planSeats, startSeat, until, untilLevel } from './driven-swarm.ts'

const AMOUNT = 60_000n
const TRANSFERS = 12

let root: string
let running: readonly DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-restored-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
})

async function isForked(peer: DrivenProcess, id: PeerId): Promise<boolean> {
  const client = connect((await peer.ready).url)
  return (await client.getAccount({ params: { account_type: 'node', account_id: id } })).forked
}

async function votes(peer: DrivenProcess): Promise<boolean> {
  return (await connect((await peer.ready).url).getSelf()).votes
}

describe('a witness that is restored from an old backup, made while it ran', () => {
  it('signs nothing before a quorum has told its head, then goes on without a fork, and never votes again', async () => {
    const swarm = await openSwarm(await planSeats(root), (peers) => (running = peers))
    const [a, b, c, d] = swarm.peers
    const [idA, , , idD] = swarm.ids
    const [before] = await untilLevel(running)
    const file = join(root, 'dune.backup')
    await d.transfer(idA, AMOUNT)
    const saved = await d.backup({ path: file, passphrase: undefined, plainKeys: true, bodies: true })
    expect(saved).toMatchObject({ path: file, peer: idD, keys: 'plain' })

    for (let count = 1; count < TRANSFERS; count += 1) await d.transfer(idA, AMOUNT)
    const total = AMOUNT * BigInt(TRANSFERS)
    const certified = await until(a, 'all is certified', (look) => {
      return balance(look, idA) === balance(before, idA) + total
    })
    await d.stop('SIGKILL')

    const seat = swarm.seats[3]
    const args = ['restore', file, '--data', seat.folder.root, '--replace', '--json']
    const restored = await runCommand(args)
    expect(restored.code, restored.stderr).toBe(EXIT.ok)
    expect(JSON.parse(restored.stdout)).toMatchObject({ peer: idD, votes: false })
    expect((await readdir(seat.folder.root)).filter((name) => name.startsWith('replaced-'))).toHaveLength(1)

    // One of four answers: too few to know what it had signed.
    b.signal('SIGSTOP')
    c.signal('SIGSTOP')
    const again = startSeat(seat)
    running = [a, b, c, again]
    await again.ready
    expect(await again.transfer(idA, AMOUNT)).toMatchObject({ ok: false, code: 'not_ready' })
    expect((await again.look()).accounts[idD]?.seq ?? 0).toBeLessThanOrEqual(
      certified.accounts[idD]?.seq ?? 0,
    )
    b.signal('SIGCONT')
    c.signal('SIGCONT')

    const transfer = async () => ((await again.transfer(idA, AMOUNT)).ok ? true : undefined)
    await untilIt(transfer)
    await until(a, 'what the restored peer sent arrives', (look) => {
      return balance(look, idA) === balance(before, idA) + total + AMOUNT
    })
    for (const look of await untilLevel(running, certified.entries + 1)) {
      expect(balance(look, idD)).toBe(balance(before, idD) - total - AMOUNT)
      expect(look.supply.minted).toBe(before.supply.minted)
    }
    for (const peer of running) expect(await isForked(peer, idD)).toBe(false)
    expect(await votes(again)).toBe(false)
    expect(await votes(a)).toBe(true)

    // Whatever happens later: a crash of the restored peer, and another start.
    await again.stop('SIGKILL')
    const third = startSeat(seat)
    running = [a, b, c, third]
    await third.ready
    expect(await votes(third)).toBe(false)
  })
})

/** Until the peer has heard from its quorum, what it is asked for is refused. */
async function untilIt<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  const found = await poll(attempt, { timeoutMs: 60_000 })
  if (found === undefined) throw new Error('it never came to hold')
  return found
}

describe('the only witness of a swarm', () => {
  it('votes again after a restore by its operator’s word, and is not endowed twice', async () => {
    const { seat, peer, before } = await openLoneSeat(root, (one) => (running = [one]))
    const file = join(root, 'lone.backup')
    await peer.backup({ path: file, passphrase: undefined, plainKeys: true, bodies: false })
    await peer.transfer(seat.id, AMOUNT)
    await until(peer, 'it is certified', ({ entries }) => entries > before.entries)
    await peer.stop('SIGKILL')

    const args = ['restore', file, '--data', seat.folder.root, '--replace']
    const refused = await runCommand(args)
    expect(refused.code).toBe(EXIT.usage)
    expect(refused.stderr).toMatch(/only witness.*--i-am-the-only-witness.*Nothing was changed/s)
    expect((await runCommand([...args, '--i-am-the-only-witness'])).code).toBe(EXIT.ok)

    const again = startSeat(seat)
    running = [again]
    await again.ready
    expect(await votes(again)).toBe(true)
    const look = await again.look()
    expect(look.supply).toEqual(before.supply)
    expect(await again.transfer(seat.id, AMOUNT)).toMatchObject({ ok: true })
    const after = await until(again, 'it is certified', ({ entries }) => entries > look.entries)
    expect(balance(after, seat.id)).toBe(balance(before, seat.id))
  })
})

describe('a restore that was killed once it was committed', () => {
  it('is ended by the next start of the peer', async () => {
    const { seat, peer, before } = await openLoneSeat(root, (one) => (running = [one]))
    const file = join(root, 'cut.backup')
    await peer.backup({ path: file, passphrase: undefined, plainKeys: true, bodies: true })
    await peer.transfer(seat.id, AMOUNT)
    await until(peer, 'it is certified', ({ entries }) => entries > before.entries)
    await peer.stop()

    const staging = stagingName()
    const options = { votes: true, signal: undefined, progress: () => undefined }
    await stage(file, await verifyBackup(file), join(seat.folder.root, staging), options)
    await commitRestore(seat.folder.root, staging)
    const again = startSeat(seat)
    running = [again]
    await again.ready
    expect(await again.look()).toMatchObject({ root: before.root, entries: before.entries })
    expect(await isRestorePending(seat.folder.root)).toBe(false)
  })
})

describe('a peer that is restored as it was before its first entry', () => {
  it('is not endowed: it may have been after the backup', async () => {
    const [seat] = await planSeats(root, { count: 1 })
    if (seat === undefined) throw new Error('unreachable')
    const file = join(root, 'young.backup')
    const data = ['--data', seat.folder.root]
    expect((await runCommand(['backup', file, ...data, '--plain-keys'])).code).toBe(EXIT.ok)
    const restored = await runCommand(['restore', file, ...data, '--replace', '--i-am-the-only-witness'])
    expect(restored.code, restored.stderr).toBe(EXIT.ok)
    const peer = startSeat(seat)
    running = [peer]
    await peer.ready
    const mint = { type: 'mint', to: seat.id, amount: AMOUNT, memo: '' } as const
    expect(await peer.command(mint)).toMatchObject({ ok: true })
    const look = await until(peer, 'it is certified', ({ entries }) => entries > 0)
    expect(look.supply.minted).toBe(AMOUNT)
  })
})

describe('a running peer that is backed up by the command', () => {
  it('writes the file itself, refuses one that is there, and the file restores it', async () => {
    const { seat, peer, before } = await openLoneSeat(root, (one) => (running = [one]))
    const file = join(root, 'running.backup')
    const args = ['backup', file, '--data', seat.folder.root, '--plain-keys', '--json']
    const made = await runCommand(args)
    expect(made.code, made.stderr).toBe(EXIT.ok)
    expect(JSON.parse(made.stdout)).toMatchObject({ path: file, peer: seat.id, keys: 'plain' })
    const again = await runCommand(args)
    expect(again.code, again.stderr).toBe(EXIT.usage)
    await peer.stop('SIGKILL')
    const stopped = await runCommand(['backup', join(root, 'stopped.backup'), ...args.slice(2)])
    expect(stopped.code, stopped.stderr).toBe(EXIT.ok)
    const fieldsOf = ({ stdout }: { stdout: string }) => {
      const printed: Readonly<Record<string, unknown>> = JSON.parse(stdout)
      return Object.keys(printed).sort()
    }
    expect(fieldsOf(made)).toEqual(fieldsOf(stopped))

    const restored = await runCommand([
      'restore',
      file,
      '--data',
      seat.folder.root,
      '--replace',
      '--i-am-the-only-witness',
    ])
    expect(restored.code, restored.stderr).toBe(EXIT.ok)
    const second = startSeat(seat)
    running = [second]
    await second.ready
    expect(await second.look()).toMatchObject({ root: before.root, entries: before.entries })
  })
})

describe('a data folder that a running peer holds', () => {
  it('is refused by every command that needs it, with who holds it, since when and what to do', async () => {
    const [seat] = await planSeats(root, { count: 1 })
    if (seat === undefined) throw new Error('unreachable')
    const peer = startSeat(seat)
    running = [peer]
    await peer.ready
    const file = join(root, 'held.backup')
    await peer.backup({ path: file, passphrase: undefined, plainKeys: true, bodies: true })
    const passphrase = join(root, 'passphrase')
    await writeFile(passphrase, 'a long passphrase\n', { mode: 0o600 })
    const data = ['--data', seat.folder.root]
    const commands = [
      ['up', ...data, '--api-port', '0', '--web', 'false'],
      ['restore', file, ...data, '--replace', '--i-am-the-only-witness'],
      ['keys', 'passphrase', 'set', ...data, '--new-passphrase-file', passphrase],
    ]
    for (const command of commands) {
      const { code, stderr } = await runCommand(command)
      expect(code, command[0]).toBe(EXIT.cannotStart)
      expect(stderr, command[0]).toMatch(/in use by process \d+ since 20\S+Z\. Stop that process .*kill \d+/)
    }
    expect((await readdir(root)).toSorted()).toEqual(['amber', 'held.backup', 'passphrase'])
    expect(await peer.transfer(seat.id, AMOUNT)).toMatchObject({ ok: true })
  })
})
