import type { Digest, PeerId } from '../../ids.ts'
import { LIMITS } from '../../params.ts'
import { areBucketsOf, areLeavesOf, type ClosingPart } from './closing-part.ts'
import type { LeafContent } from './leaf-content.ts'

/** Buckets asked for side by side: at 40 KiB each they fill a fast connection, and no queue. */
const ASKED_AT_ONCE = 8

/** However steadily one source's pages come, another is asked for the bucket after this time. */
const BUCKET_MS_MAX = 60_000

/** A bucket that was asked of a source; null for the digests of all buckets. */
interface Asked {
  readonly source: PeerId
  readonly sinceMs: number
  /** Leaves of the pages that have come, in order; nothing is known of them before the last. */
  readonly pages: (readonly LeafContent[])[]
  hasMoved: boolean
}

export interface Request {
  readonly to: PeerId
  readonly bucket: number | null
  readonly page: number
}

/** A piece of the closed state that was held against its root. */
export type Fetched =
  | { readonly bucket: null; readonly buckets: readonly (Digest | null)[] }
  | { readonly bucket: number; readonly leaves: readonly LeafContent[] }

export interface Reply {
  readonly from: PeerId
  readonly bucket: number | null
  readonly page: number
  readonly part: ClosingPart
}

/**
 * Fetches the state that an epoch was closed with, a bucket at a time and each in pages of bounded size, from one source
 * after another: `turn` gives the next one its turn, so none that is dead, slow or lying keeps this peer back; one that
 * brings what isn't that state's loses its turn at once. A bucket's pages come from one source, and all of them together
 * are held against the root. Of what can't be judged yet no more than `LIMITS.closingPages` pages are kept.
 */
export class Fetching {
  readonly #root: Digest
  #buckets: readonly (Digest | null)[] | undefined
  readonly #missing = new Set<number>()
  readonly #asked = new Map<number | null, Asked>()
  /** Peers that know the epoch; the first has its turn. */
  #sources: readonly PeerId[] = []
  /** Sources that have brought what isn't this state's; they rest until the next turn. */
  readonly #distrusted = new Set<PeerId>()

  constructor(root: Digest) {
    this.#root = root
  }

  get isComplete(): boolean {
    return this.#buckets !== undefined && this.#missing.size === 0
  }

  hasFetched(bucket: number): boolean {
    return this.#buckets !== undefined && !this.#missing.has(bucket)
  }

  /** A peer knows the epoch; true for the first one. */
  heard(peer: PeerId): boolean {
    if (this.#sources.includes(peer)) return false
    // Of too many the one whose turn is farthest away makes room: whoever comes in crowds nobody out for long.
    this.#sources = [...this.#sources.slice(0, LIMITS.closingSources - 1), peer]
    return this.#sources.length === 1
  }

  /** What is to be asked for now beside what was. */
  next(now: number): readonly Request[] {
    const source = this.#sources.find((one) => !this.#distrusted.has(one))
    if (source === undefined) return []
    const wanted = this.#buckets === undefined ? [null] : [...this.#missing]
    // With much that can't be judged yet one bucket at a time comes to its end.
    const room = this.#held() > LIMITS.closingPages / 2 ? 1 : ASKED_AT_ONCE
    const free = wanted.filter((bucket) => !this.#asked.has(bucket))
    return free.slice(0, Math.max(0, room - this.#asked.size)).map((bucket) => {
      this.#asked.set(bucket, { source, sinceMs: now, pages: [], hasMoved: true })
      return { to: source, bucket, page: 0 }
    })
  }

  #held(): number {
    return [...this.#asked.values()].reduce((sum, { pages }) => sum + pages.length, 0)
  }

  /** Some time has passed: the next source has its turn for all that the others haven't brought. */
  turn(now: number): void {
    this.#distrusted.clear()
    for (const [bucket, asked] of this.#asked) {
      const isOver = !asked.hasMoved || asked.pages.length === 0 || now - asked.sinceMs >= BUCKET_MS_MAX
      if (isOver) this.#asked.delete(bucket)
      asked.hasMoved = false
    }
    const [first, ...others] = this.#sources
    if (first !== undefined) this.#sources = [...others, first]
  }

  /** A piece that is whole now, the next page to ask for, or nothing. */
  take(reply: Reply): Fetched | Request | undefined {
    const { from, bucket, page, part } = reply
    const asked = this.#asked.get(bucket)
    // A source whose turn is over may be a slow one: what proves itself is welcome from anybody.
    const taken = bucket === null ? this.#takeBuckets(part) : this.#takePage(asked, { ...reply, bucket })
    if (taken !== 'not_it') return taken
    if (from === asked?.source && page === asked.pages.length) this.#distrust(from)
    return undefined
  }

  #takeBuckets(part: ClosingPart): Fetched | 'not_it' | undefined {
    if (this.#buckets !== undefined) return undefined
    if (part.type !== 'buckets' || !areBucketsOf(part.buckets, this.#root)) return 'not_it'
    const { buckets } = part
    this.#buckets = buckets
    this.#asked.delete(null)
    for (let bucket = 0; bucket < LIMITS.buckets; bucket += 1) this.#missing.add(bucket)
    return { bucket: null, buckets }
  }

  #takePage(
    asked: Asked | undefined,
    { from, bucket, page, part }: Reply & { readonly bucket: number },
  ): Fetched | Request | 'not_it' | undefined {
    if (!this.#missing.has(bucket)) return undefined
    if (part.type !== 'leaves') return 'not_it'
    const { leaves, isLast } = part
    if (page === 0 && isLast) return this.#finish(bucket, leaves)
    if (asked === undefined || from !== asked.source || page !== asked.pages.length) return undefined
    if (isLast) return this.#finish(bucket, [...asked.pages.flat(), ...leaves])
    asked.pages.push(leaves)
    asked.hasMoved = true
    // The one that was begun first goes on; the others make room for it.
    const [oldest] = this.#asked.values()
    if (this.#held() < LIMITS.closingPages || (asked === oldest && page + 1 < LIMITS.closingPages))
      return { to: from, bucket, page: page + 1 }
    this.#asked.delete(bucket)
    return undefined
  }

  #finish(bucket: number, leaves: readonly LeafContent[]): Fetched | 'not_it' {
    if (!areLeavesOf(leaves, bucket, this.#buckets?.[bucket] ?? null)) return 'not_it'
    this.#asked.delete(bucket)
    this.#missing.delete(bucket)
    return { bucket, leaves }
  }

  /** What it was asked for is asked of others. */
  #distrust(source: PeerId): void {
    for (const [bucket, asked] of this.#asked) if (asked.source === source) this.#asked.delete(bucket)
    this.#distrusted.add(source)
  }
}
