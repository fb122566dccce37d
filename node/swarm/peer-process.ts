import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { flagOf, OPTION_NAMES } from '../config/options.ts'
import type { PlannedPeer } from './local-plan.ts'

/** A peer that stops more often than this within the window has a reason that restarting doesn't mend. */
const RESTARTS_MAX = 5
const RESTARTS_WINDOW_MS = 60_000
const RESTART_DELAY_MS = 200
/** Requests end within a second; a peer that needs longer hangs. */
const STOP_TIMEOUT_MS = 8_000

export interface PeerProcessOptions {
  readonly peer: PlannedPeer
  /** The program's entry, as this process was started with it. */
  readonly entry: string
  readonly webRoot: string | undefined
  /** The peer stopped by itself and is being started again. */
  readonly restarting: (why: string) => void
  /** It is running again. */
  readonly restarted: (url: string) => void
  /** It ended in good order, because it was asked to. */
  readonly ended: () => void
}

export interface ReadyPeer {
  /** Address of its API. */
  readonly url: string
  /** Its API key, if this start made it. */
  readonly newApiKey: string | undefined
}

/** One peer of the local swarm in a process of its own, started again when it dies. */
export class PeerProcess {
  readonly #options: PeerProcessOptions
  readonly #ready = Promise.withResolvers<ReadyPeer>()
  readonly #failed = Promise.withResolvers<Error>()
  readonly #restartsMs: number[] = []
  #child: ChildProcess | undefined
  #stopping = false
  #wasReady = false

  constructor(options: PeerProcessOptions) {
    this.#options = options
    this.#start()
  }

  /** Once it runs for the first time. */
  get ready(): Promise<ReadyPeer> {
    return this.#ready.promise
  }

  /** Resolves when it is given up. */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = Promise.withResolvers<void>()
    child.once('exit', () => ended.resolve())
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill('SIGTERM')
    await ended.promise
    clearTimeout(timer)
  }

  #start(): void {
    const { peer, entry, webRoot } = this.#options
    const flags = OPTION_NAMES.flatMap((name) => {
      const value = peer.settings[name]
      return value === undefined ? [] : [flagOf(name), value]
    })
    const page = webRoot === undefined ? [] : ['--web-root', webRoot]
    const log = openSync(peer.folder.log, 'a', 0o600)
    const args = [entry, 'up', '--accept-terms', '--data', peer.folder.root, ...flags, ...page]
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log, 'ipc'] })
    closeSync(log)
    this.#child = child
    child.on('message', (message) => this.#onMessage(message))
    child.once('error', (error) => this.#failed.resolve(error))
    child.once('exit', (code, signal) => void this.#onExit(code, signal))
  }

  #onMessage(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'ready')
      return
    const url = 'url' in message ? String(message.url) : ''
    if (this.#wasReady) this.#options.restarted(url)
    this.#wasReady = true
    const made = 'newApiKey' in message ? message.newApiKey : undefined
    this.#ready.resolve({ url, newApiKey: typeof made === 'string' ? made : undefined })
  }

  async #onExit(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#stopping) return
    // Whoever asked a running peer to end, by a command or a signal, doesn't want it started again.
    if (code === 0 && this.#wasReady) return this.#options.ended()
    const why = signal ?? `exit code ${code}`
    const nowMs = performance.now()
    this.#restartsMs.push(nowMs)
    if (this.#restartsMs.length > RESTARTS_MAX) {
      const oldest = this.#restartsMs.shift() ?? 0
      if (nowMs - oldest < RESTARTS_WINDOW_MS) return this.#giveUp(why)
    }
    this.#options.restarting(why)
    await pause(RESTART_DELAY_MS)
    if (!this.#stopping) this.#start()
  }

  #giveUp(why: string): void {
    const { operator, folder } = this.#options.peer
    const error = new Error(`peer ${operator} stopped ${RESTARTS_MAX + 1} times (${why}); see ${folder.log}`)
    this.#failed.resolve(error)
  }
}
