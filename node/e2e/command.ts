import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../packaging/hyperlooms.cjs', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface CommandOptions {
  readonly home: string
  readonly environment?: Readonly<Record<string, string>>
  /** Gives it a channel, as a launcher does. */
  readonly isLaunched?: boolean
}

/** The command as people start it, in an environment of its own. */
export function start(args: readonly string[], options: CommandOptions): ChildProcess {
  const { home, environment, isLaunched = false } = options
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    ...environment,
  }
  return spawn(process.execPath, [COMMAND, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(isLaunched ? (['ipc'] as const) : [])],
  })
}

/** A command to its end. */
export async function run(args: readonly string[], options: CommandOptions): Promise<Run> {
  const child = start(args, options)
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('its output is piped')
  const ended = once(child, 'close')
  const [out, err] = await Promise.all([text(stdout), text(stderr)])
  await ended
  return { code: child.exitCode, out, err }
}

/** Resolves once the text of the process's output matches; rejects with all of it when the process ends before. */
export function untilSaid(child: ChildProcess, wanted: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let seen = ''
  const look = (chunk: unknown) => {
    seen += String(chunk)
    if (wanted.test(seen)) resolve(seen)
  }
  child.stdout?.on('data', look)
  child.stderr?.on('data', look)
  child.once('close', () => reject(new Error(`it ended before it said ${wanted}: ${seen}`)))
  return promise
}

/** The exit code of a process, whether it is still running or not. */
export async function codeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  return child.exitCode
}
