import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { JobsReport, ProcessReport } from '../e2e/driven-messages.ts'
import type { DrivenProcess } from '../e2e/driven-process.ts'
import { planSeats, startSeat, until } from '../e2e/driven-swarm.ts'
import { eventLines, handlerLines } from './handler-lines.ts'
import { figures, percentile } from './percentiles.ts'

const PROMPT =
  'Summarise: Bees pollinate most crops. Without bees many crops fail. Farmers therefore protect bees. Number'
const REPLICAS = 3
const STANDBYS = 1
/** Twice what a node asks: escrows stay small beside the endowment. */
const MAX_PRICE = 20_000n

/** Until then the engine still compiles what it runs. */
const WARM_UP = { perSecond: 4, seconds: 10 }
/** Jobs that aren't over by then, without any trouble on the way, are lost. */
const WAIT_MS = 60_000
/** At this pace nobody waits for a core; above it the bars are of what is sustained. */
const UNLOADED_PER_SECOND = 2
/** From the second of ten minutes on memory may grow so much and still be called flat. */
const FLAT_SHARE = 1.1
/** Before, memory still grows to what the load takes. */
const FLAT_SECONDS = 300
const FIRST_LOOK_SHARE = 0.2
/** A job's head and its leaf of the state digest, which every peer keeps for good. */
const HEAD_BYTES = 300
const MEBIBYTE = 1_048_576

export interface JobsBench {
  /** Jobs a second, by all four peers together. */
  readonly perSecond: number
  readonly seconds: number
  readonly profile: string | undefined
  /** Prints what one job takes of each type of event. */
  readonly counts: boolean
}

type Print = (line: string) => void

/** Four witnesses, a process each, that submit jobs in turn at a steady pace to a model that answers at once. */
export async function benchJobs(
  { perSecond, seconds, profile, counts }: JobsBench,
  print: Print,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-jobs-'))
  const seats = await planSeats(root)
  const peers = seats.map((seat) => startSeat(seat, { answerMs: 0, profile }))
  try {
    await Promise.all(peers.map((peer) => peer.ready))
    for (const peer of peers)
      await until(peer, 'all are funded and offer their model', ({ offering, supply }) => {
        return offering >= peers.length && supply.minted > 0n
      })
    await load(peers, WARM_UP, () => Promise.resolve())
    await Promise.all(peers.map((peer) => peer.resetDurations()))
    const looks: (readonly ProcessReport[])[] = []
    const look = async () => void looks.push(await reportsOf(peers))
    const startMs = Date.now()
    const reports = await load(peers, { perSecond, seconds }, look)
    await look()
    lines(together(reports), { perSecond, seconds, startMs }).forEach(print)
    memoryLines(looks, seconds >= FLAT_SECONDS).forEach(print)
    const durations = looks.at(-1)?.map((one) => one.durations) ?? []
    handlerLines(durations).forEach(print)
    if (counts)
      eventLines(durations, Math.max(1, reports.flatMap(({ endedAtMs }) => endedAtMs).length)).forEach(print)
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
    await rm(root, { recursive: true, force: true })
  }
}

/** All peers submit for so long, and wait for what they submitted; `look` is called at a fifth of the time. */
async function load(
  peers: readonly DrivenProcess[],
  { perSecond, seconds }: Pick<JobsBench, 'perSecond' | 'seconds'>,
  look: () => Promise<void>,
): Promise<readonly JobsReport[]> {
  const about = { replicas: REPLICAS, standbys: STANDBYS, maxPrice: MAX_PRICE, prompt: PROMPT }
  const own = perSecond / peers.length
  for (const [at, peer] of peers.entries())
    await peer.submit({ ...about, perSecond: own, delayMs: (at * 1_000) / perSecond })
  await pause(seconds * 1_000 * FIRST_LOOK_SHARE)
  await look()
  await pause(seconds * 1_000 * (1 - FIRST_LOOK_SHARE))
  return Promise.all(peers.map((peer) => peer.submitted(WAIT_MS)))
}

function reportsOf(peers: readonly DrivenProcess[]): Promise<readonly ProcessReport[]> {
  return Promise.all(peers.map((peer) => peer.report()))
}

