import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCredits } from '../../protocol/api/credits.ts'
import { connect } from '../cli/api.ts'
import type { localDocument } from '../cli/local-job.ts'
import { poll } from '../swarm/poll.ts'

const COMMAND = fileURLToPath(new URL('../packaging/hyperlooms.cjs', import.meta.url))
const PROMPT =
  'Summarise: The Rhine flows 1,230 km from the Alps to the North Sea. It passes Basel, Cologne and Rotterdam. ' +
  'Ships carry 200 million tonnes on it each year. In 2018 a drought stopped many of them for weeks.'
/** Four processes on a busy machine. */
const WAIT_MS = 60_000

type Document = ReturnType<typeof localDocument>

let data: string
let launched: ChildProcess[]

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'hyperlooms-local-'))
  launched = []
})

afterEach(async () => {
  await Promise.all(launched.map(stop))
  await rm(data, { recursive: true, force: true })
})

function launch(...args: string[]) {
  const options = [COMMAND, 'local', '--data', data, '--prompt', PROMPT, '--json', ...args]
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  launched.push(child)
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The one document on standard output, and the exit code. */
async function runToEnd(...args: string[]): Promise<{ document: Document; exitCode: number | null }> {
  const child = launch('--exit', ...args)
  child.stderr.resume()
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { document: JSON.parse(output) as Document, exitCode: child.exitCode }
}

function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + (parseCredits(amount) ?? 0n), 0n)
}

function units(amount: string | null): bigint {
  return parseCredits(amount ?? '') ?? -1n
}

/** Resolves once the launcher has printed the address of the page. */
async function untilServing(child: ReturnType<typeof launch>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let seen = ''
  child.stderr.on('data', (chunk) => {
    seen += String(chunk)
    if (seen.includes('The page is at http')) resolve()
  })
  child.once('exit', () => reject(new Error(`the swarm ended before it served: ${seen}`)))
  await promise
}

async function apiOf(peer: number): Promise<string> {
  const config: unknown = JSON.parse(await readFile(join(data, `peer-${peer}`, 'config.json'), 'utf8'))
  if (typeof config !== 'object' || config === null || !('api_port' in config)) throw new Error('no api_port')
  return `http://127.0.0.1:${String(config.api_port)}`
}

/** The process that holds a peer's data folder. */
async function pidOf(peer: number): Promise<number> {
  const folder = join(data, `peer-${peer}`)
  const numbers = (await readdir(folder)).flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? []).map(Number)
  return Number((await readlink(join(folder, `lock.${Math.max(...numbers)}`))).split('@')[0])
}

describe('a local swarm of real processes', () => {
  it('answers a prompt unanimously and pays everybody who answered', async () => {
    const { document, exitCode } = await runToEnd()
    expect(document).toMatchObject({ status: 'completed', agreement: 'unanimous' })
    expect(exitCode).toBe(0)
    expect(document.output).toContain('1,230 km')
    expect(document.replicas.map(({ answer, paid, finding }) => ({ answer, paid, finding }))).toEqual(
      Array.from({ length: 3 }, () => ({ answer: document.output, paid: '0.01', finding: null })),
    )
    expect(units(document.charged)).toBe(sum(document.replicas.map(({ paid }) => paid)))
    expect(document.ledger_roots).toHaveLength(4)
    expect(new Set(document.ledger_roots).size).toBe(1)
  })

  it('elects a liar for its price, outvotes it and pays it nothing', async () => {
    const { document, exitCode } = await runToEnd('--liar', '1')
    expect(document).toMatchObject({ status: 'completed', agreement: 'majority' })
    expect(exitCode).toBe(0)
    const unpaid = document.replicas.filter(({ paid }) => paid === '0')
    const paid = document.replicas.filter((replica) => replica.paid !== '0')
    expect(unpaid).toHaveLength(1)
    expect(unpaid[0]?.answer).not.toBe(document.output)
    expect(unpaid[0]?.finding).not.toBeNull()
    expect(paid.map(({ answer }) => answer)).toEqual([document.output, document.output])
    expect(units(document.charged)).toBe(sum(paid.map((replica) => replica.paid)))
    // Four operators: three replicas and one standby at the charter's highest price.
    expect(units(document.charged) + units(document.refunded)).toBe(
      sum(Array.from({ length: 4 }, () => '0.05')),
    )
    expect(new Set(document.ledger_roots).size).toBe(1)
  })

  it('finds every peer that was killed as it was: identity, root, jobs and a decision that verifies', async () => {
    const child = launch()
    child.stdout.resume()
    await untilServing(child)
    // Each in its turn, the minter and payer of the job among them.
    let id = ''
    for (const peer of [1, 2, 3, 4]) {
      const killed = connect(await apiOf(peer))
      const before = {
        self: await killed.getSelf(),
        ledger: await killed.getLedgerRoot(),
        jobs: await killed.listJobs(),
      }
      expect(before.jobs.items).toHaveLength(1)
      id = before.jobs.items[0]?.id ?? ''

      const pid = await pidOf(peer)
      process.kill(pid, 'SIGKILL')
      const isBack = async () => ((await pidOf(peer)) === pid ? undefined : killed.getSelf())
      const self = await poll(isBack, { timeoutMs: WAIT_MS })
      expect(self?.peer_id).toBe(before.self.peer_id)
      // The same root, or what the others have come to meanwhile: the job's close is being folded into trust.
      const other = connect(await apiOf((peer % 4) + 1))
      const isLevel = async () => {
        const [mine, theirs] = [(await killed.getLedgerRoot()).root, (await other.getLedgerRoot()).root]
        return mine === before.ledger.root || mine === theirs ? mine : undefined
      }
      expect(await poll(isLevel, { timeoutMs: WAIT_MS })).toBeDefined()
      expect((await killed.listJobs()).items).toEqual(before.jobs.items)
    }

    const decisions = await Promise.all(
      [1, 2, 3, 4].map(async (peer) => connect(await apiOf(peer)).getDecision({ params: { id } })),
    )
    expect(decisions.map(({ verified }) => verified)).toEqual([true, true, true, true])
    expect(new Set(decisions.map(({ elected }) => elected.join())).size).toBe(1)
    await stop(child)
    expect(child.exitCode).toBe(0)
  })
})
