import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import type { EntryId, PeerId } from '../../protocol/ids.ts'
import { keys } from '../../protocol/records/keys.ts'
import { resolveConfig } from '../config/config.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { DrivenProcess, type Ready } from '../e2e/driven-process.ts'
import { planSeats, type Seat, startSeat } from '../e2e/driven-swarm.ts'
import { openLevelStore } from '../store/level-store.ts'
import { figures } from './percentiles.ts'
import { Statements } from './statements.ts'
import { waitUntil } from './wait-until.ts'

const AMOUNT = 10_000n
/** Requests under way at a time: enough that an entry is nearly always being written when the peer is killed. */
const WRITERS = 4
/** One life in so many is ended while it starts; the others at a moment up to so long after they answer. */
const KILLED_STARTING = 5
const STARTING_MS = 400
const WRITING_MS = 900
/** Between entries of the other peers: the victim must vote as well, and the machine has few cores. */
const OTHERS_PAUSE_MS = 25
/** Looking records up, many at a time. */
const LOOK_UP = 1_000

export interface KillLoopResult {
  readonly kills: number
  /** Kills that hit a peer which hadn't answered yet. */
  readonly killedStarting: number
  /** Requests that were answered with an entry, and how many entries those are. */
  readonly acknowledged: number
  readonly acknowledgedEntries: number
  /** Acknowledged entries that any other peer lacks at the end. */
  readonly lost: number
  /** Slots for which a peer signed two bodies; all peers here are correct. */
  readonly equivocations: readonly string[]
  readonly statements: number
  /** Starts that found the store damaged: a kill -9 must never look like damage. */
  readonly alarms: number
  /** From the start of the process to its records being in the mind, and to its API answering. */
  readonly reopenedMs: readonly number[]
  readonly answeringMs: readonly number[]
}

/**
 * Kills one of four witnesses with SIGKILL at random moments while it writes, and starts it again, `kills` times.
 * The other three run here, see each frame that reaches them, and are asked in the end for what it had promised.
 */
export async function killLoop(kills: number, progress: (done: number) => void): Promise<KillLoopResult> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-kill-'))
  const statements = new Statements()
  const loop = new AsyncDisposableStack()
  try {
    loop.defer(() => rm(root, { recursive: true, force: true }))
    const seats = await planSeats(root)
    const [victim] = seats.slice(-1)
    if (victim === undefined) throw new RangeError('a swarm has peers')
    const others: Daemon[] = []
    for (const seat of seats.slice(0, -1)) {
      const peer = await startHere(seat, statements)
      loop.defer(() => peer.stop())
      others.push(peer)
    }
    const lives = new Lives(victim, others)
    const ending = new AbortController()
    const writing = writeUntil(ending.signal, others)
    try {
      for (let done = 0; done < kills; done += 1) {
        await lives.live()
        progress(done + 1)
      }
      await lives.settle()
    } finally {
      ending.abort()
      await writing
    }
    const { acknowledged, entries, ...counters } = lives.counters()
    await Promise.all(others.map((peer) => peer.stop()))
    const lost = await missing(seats.slice(0, -1), entries)
    return {
      ...counters,
      kills,
      acknowledged,
      acknowledgedEntries: entries.size,
      lost,
      equivocations: statements.contradictions,
      statements: statements.seen,
    }
  } finally {
    await loop.disposeAsync()
  }
}

function startHere({ folder, flags }: Seat, statements: Statements): Promise<Daemon> {
  const config = resolveConfig({ flags, environment: {}, file: {}, filePath: '' })
  const logger = pino({ level: 'silent' })
  const observe = (frame: Uint8Array): void => statements.add(frame)
  return startDaemon({ folder, config, webRoot: undefined, version: 'bench', logger, observe })
}

/** The victim's lives, one after another, and what it promised in them. */
class Lives {
  readonly #seat: Seat
  readonly #others: readonly Daemon[]
  readonly #entries = new Set<EntryId>()
  readonly #reopenedMs: number[] = []
  readonly #answeringMs: number[] = []
  #next: DrivenProcess
  #acknowledged = 0
  #killedStarting = 0
  #alarms = 0

  constructor(seat: Seat, others: readonly Daemon[]) {
    this.#seat = seat
    this.#others = others
    this.#next = startSeat(seat, { waits: true })
  }

