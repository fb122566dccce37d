import { statSync, type Stats } from 'node:fs'
import type { Digest } from '../../protocol/ids.ts'

/** Sixty-four of the largest bodies; and so many small ones as a busy minute's jobs have. */
const BYTES_MAX = 16 * 1_048_576
const BODIES_MAX = 1_024

export interface RecentBody {
  readonly body: Uint8Array
  /** Whether file and name were synced by this process. */
  readonly isDurable: boolean
  /** When the file was put last, as it says itself. */
  readonly usedMs: number
}

type Mark = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>

interface Entry {
  readonly body: Uint8Array
  readonly isDurable: boolean
  readonly mark: Mark
}

/**
 * Bodies that this process has just written, or read and held against their digests. A job's prompt and answer are each
 * asked for some ten times within a second; reading them again each time was a tenth of what a job takes.
 *
 * One is taken from here only while its file is the one that was looked at, by size, time of change and number: what
 * somebody else does to a file is noticed as before. That is asked synchronously, since the name of a file just used is in
 * the system's memory: it takes some 5 us, a thread's answer ten times as long.
 */
export class RecentBodies {
  readonly #pathOf: (digest: Digest) => string
  /** The one used last is the last one. */
  readonly #entries = new Map<Digest, Entry>()
  #bytes = 0

  constructor(pathOf: (digest: Digest) => string) {
    this.#pathOf = pathOf
  }

  find(digest: Digest): RecentBody | undefined {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return undefined
    this.forget(digest)
    const mark = this.#markOf(digest)
    if (mark === undefined || !isSame(mark, entry.mark)) return undefined
    this.#keep(digest, entry)
    return { body: entry.body, isDurable: entry.isDurable, usedMs: mark.mtimeMs }
  }

  /** Remembers a body whose file is whole; the caller gives it away. */
  note(digest: Digest, body: Uint8Array, isDurable: boolean): void {
    this.forget(digest)
    const mark = this.#markOf(digest)
    if (mark !== undefined) this.#keep(digest, { body, isDurable, mark })
  }

  forget(digest: Digest): void {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return
    this.#entries.delete(digest)
    this.#bytes -= entry.body.length
  }

  #keep(digest: Digest, entry: Entry): void {
    this.#entries.set(digest, entry)
    this.#bytes += entry.body.length
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= BYTES_MAX && this.#entries.size <= BODIES_MAX) return
      this.forget(oldest)
    }
  }

  #markOf(digest: Digest): Mark | undefined {
    return statSync(this.#pathOf(digest), { throwIfNoEntry: false })
  }
}

function isSame(one: Mark, other: Mark): boolean {
  return one.size === other.size && one.mtimeMs === other.mtimeMs && one.ino === other.ino
}
