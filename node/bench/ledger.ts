import { cpuUsage, memoryUsage } from 'node:process'
import { randomBytes } from 'node:crypto'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import type { ProcessReport } from '../e2e/driven-messages.ts'
import type { DrivenProcess } from '../e2e/driven-process.ts'
import { handlerLines } from './handler-lines.ts'
import { LoadPeer } from './load-peer.ts'
import { figures, percentile } from './percentiles.ts'
import { Ring } from './ring.ts'
import { type PhaseResult, RingLoad } from './ring-load.ts'
import { planSwarm, startWitnesses } from './witness-swarm.ts'

const OWNERS = 10_000
/** Entries in flight: enough that every sync and write carries several; finality stays below a driver's repeat. */
const WINDOW = 96
const UNLOADED_ENTRIES = 300
/** Every owner's first entry, which claims its mint, and the engine's compilation lie before what is measured. */
const WARM_UP_ENTRIES = OWNERS
/** A load at which nobody waits for a core, so that a handler's time is its own. */
const PACED_PER_SECOND = 60
const PACED_SECONDS = 10
const OPERATIONS_PER_ENTRY = 64
const BATCHED_SECONDS_MAX = 20
/** A later sample may lie so much above an earlier one and still be called flat. */
const FLAT_SHARE = 1.1

type Print = (line: string) => void

/** Four witness processes, and this process driving the entries of 10,000 owners who pay each other in a ring. */
export async function benchLedger(seconds: number, print: Print, profile?: string): Promise<void> {
  const seed = new Uint8Array(randomBytes(32))
  const minter = createNativeSigner(seed)
  const plan = await planSwarm(minter.id)
  const { children, addresses } = await startWitnesses(plan, profile)
  const swarm = swarmIdOf(plan.charter)
  const load = new RingLoad(new Ring(swarm, OWNERS), (entry) => peer.drive(entry))
  const peer = await LoadPeer.open({
    charter: plan.charter,
    seed,
    self: minter.id,
    bootstrap: addresses,
    onCertified: (entry, id) => load.onCertified(entry, id),
  })
  try {
    await load.fund(minter, swarm)
    await load.run({ window: WINDOW, transfers: 1, until: (count) => count >= WARM_UP_ENTRIES })
    await unloaded(load, print)
    await handlersDuring(`at ${PACED_PER_SECOND} transfers/s`, children, print, () => paced(load, print))
    await handlersDuring('at full load, waiting for a core included', children, print, () =>
      single(load, children, seconds, print),
    )
    await handlersDuring(
      `with ${OPERATIONS_PER_ENTRY} operations per entry, full load`,
      children,
      print,
      () => batched(load, Math.min(seconds, BATCHED_SECONDS_MAX), print),
    )
    print(dropLine(await settled(children)))
  } finally {
    await peer.stop()
    await Promise.all(children.map((child) => child.stop()))
    await plan.remove()
  }
}

async function handlersDuring(
  what: string,
  children: readonly DrivenProcess[],
  print: Print,
  phase: () => Promise<void>,
): Promise<void> {
  await Promise.all(children.map((child) => child.resetDurations()))
  await phase()
  const reports = await Promise.all(children.map((child) => child.report()))
  const [head = '', ...lines] = handlerLines(reports.map(({ durations }) => durations))
  print(`${head}; ${what}`)
  lines.forEach(print)
}

async function paced(load: RingLoad, print: Print): Promise<void> {
  const untilMs = performance.now() + PACED_SECONDS * 1_000
  const phase = { window: WINDOW, transfers: 1, perSecond: PACED_PER_SECOND }
  const { finalityMs } = await load.run({ ...phase, until: () => performance.now() >= untilMs })
  print(`finality, ${PACED_PER_SECOND} a second      ${figures(finalityMs, 1)}`)
}

async function unloaded(load: RingLoad, print: Print): Promise<void> {
  const { finalityMs } = await load.run({
    window: 1,
    transfers: 1,
    until: (count) => count >= UNLOADED_ENTRIES,
  })
  const p50 = percentile(finalityMs, 0.5)
  print(`finality, unloaded            ${figures(finalityMs, 1)}   (bar: p50 <= 30 ms${verdict(p50 <= 30)})`)
}