function together(reports: readonly JobsReport[]): JobsReport {
  return {
    submitted: reports.reduce((sum, { submitted }) => sum + submitted, 0),
    refused: counted(reports.map(({ refused }) => refused)),
    ends: counted(reports.map(({ ends }) => ends)),
    assignedMs: reports.flatMap(({ assignedMs }) => assignedMs),
    completedMs: reports.flatMap(({ completedMs }) => completedMs),
    endedAtMs: reports.flatMap(({ endedAtMs }) => endedAtMs),
    open: reports.flatMap(({ open }) => open),
  }
}

function counted(tables: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const table of tables)
    for (const [name, count] of Object.entries(table)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

interface Span {
  readonly perSecond: number
  readonly seconds: number
  readonly startMs: number
}

function lines(report: JobsReport, { perSecond, seconds, startMs }: Span): readonly string[] {
  const { submitted, refused, ends, assignedMs, completedMs, endedAtMs, open } = report
  const within = endedAtMs.filter((atMs) => atMs < startMs + seconds * 1_000).length
  const list = (table: Readonly<Record<string, number>>) =>
    Object.entries(table).map(([name, count]) => `${count} ${name}`)
  const isUnloaded = perSecond <= UNLOADED_PER_SECOND
  const bar = (p50Ms: number, samples: readonly number[]) =>
    isUnloaded ? `   (bar: p50 <= ${p50Ms} ms${verdict(percentile(samples, 0.5) <= p50Ms)})` : ''
  // In tenths: of a minute's last jobs some are always still under way.
  const rate = Math.round((10 * within) / seconds) / 10
  const rateBar = isUnloaded ? '' : `, bar: 20${verdict(rate >= 20)}, goal: 30`
  return [
    `submitted             ${submitted} in ${seconds} s, refused ${list(refused).join(', ') || 'none'}`,
    `ended                 ${list(ends).join(', ')}; lost ${open.length}${verdict(open.length === 0)}`,
    `jobs/s                ${rate.toFixed(1)}   (${perSecond} submitted a second${rateBar})`,
    `submit -> assigned    ${figures(assignedMs)}${bar(150, assignedMs)}`,
    // The model takes no time, so all of it is the protocol's.
    `job overhead, R = ${REPLICAS}   ${figures(completedMs)}${bar(300, completedMs)}`,
  ]
}

/** Peer by peer, since one that leaks would hide in a sum; what each keeps of every job for good is taken off. */
function memoryLines(looks: readonly (readonly ProcessReport[])[], isLong: boolean): readonly string[] {
  const [first = [], last = []] = [looks[0], looks.at(-1)]
  const bytesOf = (pick: (one: ProcessReport) => number, one: ProcessReport | undefined) =>
    one === undefined ? Number.NaN : pick(one) - one.jobs.over * HEAD_BYTES
  const row = (name: string, pick: (one: ProcessReport) => number) => {
    const pairs = first.map((one, at) => [bytesOf(pick, one), bytesOf(pick, last[at])] as const)
    const isFlat = pairs.every(([before, after]) => after <= before * FLAT_SHARE)
    const text = pairs.map((pair) => pair.map((bytes) => (bytes / MEBIBYTE).toFixed(0)).join(' > '))
    const flat = isLong ? `; flat${verdict(isFlat)}` : ''
    return `${name.padEnd(22)}${text.join('   ')}  MiB less heads, from a fifth of the time on${flat}`
  }
  const over = last.map(({ jobs }) => `${jobs.over}+${jobs.open}`)
  const cpu = last.map(({ cpuMs }, at) => cpuMs - (first[at]?.cpuMs ?? 0))
  const ended = Math.max(...last.map(({ jobs }, at) => jobs.over - (first[at]?.jobs.over ?? 0)))
  const each = cpu.reduce((sum, ms) => sum + ms, 0) / Math.max(1, ended)
  return [
    row('heap', ({ heapBytes }) => heapBytes),
    row('resident', ({ rssBytes }) => rssBytes),
    `jobs known, over+open ${over.join('   ')}`,
    `processor             ${each.toFixed(0)} ms a job by all together, of ${ended}; s of each ${cpu.map((ms) => (ms / 1_000).toFixed(0)).join('   ')}`,
  ]
}

function verdict(isMet: boolean): string {
  return isMet ? ', met' : ', NOT MET'
}
