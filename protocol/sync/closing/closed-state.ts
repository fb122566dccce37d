import type { Digest, PeerId } from '../../ids.ts'
import { leafKeyOf, TRUST_KEY } from '../leaves.ts'
import { bucketOf } from '../state-digest.ts'
import { Fetching, type Reply } from './fetching.ts'
import { type LeafContent, leafOf } from './leaf-content.ts'
import type { ListedFacts } from './listed.ts'
import type { Standing, Step } from './trail.ts'
import { Trails } from './trails.ts'

/** How this peer stands itself. */
export interface OwnState {
  /** What its leaves of a bucket stand for. */
  contentsOf(bucket: number): readonly LeafContent[]
  /** Of an account, a job or trust, by the key of its leaf. */
  standing(chain: string): Standing
  /** Where such a chain begins. */
  genesisOf(chain: string): Standing
  /** How it knows a fork to be settled, by the key of the leaf; undefined where it doesn't. */
  resolution(leaf: string): { readonly value: Digest; readonly surfaced: Digest | null } | undefined
}

type Resolution = Extract<LeafContent, { type: 'resolution' }>

/**
 * The state in which an epoch was closed, as far as this peer hasn't come to it yet. It is fetched bucket by bucket
 * from anybody, each held against the root that was decided; then chains are followed to their closed heads.
 *
 * **Who is level** has every chain of the closed state up to its very head, and nothing else. What it may have beyond is
 * a fact that the handover lists alone for its place: the next epoch comes to that, too. Anything else, another head at
 * the same place or a fact that is neither within the root nor listed, is nobody's but this peer's: coverage
 * (`epoch/change-rules`) proves that no honest quorum of the closed epoch is behind it, unless it is a contested place's,
 * where the others decide. Such a peer has gone *astray*, for good: what it has believed can't be taken out of
 * its books. It says so, votes for nothing, takes nothing of the new epoch, and begins its ledger anew (`records/astray`).
 */
export class ClosedState {
  readonly #own: OwnState
  readonly #listed: ListedFacts
  /** Chains that the closed state is further along than this peer. */
  readonly #ahead = new Map<string, Standing>()
  readonly #resolutions = new Map<string, Resolution>()
  readonly #astray = new Set<string>()
  readonly fetching: Fetching
  readonly trails = new Trails()

  constructor(root: Digest, own: OwnState, listed: ListedFacts) {
    this.fetching = new Fetching(root)
    this.#own = own
    this.#listed = listed
  }

  /** Keys of leaves of which this peer has something that nobody else has. */
  get astray(): ReadonlySet<string> {
    return this.#astray
  }

  /** What a source brought: the piece that is whole by it, or the page to ask for next. */
  take(reply: Reply): ReturnType<Fetching['take']> {
    const taken = this.fetching.take(reply)
    if (taken !== undefined && 'leaves' in taken) this.#takeLeaves(taken.bucket, taken.leaves)
    else if (taken !== undefined && 'buckets' in taken)
      for (const [bucket, digest] of taken.buckets.entries())
        if (digest === null) this.#takeLeaves(bucket, [])
    return taken
  }

  #takeLeaves(bucket: number, leaves: readonly LeafContent[]): void {
    for (const leaf of leaves) this.#note(leaf)
    const closed = new Set(leaves.map((leaf) => leafOf(leaf).key))
    for (const leaf of this.#own.contentsOf(bucket)) if (!closed.has(leafOf(leaf).key)) this.#noteOwn(leaf)
  }

  /** Keeps what this peer hasn't come to. */
  #note(leaf: LeafContent): void {
    if (leaf.type === 'resolution') {
      const key = leafKeyOf(leaf.account, leaf.number)
      if (this.#fits(key, leaf)) this.#resolutions.set(key, leaf)
      else this.#astray.add(key)
      return
    }
    const [chain, end] = endOf(leaf) ?? []
    if (chain !== undefined && end !== undefined) this.#compare(chain, end)
  }

  /** A leaf of this peer that the closed state doesn't have. */
  #noteOwn(leaf: LeafContent): void {
    if (leaf.type === 'resolution') {
      const key = leafKeyOf(leaf.account, leaf.number)
      if (leaf.surfaced !== null || !this.#listed.hasResolution(leaf)) this.#astray.add(key)
      return
    }
    const [chain] = endOf(leaf) ?? []
    if (chain !== undefined) this.#compare(chain, this.#own.genesisOf(chain))
  }

  /** A chain that this peer isn't at the end of may turn out to be another one yet: its trail shows that. */
  #compare(chain: string, end: Standing): void {
    const own = this.#own.standing(chain)
    if (own.next < end.next) this.#ahead.set(chain, end)
    else if (!this.#isLevelIn(chain, own, end)) this.#astray.add(chain)
  }

  #isLevelIn(chain: string, own: Standing, end: Standing): boolean {
    return own.next === end.next ? own.head === end.head : this.#listed.leadsTo(chain, end, own)
  }

  /** Whether what this peer knows of a settled fork is how the closed state has it, or less. */
  #fits(leaf: string, { value, surfaced }: Resolution): boolean {
    const own = this.#own.resolution(leaf)
    return own === undefined || (own.value === value && (own.surfaced === null || own.surfaced === surfaced))
  }

  #hasResolved(leaf: string, { value, surfaced }: Resolution): boolean {
    const own = this.#own.resolution(leaf)
    return own?.value === value && own.surfaced === surfaced
  }

  /** Whether nothing of the closed state is missing here any more; what is reached is looked at once. */
  isReached(): boolean {
    if (!this.fetching.isComplete) return false
    for (const [chain, end] of this.#ahead) {
      const own = this.#own.standing(chain)
      if (own.next < end.next) return false
      this.#compare(chain, end)
      this.#ahead.delete(chain)
      this.trails.reached(chain)
    }
    for (const [leaf, closed] of this.#resolutions) {
      if (!this.#hasResolved(leaf, closed)) return false
      this.#resolutions.delete(leaf)
    }
    return this.#astray.size === 0
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
  judgeStep(step: Step, from: PeerId): 'admit' | 'refuse' | 'wait' {
    const { chain } = step
    const end = this.#ahead.get(chain)
    if (end === undefined) return this.#isFetched(chain) ? 'refuse' : 'wait'
    if (step.position >= end.next) return 'refuse'
    const judged = this.trails.judge(step, from, this.#courseTo(chain, end))
    if (judged !== 'astray') return judged
    this.#stray(chain)
    return 'refuse'
  }

  /** A fact of a place that this peer is past. */
  passed(step: Step, from: PeerId): void {
    const end = this.#ahead.get(step.chain)
    if (end !== undefined && this.trails.passed(step, from, this.#courseTo(step.chain, end)))
      this.#stray(step.chain)
  }

  #courseTo(chain: string, end: Standing) {
    return { genesis: this.#own.genesisOf(chain), own: this.#own.standing(chain), end }
  }

  #stray(chain: string): void {
    this.#ahead.delete(chain)
    this.trails.reached(chain)
    this.#astray.add(chain)
  }

  #isFetched(key: string): boolean {
    return this.fetching.hasFetched(bucketOf(key))
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
      return [TRUST_KEY, { next: leaf.number + 1, head: leaf.chain }]
    case 'epoch':
      return undefined
  }
}
