import type { Digest } from '../../protocol/ids.ts'
import type { Dht } from './dht.ts'
import { PROVIDE_EVERY_MS, PROVIDE_MS, PROVIDE_WAITING_MAX } from './limits.ts'

/** Tells the hash table of bodies held here, one after another: the newest first, and of too many the oldest never. */
export class Providing {
  readonly #dht: Pick<Dht, 'provide'> | undefined
  readonly #waiting = new Set<Digest>()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(dht: Pick<Dht, 'provide'> | undefined) {
    this.#dht = dht
  }

  add(body: Digest): void {
    if (this.#dht === undefined || this.#stopping.signal.aborted) return
    this.#waiting.delete(body)
    this.#waiting.add(body)
    const [oldest] = this.#waiting
    if (this.#waiting.size > PROVIDE_WAITING_MAX && oldest !== undefined) this.#waiting.delete(oldest)
    this.#timer ??= setInterval(() => this.#next(), PROVIDE_EVERY_MS)
  }

  stop(): void {
    this.#stopping.abort()
    this.#waiting.clear()
    clearInterval(this.#timer)
  }

  #next(): void {
    const newest = [...this.#waiting].at(-1)
    if (newest === undefined) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    this.#waiting.delete(newest)
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PROVIDE_MS)])
    void this.#dht?.provide(newest, signal)
  }
}