  /** Starts it, lets it write and kills it. */
  async live(): Promise<void> {
    const process = this.#next
    process.go()
    if (Math.random() * KILLED_STARTING < 1) {
      await pause(Math.random() * STARTING_MS)
      this.#killedStarting += 1
      await process.stop('SIGKILL')
      this.#load()
    } else {
      this.#took(await process.ready)
      this.#load()
      const writers = Array.from({ length: WRITERS }, (_, at) => this.#write(process, at))
      await Promise.race([pause(Math.random() * WRITING_MS), ...writers])
      await process.stop('SIGKILL')
    }
  }

  /** Starts it for the last time and resolves when the others have certified everything that it promised. */
  async settle(): Promise<void> {
    const process = this.#next
    process.go()
    this.#took(await process.ready)
    // One entry is in flight at a time: with the last one all are certified.
    const last = await this.#transfer(process, 0)
    const { id } = this.#seat
    for (const peer of this.#others) await waitUntil(peer, () => peer.view.account(id)?.head === last)
    await process.stop('SIGKILL')
  }

  /** The next process loads the program while this one lives, or most of the time would go into that. */
  #load(): void {
    this.#next = startSeat(this.#seat, { waits: true })
  }

  counters() {
    return {
      entries: this.#entries,
      acknowledged: this.#acknowledged,
      killedStarting: this.#killedStarting,
      alarms: this.#alarms,
      reopenedMs: this.#reopenedMs,
      answeringMs: this.#answeringMs,
    }
  }

  async #write(process: DrivenProcess, at: number): Promise<void> {
    // Ends when the process has ended: then it answers no more.
    for (;;) if ((await this.#transfer(process, at).catch(() => null)) === null) return
  }

  /** The acknowledged entry; undefined when there is no credit for one yet. */
  async #transfer(process: DrivenProcess, at: number): Promise<EntryId | undefined> {
    const to = this.#others[at % this.#others.length]?.id as PeerId
    const result = await process.transfer(to, AMOUNT)
    if (!result.ok || result.type !== 'entry') return undefined
    this.#acknowledged += 1
    this.#entries.add(result.entry)
    return result.entry
  }

  #took({ startedMs, loadedMs, goneMs, restoredMs, answeringMs, isStoreSound }: Ready): void {
    if (!isStoreSound) this.#alarms += 1
    const loading = loadedMs - startedMs
    const waited = Math.max(loadedMs, goneMs)
    this.#reopenedMs.push(loading + restoredMs - waited)
    this.#answeringMs.push(loading + answeringMs - waited)
  }
}

/** The others pay each other in a ring, so that there is always something to vote for. */
async function writeUntil(signal: AbortSignal, peers: readonly Daemon[]): Promise<void> {
  for (let at = 0; !signal.aborted; at += 1) {
    const from = peers[at % peers.length]
    const to = peers[(at + 1) % peers.length]
    if (from === undefined || to === undefined) return
    await from.command({ type: 'transfer', to: to.view.self, amount: AMOUNT, memo: '' })
    await pause(OTHERS_PAUSE_MS)
  }
}

/** How many of the entries are missing from one of the stores. */
async function missing(seats: readonly Seat[], entries: ReadonlySet<EntryId>): Promise<number> {
  const lost = new Set<EntryId>()
  for (const { folder } of seats) {
    const store = await openLevelStore(folder.store)
    const wanted = [...entries]
    for (let from = 0; from < wanted.length; from += LOOK_UP) {
      const some = wanted.slice(from, from + LOOK_UP)
      const found = await store.getMany(some.map((entry) => keys.entry(entry)))
      some.filter((_, at) => found[at] === undefined).forEach((entry) => lost.add(entry))
    }
    await store.close()
  }
  return lost.size
}

/** `npm run bench -- kill-loop --kills 1000`: prints the counters; resolves with the exit code. */
export async function killLoopCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { kills: { type: 'string', default: '1000' } } })
  const kills = Number(values.kills)
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const startedMs = performance.now()
  const every = Math.max(1, Math.floor(kills / 10))
  const result = await killLoop(kills, (done) => {
    if (done % every === 0)
      print(`${done} kills after ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`)
  })
  for (const line of linesOf(result)) print(line)
  return result.lost + result.alarms + result.equivocations.length === 0 ? 0 : 1
}

function linesOf(result: KillLoopResult): readonly string[] {
  return [
    `kills                 ${result.kills}, ${result.killedStarting} of them while it started`,
    `acknowledged          ${result.acknowledged} requests in ${result.acknowledgedEntries} entries`,
    `lost                  ${result.lost}   (bar: 0)`,
    `equivocations         ${result.equivocations.length} in ${result.statements} signed statements   (bar: 0)`,
    ...result.equivocations.map((about) => `  ${about}`),
    `stores called damaged ${result.alarms}   (bar: 0)`,
    `reopened              ${figures(result.reopenedMs)}   (bar: p99 <= 2000 ms)`,
    `API answers           ${figures(result.answeringMs)}`,
  ]
}
