import { resolve } from 'node:path'
import type { Job } from '../../protocol/api/job-schema.ts'
import { type Command, InvalidArgumentError } from 'commander'
import type { LocalSwarm } from '../swarm/local-swarm.ts'
import { EXIT } from './exit-codes.ts'
import { describeJob } from './job-text.ts'
import { CommandError, print, printJson } from './output.ts'
import { Progress } from './progress.ts'
import { wholeNumber } from './run.ts'
import { newKeyText } from './new-key-text.ts'

interface LocalFlags {
  readonly prompt?: string
  readonly json?: boolean
  readonly exit?: boolean
  readonly liar: number
  readonly replicas?: number
  readonly data?: string
}

/** With three replicas among four peers, two liars that agree would be the majority. */
const LIARS_MAX = 3

/** `local`: four peers on this machine and a sample job; what `npm start` runs. */
export function addLocal(program: Command): void {
  program
    .command('local')
    .description('run four peers on this machine and a sample job; Ctrl-C stops all of them')
    .option('--prompt <text>', 'what the sample job asks')
    .option('--json', 'print exactly one JSON document about the job')
    .option('--exit', 'stop when the job has ended')
    .option('--liar <number>', 'let that many peers answer falsely and bid the lowest price', liars, 0)
    .option('--replicas <number>', 'how many peers answer', wholeNumber)
    .option('--data <folder>', 'where the four data folders are (default: .hyperlooms/local)')
    .action(local)
}

function liars(value: string): number {
  const count = wholeNumber(value)
  if (count > LIARS_MAX) throw new InvalidArgumentError(`It must be at most ${LIARS_MAX}.`)
  return count
}

async function local(flags: LocalFlags): Promise<void> {
  const progress = new Progress()
  const stop = stopSignal()
  const swarm = await start(flags, progress, stop)
  if (swarm === undefined) return progress.done()
  try {
    await Promise.race([serve(swarm, flags, progress, stop), interrupted(stop), rejectOn(swarm.failed)])
  } finally {
    progress.show('Stopping the peers')
    await swarm.stop()
    progress.done()
  }
}

/** The running swarm; undefined when it was interrupted before it ran. */
async function start(
  flags: LocalFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<LocalSwarm | undefined> {
  const { defaultLocalFolder } = await import('../swarm/local-plan.ts')
  const { startLocalSwarm } = await import('../swarm/local-swarm.ts')
  try {
    const webRoot = flags.exit === true ? undefined : await buildPage(progress, signal)
    progress.show('Starting four peers')
    return await startLocalSwarm({
      root: flags.data === undefined ? defaultLocalFolder() : resolve(flags.data),
      entry: process.argv[1] ?? '',
      liars: flags.liar,
      webRoot,
      signal,
      notice: (text) => progress.note(text),
    })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** Runs the job and tells how it went; stays until it is stopped unless `--exit` was given. */
async function serve(
  swarm: LocalSwarm,
  flags: LocalFlags,
  progress: Progress,
  stop: AbortSignal,
): Promise<void> {
  const { ledgerRoots, localDocument, runLocalJob, waitUntilSettled } = await import('./local-job.ts')
  const { SAMPLE_PROMPT } = await import('../swarm/sample-prompt.ts')
  const { newApiKey } = swarm.peers[0]
  if (newApiKey !== undefined) progress.note(newKeyText(newApiKey, process.stderr.isTTY))
  await waitUntilSettled(swarm, progress)
  const prompt = flags.prompt ?? SAMPLE_PROMPT
  const job = await runLocalJob(swarm, { prompt, replicas: flags.replicas }, progress)
  const roots = await ledgerRoots(swarm)
  progress.done()
  if (flags.json === true) printJson(localDocument(job, roots))
  else print(summaryOf(job, roots))
  if (flags.exit === true) {
    process.exitCode = job.status === 'completed' ? EXIT.ok : EXIT.notCompleted
    return
  }
  progress.note(`The page is at ${swarm.peers[0].url} (Ctrl-C stops all peers)`)
  await interrupted(stop)
}

function summaryOf(job: Job, roots: readonly string[]): string {
  const [root = ''] = roots
  const isEqual = new Set(roots).size === 1
  const ledger = isEqual
    ? `${root.slice(0, 12)}, equal on all ${roots.length} peers`
    : `not equal yet: ${roots.join(' ')}`
  return `\n${describeJob(job)}\nledger      ${ledger}\n`
}

async function buildPage(progress: Progress, signal: AbortSignal): Promise<string | undefined> {
  const { ensureWebBuilt } = await import('../packaging/build-web.ts')
  progress.show('Building the page')
  try {
    return (await ensureWebBuilt({ signal })).directory
  } catch (error) {
    signal.throwIfAborted()
    progress.note(`The page is not served: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** Fires with the first signal that asks to stop; later ones change nothing. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort())
  return controller.signal
}

function interrupted(signal: AbortSignal): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>()
  if (signal.aborted) end()
  signal.addEventListener('abort', () => end(), { once: true })
  return promise
}

async function rejectOn(failed: Promise<Error>): Promise<never> {
  const { message } = await failed
  throw new CommandError(`The swarm stops: ${message}`, EXIT.unavailable)
}
