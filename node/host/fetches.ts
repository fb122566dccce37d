import type { BlobRef, Digest, JobId, PeerId } from '../../protocol/ids.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Bodies, Wire } from './ports.ts'

/** A body of 256 KiB takes seconds on the slowest link worth having; then the next holder is asked. */
const FETCH_TIMEOUT_MS = 5_000
/** Bodies on their way at once: 8 MiB at most. */
const FETCHES_MAX = 32
/** Waiting beyond that; the mind asks again for what was refused. */
const WAITING_MAX = 1_024
/** Whom the hash table names is looked for so long, and so many of them are asked. */
const SEARCH_MS = 3_000
const FOUND_MAX = 4

type Order = Extract<Effect, { type: 'fetch' }>

interface FetchOptions {
  readonly self: PeerId
  readonly bodies: Bodies
  /** Whether this peer holds the body for this very job. */
  readonly holds: (digest: Digest, job: JobId) => Promise<boolean>
  readonly wire: () => Wire
  readonly done: (order: Order, ok: boolean) => void
  readonly onFailure: (error: unknown) => void
  /** Milliseconds of a clock that never falls. */
  readonly now: () => number
}

/**
 * Brings bodies here: from the own store if it is held for that very job, else from the first of the named peers that
 * gives it. Another job's copy doesn't count: who names a digest without having the body would get it from us.
 */
export class Fetches {
  readonly #options: FetchOptions
  readonly #waiting: Order[] = []
  readonly #stopping = new AbortController()
  readonly #doubted: Doubted
  #running = 0

  constructor(options: FetchOptions) {
    this.#options = options
    this.#doubted = new Doubted(options.now)
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

  async #bring(order: Order): Promise<boolean> {
    const { bodies } = this.#options
    const body =
      (await this.#own(order)) ?? (await this.#askAll(order, order.from)) ?? (await this.#search(order))
    if (body === undefined) return false
    await bodies.put(body, { durable: order.care !== 'plain' })
    return true
  }

  async #own({ blob, job }: Order): Promise<Uint8Array | undefined> {
    const { bodies, holds } = this.#options
    return (await holds(blob.digest, job)) ? bodies.get(blob.digest) : undefined
  }

  async #askAll({ blob }: Order, peers: readonly PeerId[]): Promise<Uint8Array | undefined> {
    for (const peer of this.#doubted.last(peers)) {
      if (peer === this.#options.self || this.#stopping.signal.aborted) continue
      const body = await this.#ask(peer, blob)
      if (body !== undefined) return body
    }
    return undefined
  }

  /** Only for what no decision waits for: a search takes seconds. */
  async #search(order: Order): Promise<Uint8Array | undefined> {
    if (order.care !== 'keep' || this.#stopping.signal.aborted) return undefined
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SEARCH_MS)])
    const found = await this.#options.wire().findProviders(order.blob.digest, signal)
    const others = found.filter((peer) => !order.from.includes(peer))
    return this.#askAll(order, others.slice(0, FOUND_MAX))
  }

  async #ask(peer: PeerId, blob: BlobRef): Promise<Uint8Array | undefined> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    try {
      return await this.#options.wire().fetchBlob(peer, blob, signal)
    } catch (error) {
      // Whatever the reason, the next holder is asked; the network counts the outcomes.
      this.#doubted.failed(peer, error)
      return undefined
    }
  }
}

/** For how long a holder that sent something else, or broke off, is asked after the others. */
const DOUBTED_MS = 60_000
/** Peers doubted at a time; the one doubted longest is forgotten. */
const DOUBTED_MAX = 256

/** Holders that failed: not lacking a body is what one is blamed for, but costing time and giving nothing. */
class Doubted {
  readonly #now: () => number
  readonly #untilMs = new Map<PeerId, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  failed(peer: PeerId, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'blob_missing' || code === 'blob_too_large') return
    this.#untilMs.delete(peer)
    this.#untilMs.set(peer, this.#now() + DOUBTED_MS)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size > DOUBTED_MAX && oldest !== undefined) this.#untilMs.delete(oldest)
  }

  /** The same peers, the doubted ones at the end; they are asked still, as they may be the only ones. */
  last(peers: readonly PeerId[]): readonly PeerId[] {
    const isDoubted = (peer: PeerId) => (this.#untilMs.get(peer) ?? 0) > this.#now()
    return [...peers.filter((peer) => !isDoubted(peer)), ...peers.filter(isDoubted)]
  }
}
