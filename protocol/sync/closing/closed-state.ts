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
    // Its digest says that an empty one is empty; of a small swarm nearly all are.
    for (let bucket = 0; bucket < LIMITS.buckets; bucket += 1)
      if (buckets[bucket] !== null) this.#missing.add(bucket)
    return true
  }

  #takeLeaves(bucket: number, leaves: readonly LeafContent[]): boolean {
    if (!this.#missing.has(bucket)) return false
    if (!areLeavesOf(leaves, bucket, this.#buckets?.[bucket] ?? null)) return false
    this.#missing.delete(bucket)
    for (const leaf of leaves) this.#note(leaf)
    return true
  }

  /** Keeps what this peer hasn't come to. */
  #note(leaf: LeafContent): void {
    if (leaf.type === 'resolution') {
      const key = leafKeyOf(leaf.account, leaf.number)
      if (!this.#hasResolved(key, leaf)) this.#resolutions.set(key, leaf)
      return
    }
    const [chain, end] = endOf(leaf) ?? []
    if (chain !== undefined && end !== undefined && !this.#isPast(chain, end)) this.#ahead.set(chain, end)
  }

  #isPast(chain: string, { next }: Standing): boolean {
    return this.#own.standing(chain).next >= next
  }

  #hasResolved(leaf: string, { value, surfaced }: Resolution): boolean {
    const own = this.#own.resolution(leaf)
    return own?.value === value && (surfaced === null || own.surfaced !== null)
  }

  /** Whether nothing of the closed state is missing here any more; what is reached is looked at once. */
  isReached(): boolean {
    if (this.#buckets === undefined || this.#missing.size > 0) return false
    for (const [chain, end] of this.#ahead) {
      if (!this.#isPast(chain, end)) return false
      this.#ahead.delete(chain)
      this.#trails.delete(chain)
    }
    for (const [leaf, closed] of this.#resolutions) {
      if (!this.#hasResolved(leaf, closed)) return false
      this.#resolutions.delete(leaf)
    }
    return true
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
    if (end === undefined || this.#isPast(chain, end)) return this.#isFetched(chain) ? 'refuse' : 'wait'
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

/** Where the closed state leaves a chain; undefined for what is no chain. */
function endOf(leaf: Exclude<LeafContent, Resolution>): readonly [string, Standing] | undefined {
  switch (leaf.type) {
    case 'account':
      return [leaf.account, { next: leaf.seq, head: leaf.head }]
    case 'job':
      return [leaf.job, { next: leaf.step + 1, head: leaf.value }]
    case 'trust':
      return [TRUST_KEY, { next: leaf.number + 1, head: leaf.root }]
    case 'epoch':
      return undefined
  }
}
