import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { TIMES } from '../../protocol/params.ts'
import type { JobsReport, ProcessReport } from '../e2e/driven-messages.ts'
import type { DrivenProcess } from '../e2e/driven-process.ts'
import { planSeats, startSeat, untilJobsRun } from '../e2e/driven-swarm.ts'
import type { FlooderReport, FlooderRequest } from './flood-messages.ts'
import { Flooder } from './flooder-process.ts'
import { figures, percentile } from './percentiles.ts'

const WITNESSES = 4
const REPLICAS = 3
const STANDBYS = 1
const MAX_PRICE = 20_000n
/** Submitted by all witnesses together. */
const JOBS_PER_SECOND = 1
const TIMES_HONEST = 100
/** A node beats every five seconds, and bids once for each job, at each who decides. */
const HONEST = { beats: 1_000 / TIMES.heartbeatMsMin, bids: JOBS_PER_SECOND }
/** Until then the engine still compiles what it runs. */
const WARM_UP_SECONDS = 10
const WAIT_MS = 60_000
const MEBIBYTE = 1_048_576
/** The most that messages of one member leave behind is 24 MiB (`protocol/peer/flood.test`); the rest is jobs that go on. */
const GROWTH_MIB_MAX = 32

interface Phase {
  readonly name: string
  readonly flood: FlooderRequest
}

const SILENT: FlooderRequest = { beats: 0, bids: 0, isForging: false }
const LOUD: FlooderRequest = {
  beats: HONEST.beats * TIMES_HONEST,
  bids: HONEST.bids * TIMES_HONEST,
  isForging: false,
}
const PHASES: readonly Phase[] = [
  { name: 'without a flood', flood: SILENT },
  { name: 'valid bids and heartbeats', flood: LOUD },
  { name: 'and forged ones, and bids for nothing', flood: { ...LOUD, isForging: true } },
  { name: 'after the flood', flood: SILENT },
]

interface Played {
  readonly name: string
  readonly reports: readonly JobsReport[]
  readonly peers: readonly ProcessReport[]
  readonly said: FlooderReport['said']
}

async function play(
  peers: readonly DrivenProcess[],
  flooder: Flooder,
  { name, flood }: Phase,
  seconds: number,
): Promise<Played> {
  const before = await flooder.ask(flood)
  const perSecond = JOBS_PER_SECOND / peers.length
  const load = { perSecond, replicas: REPLICAS, standbys: STANDBYS, maxPrice: MAX_PRICE, prompt: name }
  for (const [at, peer] of peers.entries())
    await peer.submit({ ...load, delayMs: (at * 1_000) / JOBS_PER_SECOND })
  await pause(seconds * 1_000)
  const reports = await Promise.all(peers.map((peer) => peer.submitted(WAIT_MS)))
  const { said } = await flooder.ask(flood)
  const processes = await Promise.all(peers.map((peer) => peer.report()))
  const spoken = (kind: keyof FlooderReport['said']) => said[kind] - before.said[kind]
  return {
    name,
    reports,
    peers: processes,
    said: {
      heartbeats: spoken('heartbeats'),
      bids: spoken('bids'),
      unknown: spoken('unknown'),
      forged: spoken('forged'),
    },
  }
}

const heapMib = ({ peers }: Played) => peers.map(({ heapBytes }) => heapBytes / MEBIBYTE)

function linesOf({ name, reports, said, ...rest }: Played): readonly string[] {
  const assigned = reports.flatMap(({ assignedMs }) => assignedMs)
  const completed = reports.flatMap(({ completedMs }) => completedMs)
  const lost = reports.reduce((sum, { open }) => sum + open.length, 0)
  const row = (samples: readonly number[]) =>
    `${figures(samples)}   p95 ${percentile(samples, 0.95).toFixed(0)} ms`
  const heaps = heapMib({ name, reports, said, ...rest }).map((mib) => mib.toFixed(0))
  return [
    `${name}: said ${said.heartbeats} heartbeats, ${said.bids} bids, ${said.unknown} for nothing, ${said.forged} forged`,
    `  submit -> assigned  ${row(assigned)}`,
    `  completed           ${row(completed)}   lost ${lost}`,
    `  heap of the others  ${heaps.join(' ')} MiB`,
  ]
}

/** `npm run bench -- flood --seconds 60`: so long for each phase; resolves with the exit code. */
export async function floodCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: 'string', default: '60' } } })
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const bench = new AsyncDisposableStack()
  try {
    const root = await mkdtemp(join(tmpdir(), 'hyperlooms-flood-'))
    bench.defer(() => rm(root, { recursive: true, force: true }))
    const seats = await planSeats(root, { count: WITNESSES + 1, witnesses: WITNESSES })
    const peers = seats.slice(0, WITNESSES).map((seat) => startSeat(seat, { answerMs: 0 }))
    bench.defer(async () => void (await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))))
    await Promise.all(peers.map((peer) => peer.ready))
    const [last] = seats.slice(WITNESSES)
    if (last === undefined) throw new RangeError('nobody floods')
    const flooder = new Flooder(last, MAX_PRICE)
    bench.defer(() => flooder.end())
    await flooder.ready()
    for (const peer of peers) await untilJobsRun(peer, seats.slice(0, WITNESSES), WITNESSES)
    await play(peers, flooder, { name: 'warm-up', flood: SILENT }, WARM_UP_SECONDS)
    print(`${WITNESSES} witness processes, ${JOBS_PER_SECOND} job/s, R = ${REPLICAS}; a fifth member floods`)
    const played: Played[] = []
    for (const phase of PHASES) {
      const one = await play(peers, flooder, phase, Number(values.seconds))
      played.push(one)
      for (const line of linesOf(one)) print(line)
    }
    return verdictOf(played, print)
  } finally {
    await bench.disposeAsync()
  }
}

function verdictOf(played: readonly Played[], print: (line: string) => void): number {
  const [first] = played
  if (first === undefined) throw new RangeError('nothing was played')
  const before = heapMib(first)
  const growth = played.slice(1).flatMap((one) => heapMib(one).map((mib, at) => mib - (before[at] ?? mib)))
  const most = Math.max(...growth)
  const lost = played.flatMap(({ reports }) => reports.flatMap(({ open }) => open)).length
  const isMet = most <= GROWTH_MIB_MAX && lost === 0
  print(
    `heap grew by         at most ${most.toFixed(0)} MiB   (bar: ${GROWTH_MIB_MAX} MiB); lost ${lost} jobs (bar: 0)`,
  )
  return isMet ? 0 : 1
}