async function single(
  load: RingLoad,
  children: readonly DrivenProcess[],
  seconds: number,
  print: Print,
): Promise<void> {
  const reports = () => Promise.all(children.map((child) => child.report()))
  const before = await reports()
  const cpuBefore = cpuUsage()
  const untilMs = performance.now() + seconds * 1_000
  let middle: Promise<readonly ProcessReport[]> | undefined
  const result = await load.run({
    window: WINDOW,
    transfers: 1,
    until() {
      const leftMs = untilMs - performance.now()
      if (leftMs < (seconds * 1_000) / 2) middle ??= reports()
      return leftMs <= 0
    },
  })
  const cpu = cpuUsage(cpuBefore)
  const samples = [before, (await middle) ?? before, await reports()]
  const rate = perSecond(result)
  const over = `${OWNERS.toLocaleString('en')} owners, ${seconds} s`
  print(
    `certified transfers/s         ${rate.toFixed(0)}   (${over}; bar: 300${verdict(rate >= 300)}, goal: 500)`,
  )
  print(`finality, ${WINDOW} in flight       ${figures(result.finalityMs, 1)}`)
  const witnessMs = sum(samples.at(-1), 'cpuMs') - sum(samples[0], 'cpuMs')
  const perEntry = (ms: number) => `${(ms / result.certified).toFixed(2)} ms`
  print(
    `processor time per transfer   ${perEntry(witnessMs)} in 4 witnesses, ${perEntry((cpu.user + cpu.system) / 1_000)} in the driver`,
  )
  memoryLines(samples, print)
}

/** Peer by peer, since one that leaks would hide in a sum. */
function memoryLines(samples: readonly (readonly ProcessReport[])[], print: Print): void {
  const [start = [], middle = [], end = []] = samples
  const flat = end.every(({ heapBytes }, at) => heapBytes <= (middle[at]?.heapBytes ?? 0) * FLAT_SHARE)
  const row = (name: string, pick: (report: ProcessReport) => number) =>
    print(
      `${name.padEnd(29)} ${start.map((one, at) => [one, middle[at], end[at]].map((each) => (each === undefined ? '?' : mib(pick(each)))).join(' > ')).join('   ')}  MiB`,
    )
  row('witness RSS start>middle>end', ({ rssBytes }) => rssBytes)
  row('witness heap, collected', ({ heapBytes }) => heapBytes)
  print(
    `memory ${flat ? 'flat' : 'NOT flat'} (after a collection no witness's heap is more than 10 % above that of the first half's end); driver RSS ${mib(memoryUsage().rss)} MiB`,
  )
}

async function batched(load: RingLoad, seconds: number, print: Print): Promise<void> {
  const untilMs = performance.now() + seconds * 1_000
  const result = await load.run({
    window: WINDOW,
    transfers: OPERATIONS_PER_ENTRY,
    until: () => performance.now() >= untilMs,
  })
  const rate = perSecond(result)
  print(
    `operations/s, ${OPERATIONS_PER_ENTRY} per entry     ${(rate * OPERATIONS_PER_ENTRY).toFixed(0)}   (${rate.toFixed(0)} entries/s; up to ${OPERATIONS_PER_ENTRY} claims each)`,
  )
}

/** Nothing is in flight: every certificate reaches every witness, and then all must hold the same state. */
async function settled(children: readonly DrivenProcess[]): Promise<readonly ProcessReport[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const reports = await Promise.all(children.map((child) => child.report()))
    const roots = new Set(reports.map(({ root }) => root))
    if (roots.size === 1 && reports.every(({ conserved }) => conserved)) return reports
  }
  throw new Error('the witnesses hold different states, or one where credit was made or lost')
}

function dropLine(reports: readonly ProcessReport[]): string {
  const codes = new Map<string, number>()
  for (const { dropped } of reports) {
    for (const [code, count] of Object.entries(dropped)) codes.set(code, (codes.get(code) ?? 0) + count)
  }
  const shown = [...codes].map(([code, count]) => `${code} ${count}`).join(', ')
  return `roots equal on all witnesses, credit conserved; frames dropped: ${shown === '' ? 'none' : shown}`
}

function perSecond({ certified, elapsedMs }: PhaseResult): number {
  return (certified * 1_000) / elapsedMs
}

function sum(reports: readonly ProcessReport[] | undefined, field: 'cpuMs'): number {
  return (reports ?? []).reduce((total, report) => total + report[field], 0)
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0)
}

function verdict(met: boolean): string {
  return met ? ': met' : ': MISSED'
}
