import type { Stream } from '@libp2p/interface'
import type { PeerId } from '../../protocol/ids.ts'
import type { Meter } from './counters.ts'
import {
  BATCH_BYTES,
  QUEUE_BYTES_MAX,
  QUEUE_BYTES_TOTAL_MAX,
  QUEUE_FRAMES_MAX,
  UNREACHABLE_MS,
} from './limits.ts'
import { Outlet } from './outlet.ts'

/** Bytes waiting in all lanes together. */
export interface QueueBudget {
  bytes: number
}

interface LaneOptions {
  readonly to: PeerId
  /** Opens a stream, dialling if need be. Rejects when the peer can't be reached. */
  readonly open: () => Promise<Stream>
  readonly budget: QueueBudget
  readonly meter: Meter
}

/**
 * The way out to one peer on one channel: a bounded queue before one long-lived stream, which is opened when
 * there is something to send and opened again after it broke.
 */
export class Lane {
  readonly #options: LaneOptions
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #outlet: Outlet | undefined
  #running: Promise<void> | undefined
  #unreachableUntilMs = 0
  #isClosed = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Queues a frame and returns. A frame that can't be queued is counted and lost. */
  push(frame: Uint8Array): void {
    const { budget, meter } = this.#options
    if (this.#isClosed || performance.now() < this.#unreachableUntilMs) {
      meter.count('framesUnreachable')
      return
    }
    if (!this.#hasRoomFor(frame)) {
      meter.count('framesQueueFull')
      return
    }
    this.#waiting.push(frame)
    this.#waitingBytes += frame.length
    budget.bytes += frame.length
    this.#running ??= this.#run()
  }

  /** The peer has connected: what is sent from now on need not wait out an earlier failure. */
  wake(): void {
    this.#unreachableUntilMs = 0
  }

  /** Drops what waits; resolves once nothing is being written. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#dropWaiting()
    this.#outlet?.abort(new Error('The network is stopping.'))
    await this.#running
  }

  #hasRoomFor(frame: Uint8Array): boolean {
    return (
      this.#waiting.length < QUEUE_FRAMES_MAX &&
      this.#waitingBytes + frame.length <= QUEUE_BYTES_MAX &&
      this.#options.budget.bytes + frame.length <= QUEUE_BYTES_TOTAL_MAX
    )
  }

  async #run(): Promise<void> {
    // What one turn of the event loop sends leaves in one write.
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) await this.#deliver(this.#takeBatch())
    } catch {
      this.#unreachableUntilMs = performance.now() + UNREACHABLE_MS
      this.#dropWaiting()
    } finally {
      this.#running = undefined
    }
  }

  async #deliver(batch: readonly Uint8Array[]): Promise<void> {
    const { meter, to } = this.#options
    try {
      await this.#write(batch)
    } catch (error) {
      meter.count('framesUnreachable', batch.length)
      throw error
    }
    meter.sent(to, batch.length, bytesOf(batch))
  }

  /** A stream that had worked may have broken unnoticed, so its batch gets a second try on a new one. */
  async #write(batch: readonly Uint8Array[]): Promise<void> {
    const used = this.#outlet
    if (used?.isOpen === true) {
      try {
        return await used.write(batch)
      } catch {
        this.#options.meter.count('streamsBroken')
        used.abort(new Error('The stream broke.'))
      }
    }
    const outlet = await this.#open()
    await outlet.write(batch)
  }

  async #open(): Promise<Outlet> {
    const stream = await this.#options.open()
    const outlet = new Outlet(stream, () => {
      if (this.#outlet === outlet) this.#outlet = undefined
    })
    if (this.#isClosed) outlet.abort(new Error('The network is stopping.'))
    this.#outlet = outlet
    return outlet
  }

  /** At least one frame, and no more of them than one write should carry. */
  #takeBatch(): Uint8Array[] {
    let bytes = 0
    let frames = 0
    for (const frame of this.#waiting) {
      if (frames > 0 && bytes + frame.length > BATCH_BYTES) break
      bytes += frame.length
      frames += 1
    }
    this.#release(bytes)
    return this.#waiting.splice(0, frames)
  }

  #dropWaiting(): void {
    this.#options.meter.count('framesUnreachable', this.#waiting.length)
    this.#release(this.#waitingBytes)
    this.#waiting = []
  }

  #release(bytes: number): void {
    this.#waitingBytes -= bytes
    this.#options.budget.bytes -= bytes
  }
}

function bytesOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0)
}
