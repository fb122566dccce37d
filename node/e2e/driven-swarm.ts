import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PeerId } from '../../protocol/ids.ts'
import { writeCharter } from '../config/charter-file.ts'
import { type DataFolder, dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import type { OptionName } from '../config/options.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { type Founder, foundSwarm } from '../swarm/founding.ts'
import { freePorts } from '../swarm/free-port.ts'
import { poll } from '../swarm/poll.ts'
import type { Look } from './driven-messages.ts'
import { DrivenProcess } from './driven-process.ts'

const OPERATORS = ['amber', 'birch', 'cobalt', 'dune', 'ember', 'fjord'] as const
/** Tests that don't say otherwise have this many peers. */
const USUAL_PEERS = 4
/** Processes of a busy machine. */
const WAIT_MS = 60_000

/** A founding member and what its process is started with. */
export interface Seat {
  readonly id: PeerId
  readonly folder: DataFolder
  readonly flags: Readonly<Partial<Record<OptionName, string>>>
  /** Runs its process elsewhere, such as in a network namespace. */
  readonly prefix: readonly string[]
}

interface Place {
  readonly host: string
  readonly port: number
  readonly prefix: readonly string[]
}

interface Plan {
  readonly count?: number
  /** How many of them witness: the first ones; all by default. */
  readonly witnesses?: number
  readonly places?: readonly Place[]
}

/**
 * Makes identities, charter and settings for `count` peers, one for each operator named at most. The first
 * one mints and pays each of them the endowment when it is started.
 */
export async function planSeats(
  root: string,
  { count = USUAL_PEERS, witnesses = count, places }: Plan = {},
): Promise<readonly Seat[]> {
  const operators = OPERATORS.slice(0, count)
  const folders = operators.map((operator) => dataFolder(join(root, operator)))
  await Promise.all(folders.map((folder) => mkdir(folder.root, { recursive: true })))
  const identities = await Promise.all(folders.map((folder) => loadOrCreateIdentity(folder.root)))
  const founders = identities.map(({ id }, at): Founder => ({ peer: id, operator: operators[at] ?? id }))
  const [first, ...rest] = founders
  if (first === undefined) throw new RangeError('a swarm has at least one peer')
  const founding = foundSwarm({ name: 'test', founders: [first, ...rest], rules: await ownRules() })
  const voters = founders.slice(0, witnesses).map(({ peer }) => peer)
  const charter = { ...founding, witnesses: voters.sort((a, b) => (a < b ? -1 : 1)) }
  await Promise.all(folders.map((folder) => writeCharter(folder, charter)))
  const ports = await freePorts(operators.map(() => undefined))
  const at = places ?? ports.map((port): Place => ({ host: '127.0.0.1', port, prefix: [] }))
  const listen = at.map(({ host, port }) => `/ip4/${host}/tcp/${port}`)
  return folders.map((folder, own): Seat => {
    const others = identities.flatMap(({ id }, other) =>
      other === own ? [] : [`${listen[other]}/p2p/${id}`],
    )
    const flags = {
      apiPort: '0',
      listen: listen[own] ?? '',
      bootstrap: others.join(),
      operator: operators[own] ?? '',
      providers: 'reference',
    }
    return { id: founders[own]?.peer ?? first.peer, folder, flags, prefix: at[own]?.prefix ?? [] }
  })
}

interface SeatOptions {
  /** It loads the program and waits for `go`. */
  readonly waits?: boolean
  /** It runs a model that answers after so long, and no other. */
  readonly answerMs?: number
  /** Folder that takes a CPU profile of it. */
  readonly profile?: string | undefined
  /** Folder of the page that it serves. */
  readonly webRoot?: string | undefined
}

export function startSeat(
  { folder, flags, prefix }: Seat,
  { waits = false, answerMs, profile, webRoot }: SeatOptions = {},
): DrivenProcess {
  const model = answerMs === undefined ? {} : { answerMs }
  const page = webRoot === undefined ? {} : { webRoot }
  return new DrivenProcess({ folder: folder.root, flags, waits, ...model, ...page }, { prefix, profile })
}

type Four<T> = readonly [T, T, T, T]

/** Four witnesses that run, are connected and have their endowment. */
export interface DrivenSwarm {
  readonly seats: Four<Seat>
  readonly ids: Four<PeerId>
  readonly peers: Four<DrivenProcess>
}

/** `started` is told of the processes at once, so that they can be ended whatever happens. */
export async function openSwarm(
  seats: readonly Seat[],
  started: (peers: readonly DrivenProcess[]) => void,
): Promise<DrivenSwarm> {
  const processes = seats.map((seat) => startSeat(seat))
  started(processes)
  await Promise.all(processes.map((peer) => peer.ready))
  const ids = seats.map(({ id }) => id)
  for (const peer of processes) {
    await until(peer, 'all are endowed', (look) => ids.every((id) => balance(look, id) > 0n))
  }
  return { seats: four(seats), ids: four(ids), peers: four(processes) }
}

function four<T>([a, b, c, d]: readonly T[]): Four<T> {
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    throw new RangeError('it takes four')
  return [a, b, c, d]
}

/** Resolves with what the peer sees once that holds; throws when it doesn't come to hold. */
export async function until(
  peer: DrivenProcess,
  what: string,
  holds: (look: Look) => boolean,
): Promise<Look> {
  let last: Look | undefined
  const look = async () => {
    last = await peer.look()
    return holds(last) ? last : undefined
  }
  const found = await poll(look, { timeoutMs: WAIT_MS })
  if (found !== undefined) return found
  const seen = JSON.stringify(last, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  throw new Error(`it never came to hold: ${what}; last seen ${seen}`)
}

/** Resolves once the peer sees so many nodes and that all of these have credits: a job is then neither queued nor refused. */
export async function untilJobsRun(
  peer: DrivenProcess,
  seats: readonly Pick<Seat, 'id'>[],
  nodes: number,
): Promise<Look> {
  return until(peer, `${nodes} nodes are offered and all have credits`, (look) => {
    return look.offering >= nodes && seats.every(({ id }) => balance(look, id) > 0n)
  })
}

/** Resolves once all of them show one ledger root with at least so many entries. */
export async function untilLevel(
  peers: readonly DrivenProcess[],
  entriesMin = 0,
): Promise<readonly [Look, ...Look[]]> {
  let last: readonly Look[] = []
  const look = async (): Promise<readonly [Look, ...Look[]] | undefined> => {
    const looks = await Promise.all(peers.map((peer) => peer.look()))
    last = looks
    const [first, ...others] = looks
    if (first === undefined || looks.some(({ entries }) => entries < entriesMin)) return undefined
    return others.every(({ root }) => root === first.root) ? [first, ...others] : undefined
  }
  const found = await poll(look, { timeoutMs: WAIT_MS })
  if (found !== undefined) return found
  throw new Error(
    `the roots never became equal: ${last.map(({ root, entries }) => `${root} ${entries}`).join(', ')}`,
  )
}

/** What an account can spend. */
export function balance(look: Look, id: PeerId): bigint {
  const { free = 0n, claimable = 0n } = look.accounts[id] ?? {}
  return free + claimable
}

/** A swarm of one that runs and has been endowed, and how it looked then. */
export async function openLoneSeat(root: string, opened: (peer: DrivenProcess) => void) {
  const [seat] = await planSeats(root, { count: 1 })
  if (seat === undefined) throw new Error('unreachable')
  const peer = startSeat(seat)
  opened(peer)
  await peer.ready
  const before = await until(peer, 'it is endowed', (look) => balance(look, seat.id) > 0n)
  return { seat, peer, before }
}
