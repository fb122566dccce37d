import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BlobRef, Digest, JobId, PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { BackupRequest } from '../host/backup.ts'
import type { BackupSummary } from '../store/backup/write-backup.ts'
import type {
  DrivenReport,
  DrivenRequest,
  DrivenSettings,
  JobsLoad,
  JobsReport,
  Look,
  Payments,
  PaymentsReport,
  ProcessReport,
} from './driven-messages.ts'

const SCRIPT = fileURLToPath(new URL('./driven-peer.ts', import.meta.url))

export type Ready = Extract<DrivenReport, { readonly type: 'ready' }> & {
  /** When its process was started, milliseconds since 1970. */
  readonly startedMs: number
  /** When it was let go: at once, or where it waits with `go`. */
  readonly goneMs: number
}

/** How a process ended, and what it said about it. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Code and sentence of a refused start, or the sentence of a broken peer. */
  readonly errorCode: string | undefined
  readonly message: string | undefined
}

interface DrivenOptions {
  /** A command that runs the rest of its arguments, such as `ip netns exec x`. */
  readonly prefix?: readonly string[]
  /** Folder that takes a CPU profile of the process when it ends. */
  readonly profile?: string | undefined
}

/** One run of a driven peer, from the side of the process that drives it. */
export class DrivenProcess {
  readonly #child: ChildProcess
  readonly #ready = Promise.withResolvers<Ready>()
  readonly #ended = Promise.withResolvers<End>()
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #startedMs = performance.timeOrigin + performance.now()
  #goneMs: number | undefined
  #requests = 0
  #errorCode: string | undefined
  #message: string | undefined

  constructor(settings: DrivenSettings, { prefix = [], profile }: DrivenOptions = {}) {
    const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
    const [command, ...rest] = [...prefix, process.execPath, ...profiling, SCRIPT, JSON.stringify(settings)]
    const stderr = process.env['DRIVEN_STDERR'] === undefined ? 'ignore' : 'inherit'
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
      serialization: 'advanced',
      // Where the program itself keeps compiled code: a peer starts in half the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    })
    this.#child.on('message', (message) => this.#take(message as DrivenReport))
    this.#child.once('error', (error) => this.#ready.reject(error))
    // Not `exit`: what it said last is still to be read.
    this.#child.once('close', (code, signal) => this.#end(code, signal))
    this.#ready.promise.catch(() => undefined)
  }

  /** Rejects with the reason if it ends before. */
  get ready(): Promise<Ready> {
    return this.#ready.promise
  }

  get ended(): Promise<End> {
    return this.#ended.promise
  }

  /** Lets a process go that waits. */
  go(): void {
    this.#goneMs = performance.timeOrigin + performance.now()
    this.#child.send({ type: 'go' })
  }

  look(): Promise<Look> {
    return this.#ask({ type: 'look' }) as Promise<Look>
  }

  report(): Promise<ProcessReport> {
    return this.#ask({ type: 'report' }) as Promise<ProcessReport>
  }

  async resetDurations(): Promise<void> {
    await this.#ask({ type: 'reset-durations' })
  }

  command(command: Command): Promise<CommandResult> {
    return this.#ask({ type: 'command', command }) as Promise<CommandResult>
  }

  transfer(to: PeerId, amount: bigint): Promise<CommandResult> {
    return this.command({ type: 'transfer', to, amount, memo: '' })
  }

  /** Has it pay at a steady pace until `paid`. */
  async pay(payments: Payments): Promise<void> {
    await this.#ask({ type: 'pay', payments })
  }

  /** Ends the payments; resolves once all that were acknowledged are certified. */
  paid(): Promise<PaymentsReport> {
    return this.#ask({ type: 'paid' }) as Promise<PaymentsReport>
  }

  /** Has it submit jobs at a steady pace until `submitted`. */
  async submit(load: JobsLoad): Promise<void> {
    await this.#ask({ type: 'submit', load })
  }

  /** Ends that; resolves once all accepted jobs are over, or after so long. */
  submitted(waitMs: number): Promise<JobsReport> {
    return this.#ask({ type: 'submitted', waitMs }) as Promise<JobsReport>
  }

  /** A body that it holds. */
  body(digest: Digest): Promise<Uint8Array | undefined> {
    return this.#ask({ type: 'body', digest }) as Promise<Uint8Array | undefined>
  }

  putBlob(body: Uint8Array): Promise<BlobRef> {
    return this.#ask({ type: 'put-blob', body }) as Promise<BlobRef>
  }

  record(job: JobId): Promise<JobRecord | undefined> {
    return this.#ask({ type: 'record', job }) as Promise<JobRecord | undefined>
  }

  backup(request: BackupRequest): Promise<BackupSummary> {
    return this.#ask({ type: 'backup', request }) as Promise<BackupSummary>
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it in good order, or at once with SIGKILL, and resolves when it has gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<End> {
    this.signal(signal)
    return this.ended
  }

  #ask(request: DrivenRequest): Promise<unknown> {
    const id = ++this.#requests
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    if (this.#child.connected) {
      this.#child.send({ ...request, id }, (error) => {
        if (error !== null) answer.reject(error)
      })
    } else answer.reject(new Error('the peer has ended'))
    return answer.promise
  }

  #take(report: DrivenReport): void {
    switch (report.type) {
      case 'ready':
        return this.#ready.resolve({
          ...report,
          startedMs: this.#startedMs,
          goneMs: this.#goneMs ?? report.loadedMs,
        })
      case 'answer':
        this.#waiting.get(report.id)?.resolve(report.result)
        this.#waiting.delete(report.id)
        return
      case 'failed':
        this.#waiting.get(report.id)?.reject(new Error(report.message))
        this.#waiting.delete(report.id)
        return
      case 'refused':
        this.#errorCode = report.code
        this.#message = report.message
        return
      case 'broken':
        this.#message = report.message
    }
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    const why = new Error(this.#message ?? `the peer ended with ${signal ?? code}`)
    this.#ready.reject(why)
    for (const waiting of this.#waiting.values()) waiting.reject(why)
    this.#ended.resolve({ code, signal, errorCode: this.#errorCode, message: this.#message })
  }
}
