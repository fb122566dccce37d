import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command line of the program, as people run it, without a terminal. */
export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Program and arguments of a command line, for whoever starts it themselves. */
export function commandLine(args: readonly string[]): readonly string[] {
  return [process.execPath, MAIN, ...args]
}

export function startCommand(args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningCommand {
  const [program = '', ...rest] = commandLine(args)
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      // What is tried here comes after somebody has agreed to what a peer does.
      HYPERLOOMS_ACCEPT_TERMS: 'true',
      ...environment,
    },
  })
  const closed = Promise.withResolvers<Pick<Ended, 'code' | 'signal'>>()
  child.once('error', closed.reject)
  child.once('close', (code, signal) => closed.resolve({ code, signal }))
  const said = Promise.all([closed.promise, text(child.stdout), text(child.stderr)])
  return { child, ended: said.then(([end, stdout, stderr]) => ({ ...end, stdout, stderr })) }
}

export function runCommand(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended> {
  return startCommand(args, environment).ended
}
