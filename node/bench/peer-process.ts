import { argv, cpuUsage, memoryUsage } from 'node:process'
import { pino } from 'pino'
import { resolveConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import type { PeerAnswer, PeerReport, PeerRequest, PeerTask } from './peer-report.ts'

/** A whole peer in a process of its own, for `peer-child.ts`: it reports over IPC and does as it is told. */
async function main(): Promise<void> {
  const task = JSON.parse(argv[2] ?? '') as PeerTask
  const flags = {
    apiPort: '0',
    operator: task.operator,
    bootstrap: task.bootstrap.join(','),
    listen: '/ip4/127.0.0.1/tcp/0',
    providers: 'reference',
    endowment: '0',
  }
  const config = resolveConfig({ flags, environment: {}, file: {}, filePath: '' })
  const logger = pino({ level: 'silent' })
  const daemon = await startDaemon({
    folder: dataFolder(task.folder),
    config,
    webRoot: undefined,
    version: 'bench',
    logger,
  })
  void daemon.broken.then((error) => {
    throw error
  })
  process.on('message', (request: PeerRequest) => void answer(daemon, request))
  tell({ type: 'ready', addresses: daemon.addresses() })
}

async function answer(daemon: Daemon, { type }: PeerRequest): Promise<void> {
  if (type === 'report') tell({ type: 'report', report: reportOf(daemon) })
  else if (type === 'reset-durations') daemon.durations.reset()
  else {
    await daemon.stop()
    process.disconnect()
  }
}

function reportOf({ view, durations }: Daemon): PeerReport {
  const { minted, free, unclaimed, escrowed, burnt } = view.supply()
  const { rss, heapUsed } = memoryUsage()
  const { user, system } = cpuUsage()
  const { entries, dropped } = view.counters()
  return {
    root: view.ledgerRoot(),
    entries,

    conserved: free + unclaimed + escrowed + burnt === minted,
    rssBytes: rss,
    heapBytes: heapUsed,
    cpuMs: (user + system) / 1_000,
    dropped,
    durations: durations.copy(),
  }
}

function tell(message: PeerAnswer): void {
  process.send?.(message)
}

await main()
