import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf, type CommandOptions, run, type Run, start, untilSaid } from './command.ts'

/** Everything that a start of a peer needs but somebody's word that it may run. */
export const UP = ['up', '--api-port', '0', '--web', 'false', '--providers', 'reference']

/** The home of somebody who has one peer, and agrees to nothing that they aren't asked for. */
export class SoloHome {
  readonly home: string
  readonly data: string
  readonly #started: ChildProcess[] = []

  private constructor(home: string) {
    this.home = home
    this.data = join(home, '.hyperlooms')
  }

  static async create(name: string): Promise<SoloHome> {
    return new SoloHome(await mkdtemp(join(tmpdir(), `hyperlooms-${name}-`)))
  }

  run(...args: readonly string[]): Promise<Run> {
    return run(args, { home: this.home })
  }

  /** What a program reads; throws what a person would where there is nothing. */
  async runJson<T>(...args: readonly string[]): Promise<T> {
    const { out, err } = await this.run(...args, '--json')
    if (out === '') throw new Error(err)
    return JSON.parse(out) as T
  }

  /** Resolves once the peer runs. */
  async up(...more: readonly string[]): Promise<ChildProcess> {
    const child = this.begin([...UP, ...more])
    await untilSaid(child, /The peer \S+ runs at/)
    return child
  }

  /** A command that goes on beside the test, and ends with it. */
  begin(args: readonly string[], options: Omit<CommandOptions, 'home'> = {}): ChildProcess {
    const child = start(args, { ...options, home: this.home })
    this.#started.push(child)
    return child
  }

  async remove(): Promise<void> {
    for (const child of this.#started) {
      child.kill('SIGKILL')
      await codeOf(child)
    }
    await rm(this.home, { recursive: true, force: true })
  }
}
