import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Durations } from '../host/durations.ts'
import { type BenchSwarm, openBenchSwarm } from './bench-swarm.ts'
import { benchJobs } from './jobs.ts'
import { benchLedger } from './ledger.ts'

/** Jobs before anything is measured: until then the engine still compiles what it runs. */
const WARM_UP_JOBS = 40

const USAGE = `Usage: npm run bench -- [jobs] [ledger] [--count 200] [--seconds 10]

  jobs      jobs one after another: submit -> assigned -> completed, overhead of the protocol
  ledger    certified entries and operations per second
  kill-loop one of four witnesses killed with SIGKILL again and again while it writes (--kills 1000)
  The first two without a name. Figures are of this machine and this moment: compare them within one run.
`

if (process.argv[2] === 'kill-loop')
  process.exit(await (await import('./kill-loop.ts')).killLoopCommand(process.argv.slice(3)))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})

/** Event types whose handling took longest, all peers together; the bar is 1 ms at p99 for each. */
function handlerLines({ peers }: BenchSwarm): readonly string[] {
  const summary = Durations.together(peers.map(({ durations }) => durations)).summary()
  // Below a hundred samples p99 is the maximum, which says more about the machine than about the handler.
  const rows = Object.entries(summary).filter(([, { count }]) => count >= 100)
  const slowest = rows.map(([type, row]) => ({ type, ...row })).toSorted((a, b) => b.p99Us - a.p99Us)
  const above = slowest.filter(({ p99Us }) => p99Us > 1_000).length
  const us = (value: number) => `${value.toFixed(0).padStart(6)} us`
  return [
    `handlers above 1 ms at p99: ${above} of ${slowest.length} event types (4 peers together; bar: 0)`,
    ...slowest
      .slice(0, 6)
      .map(
        ({ type, p50Us, p99Us, maxUs, count }) =>
          `  ${type.padEnd(24)} p50 ${us(p50Us)}   p99 ${us(p99Us)}   max ${us(maxUs)}   n ${count}`,
      ),
  ]
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const wanted = positionals.length === 0 ? ['jobs', 'ledger'] : positionals
  const unknown = wanted.find((name) => name !== 'jobs' && name !== 'ledger')
  if (unknown !== undefined) throw new RangeError(`there is no benchmark ${unknown}\n${USAGE}`)
  const print = (line: string) => process.stdout.write(`${line}\n`)
  print(
    `4 peers in one process, TCP on loopback, LevelDB with sync; ${cpus().length} cores, Node ${process.version}`,
  )
  const swarm = await openBenchSwarm()
  try {
    if (wanted.includes('jobs')) {
      await benchJobs(swarm, WARM_UP_JOBS)
      for (const peer of swarm.peers) peer.durations.reset()
      for (const line of await benchJobs(swarm, Number(values.count))) print(line)
    }
    if (wanted.includes('jobs')) for (const line of handlerLines(swarm)) print(line)
    if (wanted.includes('ledger'))
      for (const line of await benchLedger(swarm, Number(values.seconds))) print(line)
  } finally {
    await swarm.stop()
  }
}

await main()
