import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchEpoch } from './epoch.ts'
import { benchFounderLoss } from './founder-loss.ts'
import { benchJobs } from './jobs.ts'
import { benchLedger } from './ledger.ts'
import { benchLevelUp } from './level-up.ts'
import { benchMemory } from './memory.ts'

const JOBS_PER_SECOND = 1
const JOBS_SECONDS = 60
const LEDGER_SECONDS = 20
const EPOCH_SECONDS = 30

const USAGE = `Usage: npm run bench -- [jobs] [ledger] [level-up] [memory] [epoch] [founder-loss] [takeover] [cancel] [flood] [options]

  jobs       4 witness processes whose model answers at once: submit -> assigned -> completed, jobs a second, lost
             jobs, memory
             --rate 1        jobs submitted a second, by all together
             --seconds 60    of submitting, or --minutes N; at --rate 20 the bar is 10 minutes
             --counts        which events a job takes, and for how long each are handled
  ledger     4 witness processes, and a driver with 10,000 owners who pay each other in a ring: finality, certified
             transfers and operations per second, memory
             --seconds 20    of the measurement; 300 is the bar's
  level-up   a new peer fetches a full ledger from another one's process
             --entries 100000
  memory     what a mind of many accounts takes
             --accounts 100000
  kill-loop  one of four witnesses killed with SIGKILL again and again while it writes
             --kills 1000    takes a third of an hour; --json
  epoch      5 members in processes of their own pay each other, 50 transfers a second, while witnesses change: the
             pause that an owner notices, and whether any transfer is lost or doubled
             --seconds 30    of payments
  founder-loss  a founder grows its swarm to four by commands and is lost for good; the log of what the rest does
  takeover   six processes; of each job one runner is killed with SIGKILL: how soon a standby runs in its place
             --jobs 100      takes a quarter of an hour
  cancel     4 witness processes; each job is cancelled while its replicas run: how soon all of them have stopped, and
             whether the refund is exact
             --jobs 40
  flood      4 witness processes with a job a second, and a member that says bids and heartbeats at a hundred times the
             honest rate, forged ones, too: what the others' jobs take, and their memory
             --seconds 60    for each of four phases
  The first four without a name. --profile FOLDER writes CPU profiles of the peers' processes. Figures are of this
  machine and this moment: compare them within one run.
`

if (process.argv[2] === 'kill-loop')
  process.exit(await (await import('./kill-loop.ts')).killLoopCommand(process.argv.slice(3)))
if (process.argv[2] === 'takeover')
  process.exit(await (await import('./takeover.ts')).takeoverCommand(process.argv.slice(3)))
if (process.argv[2] === 'cancel')
  process.exit(await (await import('./cancel.ts')).cancelCommand(process.argv.slice(3)))
if (process.argv[2] === 'flood')
  process.exit(await (await import('./flood.ts')).floodCommand(process.argv.slice(3)))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string' },
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    entries: { type: 'string', default: '100000' },
    accounts: { type: 'string', default: '100000' },
    profile: { type: 'string' },
    counts: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function jobs(): Promise<void> {
  const perSecond = Number(values.rate ?? JOBS_PER_SECOND)
  const seconds = 60 * Number(values.minutes ?? 0) || Number(values.seconds ?? JOBS_SECONDS)
  print(`jobs: 4 witness processes, ${perSecond} jobs/s for ${seconds} s, TCP on loopback, LevelDB with sync`)
  await benchJobs({ perSecond, seconds, profile: values.profile, counts: values.counts }, print)
}

async function ledger(): Promise<void> {
  print('ledger: 4 witness processes and a driver, TCP on loopback, LevelDB with sync')
  await benchLedger(Number(values.seconds ?? LEDGER_SECONDS), print, values.profile)
}

async function levelUp(): Promise<void> {
  print('level-up: a new peer and one with a full store, a process each')
  await benchLevelUp(Number(values.entries), print, values.profile)
}

async function epoch(): Promise<void> {
  print('epoch: 5 members, a process each, 50 transfers/s, TCP on loopback, LevelDB with sync')
  await benchEpoch(Number(values.seconds ?? EPOCH_SECONDS), print)
}

async function memory(): Promise<void> {
  print('memory: heap and external memory of a mind alone, after collection')
  await benchMemory(Number(values.accounts), print)
}

/** Those that run when none is named. */
const USUAL = { jobs, ledger, 'level-up': levelUp, memory }
const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  ...USUAL,
  epoch,
  'founder-loss': () => benchFounderLoss(print),
}

async function main(): Promise<void> {
  if (values.help) return print(USAGE)
  const wanted = positionals.length === 0 ? Object.keys(USUAL) : positionals
  const unknown = wanted.find((name) => !Object.hasOwn(BENCHMARKS, name))
  if (unknown !== undefined) throw new RangeError(`there is no benchmark ${unknown}\n${USAGE}`)
  print(`${cpus().length} cores, Node ${process.version}`)
  for (const name of wanted) await BENCHMARKS[name]?.()
}

await main()
