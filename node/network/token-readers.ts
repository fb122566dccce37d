import type { PeerId } from '../../protocol/ids.ts'
import { TOKEN_STREAMS, TOKEN_STREAMS_MAX } from './limits.ts'

/**
 * Who reads answers here now. Only what is read counts: whoever opens streams and asks for nothing, or reads over many
 * connections, would keep all others from theirs.
 */
export class TokenReaders {
  readonly #streams = new Map<PeerId, number>()
  #count = 0

  /** What ends it, to be called once; undefined where this reader, or all together, have as many as they may. */
  enter(reader: PeerId): (() => void) | undefined {
    const own = this.#streams.get(reader) ?? 0
    if (this.#count >= TOKEN_STREAMS_MAX || own >= TOKEN_STREAMS) return undefined
    this.#count += 1
    this.#streams.set(reader, own + 1)
    return () => this.#leave(reader)
  }

  #leave(reader: PeerId): void {
    this.#count -= 1
    const left = (this.#streams.get(reader) ?? 0) - 1
    if (left > 0) this.#streams.set(reader, left)
    else this.#streams.delete(reader)
  }
}
