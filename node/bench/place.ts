import type { DrivenProcess, Ready } from '../e2e/driven-process.ts'
import { type Seat, startSeat } from '../e2e/driven-swarm.ts'

/** One of the swarm's places, whichever process sits in it now; the next one has loaded the program already. */
export class Place {
  readonly seat: Seat
  peer: DrivenProcess
  /** Where its API answers; undefined while it is down. */
  url: string | undefined
  #next: DrivenProcess | undefined

  constructor(seat: Seat) {
    this.seat = seat
    this.peer = startSeat(seat)
  }

  async ready(): Promise<Ready> {
    const ready = await this.peer.ready
    this.url = ready.url
    return ready
  }

  /** Ends the peer with SIGKILL; resolves with the moment at which it was told to. */
  async kill(): Promise<number> {
    const atMs = Date.now()
    this.url = undefined
    await this.peer.stop('SIGKILL')
    return atMs
  }

  prepare(): void {
    this.#next ??= startSeat(this.seat, { waits: true })
  }

  async restart(): Promise<Ready> {
    this.peer = this.#next ?? startSeat(this.seat, { waits: true })
    this.#next = undefined
    this.peer.go()
    return this.ready()
  }

  async end(): Promise<void> {
    await Promise.all([this.peer.stop('SIGKILL'), this.#next?.stop('SIGKILL')])
  }
}

/** One of them by chance. */
export function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new RangeError('nothing to pick from')
  return item
}
