import type { BlobRef, PeerId } from '../../protocol/ids.ts'
import type { Bodies, Wire } from './ports.ts'

/** A body of 256 KiB takes seconds on the slowest link worth having; then the next holder is asked. */
const FETCH_TIMEOUT_MS = 5_000
/** Bodies on their way at once: 8 MiB at most. */
const FETCHES_MAX = 32
/** Waiting beyond that; the mind asks again for what was refused. */
const WAITING_MAX = 1_024

interface Order {
  readonly token: string
  readonly blob: BlobRef
  readonly from: readonly PeerId[]
}

interface FetchOptions {
  readonly self: PeerId
  readonly bodies: Bodies
  readonly wire: () => Wire
  readonly done: (order: Order, ok: boolean) => void
  readonly onFailure: (error: unknown) => void
}

/** Brings bodies here: from the own store, else from the first of the named peers that gives it. */
export class Fetches {
  readonly #options: FetchOptions
  readonly #waiting: Order[] = []
  readonly #stopping = new AbortController()
  #running = 0

  constructor(options: FetchOptions) {
    this.#options = options
  }

  start(order: Order): void {
    if (this.#waiting.length >= WAITING_MAX) {
      setImmediate(() => this.#options.done(order, false))
      return
    }
    this.#waiting.push(order)
    this.#next()
  }

  stop(): void {
    this.#waiting.length = 0
    this.#stopping.abort()
  }

  #next(): void {
    const order = this.#running < FETCHES_MAX ? this.#waiting.shift() : undefined
    if (order === undefined) return
    this.#running += 1
    this.#bring(order)
      .then((ok) => this.#options.done(order, ok), this.#options.onFailure)
      .finally(() => {
        this.#running -= 1
        this.#next()
      })
  }

  async #bring({ blob, from }: Order): Promise<boolean> {
    const { self, bodies } = this.#options
    if ((await bodies.get(blob.digest)) !== undefined) return true
    for (const peer of from) {
      if (peer === self || this.#stopping.signal.aborted) continue
      const body = await this.#ask(peer, blob)
      if (body === undefined) continue
      await bodies.put(body)
      return true
    }
    return false
  }

  async #ask(peer: PeerId, blob: BlobRef): Promise<Uint8Array | undefined> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    try {
      return await this.#options.wire().fetchBlob(peer, blob, signal)
    } catch {
      // Whatever the reason, the next holder is asked; the network counts the outcomes.
      return undefined
    }
  }
}
