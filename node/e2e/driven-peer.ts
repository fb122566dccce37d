import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { once } from 'node:events'
import { pino } from 'pino'
import { explainBroken } from '../cli/output.ts'
import { resolveConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { startSubmitting, type Submitter } from './steady-jobs.ts'
import { type Payer, startPaying } from './steady-payer.ts'
import { createTimedProvider } from './timed-provider.ts'
import type { DrivenRequest, DrivenSettings, Look, ProcessReport } from './driven-messages.ts'

/**
 * A whole peer in a process of its own, as `up` runs it, that does what the process that started it asks for over
 * the channel. Its one argument is the settings as JSON.
 */
const loadedMs = performance.timeOrigin + performance.now()
const {
  folder: root,
  flags,
  waits = false,
  answerMs,
  webRoot,
}: DrivenSettings = JSON.parse(process.argv[2] ?? '')
const folder = dataFolder(root)
const logger = pino({ level: flags.logLevel ?? 'warn' }, pino.destination({ dest: 2, sync: true }))
const config = resolveConfig({ flags, environment: {}, file: {}, filePath: '' })

function look({ view, storeState }: Daemon): Look {
  const accounts = [...view.roster.members()].map(({ peer }) => {
    const { free = 0n, claimable = 0n, escrowed = 0n, seq = 0 } = view.account(peer) ?? {}
    return [peer, { free, claimable, escrowed, seq }] as const
  })
  return {
    root: view.ledgerRoot(),
    entries: view.counters().entries,
    supply: view.supply(),
    accounts: Object.fromEntries(accounts),
    online: view.nodes(Date.now()).filter(({ status }) => status === 'online').length,
    offering: view.nodes(Date.now()).filter(({ heartbeat }) => (heartbeat?.nodes.length ?? 0) > 0).length,
    storeState,
  }
}

/** Else figures of memory say how long ago the last collection was. It takes some 0.1 s: only a benchmark asks. */
function collectAll(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function report({ view, durations }: Daemon): ProcessReport {
  // Before the collection, which is the benchmark's own.
  const { user, system } = process.cpuUsage()
  collectAll()
  const { minted, free, unclaimed, escrowed, burnt } = view.supply()
  const { rss, heapUsed } = process.memoryUsage()
  const { entries, dropped, jobs } = view.counters()
  const over = jobs.completed + jobs.unresolved + jobs.void
  return {
    root: view.ledgerRoot(),
    entries,
    conserved: free + unclaimed + escrowed + burnt === minted,
    rssBytes: rss,
    heapBytes: heapUsed,
    jobs: { over, open: view.openJobs().length },
    cpuMs: (user + system) / 1_000,
    dropped,
    durations: durations.copy(),
  }
}

let payer: Payer | undefined
let submitter: Submitter | undefined

async function answer(daemon: Daemon, request: DrivenRequest): Promise<unknown> {
  switch (request.type) {
    case 'look':
      return look(daemon)
    case 'report':
      return report(daemon)
    case 'reset-durations':
      return daemon.durations.reset()
    case 'command':
      return daemon.command(request.command)
    case 'pay':
      payer = startPaying(daemon, request.payments)
      return undefined
    case 'paid':
      return payer?.stop()
    case 'submit':
      submitter = startSubmitting(daemon, request.load)
      return undefined
    case 'submitted':
      return submitter?.stop(request.waitMs)
    case 'body':
      return daemon.getBlob(request.digest)
    case 'put-blob':
      return daemon.putBlob(request.body)
    case 'record':
      return daemon.record(request.job)
    case 'backup':
      return daemon.backup(request.request)
  }
}

if (waits) await once(process, 'message')
const providers = answerMs === undefined ? {} : { providers: [createTimedProvider(answerMs)] }
const options = { folder, config, webRoot, version: 'test', logger, ...providers }
const daemon = await startDaemon(options).catch((error: unknown) => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  process.send?.({ type: 'refused', code, message }, () => process.exit(1))
  return new Promise<never>(() => undefined)
})
await (await fetch(`${daemon.url}/healthz`)).text()
const { user, system } = process.cpuUsage()
process.send?.({
  type: 'ready',
  id: daemon.id,
  url: daemon.url,
  addresses: daemon.addresses(),
  isStoreSound: daemon.storeState.status === 'sound',
  loadedMs,
  restoredMs: performance.timeOrigin + daemon.restoredMs,
  answeringMs: performance.timeOrigin + performance.now(),
  processorMs: (user + system) / 1_000,
})
process.on('message', ({ id, ...request }: DrivenRequest & { readonly id: number }) => {
  // Of an answer that fails whoever asked for it hears; the peer goes on.
  answer(daemon, request).then(
    (result) => process.send?.({ type: 'answer', id, result }),
    (error: unknown) => process.send?.({ type: 'failed', id, message: String(error) }),
  )
})
// Whoever drives it has gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('SIGTERM', () => void daemon.stop().then(() => process.exit(0)))
const { message, exitCode } = explainBroken(await daemon.broken, root)
process.send?.({ type: 'broken', message }, () => process.exit(exitCode))
