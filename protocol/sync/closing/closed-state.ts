import type { Digest } from '../../ids.ts'
import { LIMITS } from '../../params.ts'
import { leafKeyOf, TRUST_KEY } from '../leaves.ts'
import { bucketOf } from '../state-digest.ts'
import { areBucketsOf, areLeavesOf, type ClosingPart } from './closing-part.ts'
import type { LeafContent } from './leaf-content.ts'
import { type Standing, type Step, Trail } from './trail.ts'

/** How this peer stands itself. */
export interface OwnState {
  /** Bucket digests of what it has applied. */
  buckets(): readonly (Digest | null)[]
  /** Of an account, a job or trust, by the key of its leaf. */
  standing(chain: string): Standing
  /** How it knows a fork to be settled, by the key of the leaf; undefined where it doesn't. */
  resolution(leaf: string): { readonly value: Digest; readonly surfaced: Digest | null } | undefined
}

type Resolution = Extract<LeafContent, { type: 'resolution' }>

/**
 * The state in which an epoch was closed, as far as this peer hasn't come to it yet. It is fetched bucket by bucket
 * from anybody, each held against the root that was decided; then chains are followed to their closed heads.
 */
export class ClosedState {
  readonly #root: Digest
  readonly #own: OwnState
  #buckets: readonly (Digest | null)[] | undefined
  readonly #missing = new Set<number>()
  /** Chains that the closed state is further along than this peer. */
  readonly #ahead = new Map<string, Standing>()
  readonly #resolutions = new Map<string, Resolution>()
  readonly #trails = new Map<string, Trail>()
  /** Chains that somebody showed wrongly; they rest until the next round, so that no liar keeps us busy with one. */
  readonly #resting = new Set<string>()

  constructor(root: Digest, own: OwnState) {
    this.#root = root
    this.#own = own
  }

  /** The next pieces to ask for behind one that was asked for: null for the bucket digests. */
  wanted(after: number, count: number): readonly (number | null)[] {
    if (this.#buckets === undefined) return after < 0 ? [null] : []
    return [...this.#missing].filter((bucket) => bucket > after).slice(0, count)
  }

  /** False for a piece that isn't this state's. */
  take(bucket: number | null, part: ClosingPart): boolean {
    if (bucket === null) return part.type === 'buckets' && this.#takeBuckets(part.buckets)
    return part.type === 'leaves' && this.#takeLeaves(bucket, part.leaves)
  }

  #takeBuckets(buckets: readonly (Digest | null)[]): boolean {
    if (this.#buckets !== undefined || !areBucketsOf(buckets, this.#root)) return false
    this.#buckets = buckets
    for (let bucket = 0; bucket < LIMITS.buckets; bucket += 1) this.#missing.add(bucket)
    return true
  }

  #takeLeaves(bucket: number, leaves: readonly LeafContent[]): boolean {
    if (!this.#missing.has(bucket)) return false
    if (!areLeavesOf(leaves, bucket, this.#buckets?.[bucket] ?? null)) return false
    this.#missing.delete(bucket)
    for (const leaf of leaves) this.#note(leaf)
    return true
  }

  #note(leaf: LeafContent): void {
    if (leaf.type === 'account') this.#ahead.set(leaf.account, { next: leaf.seq, head: leaf.head })
    else if (leaf.type === 'job') this.#ahead.set(leaf.job, { next: leaf.step + 1, head: leaf.value })
    else if (leaf.type === 'trust') this.#ahead.set(TRUST_KEY, { next: leaf.number + 1, head: leaf.root })
    else if (leaf.type === 'resolution') this.#resolutions.set(leafKeyOf(leaf.account, leaf.number), leaf)
    this.#prune()
  }

  /** Drops what this peer has come to. */
  #prune(): void {
    for (const [chain, end] of this.#ahead) this.#isReached(chain, end)
    for (const [leaf, closed] of this.#resolutions) {
      const own = this.#own.resolution(leaf)
      const hasAll = own?.value === closed.value && (closed.surfaced === null || own.surfaced !== null)
      if (hasAll) this.#resolutions.delete(leaf)
    }
  }

  #isReached(chain: string, end: Standing): boolean {
    if (this.#own.standing(chain).next < end.next) return false
    this.#ahead.delete(chain)
    this.#trails.delete(chain)
    return true
  }

  /** Whether nothing of the closed state is missing here any more. */
  isReached(): boolean {
    if (this.#buckets === undefined || this.#missing.size > 0) return false
    this.#prune()
    return this.#ahead.size === 0 && this.#resolutions.size === 0
  }

  /** A settled fork is named whole by its leaf. */
  judgeResolution(leaf: string, value: Digest): 'admit' | 'refuse' | 'wait' {
    const closed = this.#resolutions.get(leaf)
    if (closed !== undefined) return closed.value === value ? 'admit' : 'refuse'
    return this.#isFetched(leaf) ? 'refuse' : 'wait'
  }

  /** Whether the closed state knew this certificate of a merged branch. */
  hasSurfaced(entry: Digest): boolean {
    return [...this.#resolutions.values()].some(({ surfaced }) => surfaced === entry)
  }

  /** Whether a fact is the closed chain's; it is noted as long as that can't be said. */
  judgeStep(step: Step): 'admit' | 'refuse' | 'wait' {
    const { chain } = step
    const end = this.#ahead.get(chain)
    if (end === undefined || this.#isReached(chain, end)) return this.#isFetched(chain) ? 'refuse' : 'wait'
    if (step.position >= end.next) return 'refuse'
    if (this.#resting.has(chain)) return 'wait'
    const trail = this.#trails.get(chain) ?? new Trail(this.#own.standing(chain), end)
    this.#trails.set(chain, trail)
    if (trail.vouchesFor(step)) return 'admit'
    if (trail.state === 'vouched') return 'refuse'
    trail.follow(step)
    if (trail.state === 'broken') {
      this.#trails.delete(chain)
      this.#resting.add(chain)
    }
    return 'wait'
  }

  /** From where this chain is to be asked for while its trail is followed; undefined otherwise. */
  nextOf(chain: string): number | undefined {
    if (this.#resting.has(chain)) return Number.MAX_SAFE_INTEGER
    const trail = this.#trails.get(chain)
    return trail?.state === 'open' ? trail.next : undefined
  }

  wake(): void {
    this.#resting.clear()
  }

  #isFetched(key: string): boolean {
    return this.#buckets !== undefined && !this.#missing.has(bucketOf(key))
  }
}
