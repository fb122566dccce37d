import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { IDLE_SEND_MS, WRITE_STALL_MS } from './limits.ts'

/** The writing end of one channel's stream. The other end never writes on it. */
export class Outlet {
  readonly #stream: Stream
  readonly #frames: LengthPrefixedStream<Stream>
  readonly #idle: NodeJS.Timeout

  /** `ended` is called once, when nothing can be written any more, for whatever reason. */
  constructor(stream: Stream, ended: () => void) {
    this.#stream = stream
    // Not one byte is expected from the other end, so none is kept.
    this.#frames = lpStream(stream, { maxBufferSize: 0 })
    // Nothing is in flight on an idle stream, so a reset loses nothing and frees both ends at once.
    this.#idle = setTimeout(() => this.abort(new Error('The stream was idle.')), IDLE_SEND_MS).unref()
    stream.addEventListener('close', () => {
      clearTimeout(this.#idle)
      ended()
    })
  }

  /** False when the stream ended before anybody could be told. */
  get isOpen(): boolean {
    return this.#stream.status === 'open' && this.#stream.writeStatus === 'writable'
  }

  /** Resolves when the connection can take more; rejects when the stream breaks or stalls. */
  async write(frames: readonly Uint8Array[]): Promise<void> {
    this.#idle.refresh()
    const written = this.#frames.writeV([...frames])
    const stall = this.#stream.writableNeedsDrain ? this.#abortLater() : undefined
    try {
      await written
    } finally {
      clearTimeout(stall)
    }
  }

  abort(reason: Error): void {
    this.#stream.abort(reason)
  }

  #abortLater(): NodeJS.Timeout {
    return setTimeout(() => this.abort(new Error('The peer takes no bytes.')), WRITE_STALL_MS)
  }
}
