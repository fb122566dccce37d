import { describe, expect, it } from 'vitest'
import type { Digest } from '../../ids.ts'
import { testSigner } from '../../ledger/testing-mind.ts'
import { LIMITS, TIMES } from '../../params.ts'
import { bucketOf, bucketDigestOf, rootOfBuckets } from '../state-digest.ts'
import type { ClosingPart } from './closing-part.ts'
import { Fetching, type Request } from './fetching.ts'
import { type LeafContent, leafOf } from './leaf-content.ts'

const [dead, liar, honest] = [testSigner(1).id, testSigner(2).id, testSigner(3).id]
const BUCKET = 7
const none: readonly (Digest | null)[] = Array.from({ length: LIMITS.buckets }, () => null)

/** Jobs whose leaves lie in one bucket. */
function leavesOf(count: number): readonly LeafContent[] {
  const leaves: LeafContent[] = []
  for (let at = 0; leaves.length < count; at += 1) {
    const job = at.toString(16).padStart(64, '0') as Digest
    if (bucketOf(job) === BUCKET) leaves.push({ type: 'job', job, step: 0, value: job })
  }
  return leaves
}

/** A state with so many leaves in one bucket and none in the others, and what its holder answers. */
function closedState(count: number) {
  const leaves = leavesOf(count)
  const buckets = none.map((_, at) => (at === BUCKET ? bucketDigestOf(BUCKET, leaves.map(leafOf)) : null))
  const pageOf = (page: number): readonly LeafContent[] =>
    leaves.slice(page * LIMITS.closingLeaves, (page + 1) * LIMITS.closingLeaves)
  return {
    fetching: new Fetching(rootOfBuckets(buckets)),
    answer({ bucket, page }: Request): ClosingPart {
      if (bucket === null) return { type: 'buckets', buckets }
      if (bucket !== BUCKET) return { type: 'leaves', leaves: [], isLast: true }
      return { type: 'leaves', leaves: pageOf(page), isLast: pageOf(page + 1).length === 0 }
    },
  }
}

/** What each source answers; undefined for one that says nothing. */
type Sources = (request: Request) => ClosingPart | undefined

/** Lets everything follow from what is asked for now; returns how much was asked. */
function run(fetching: Fetching, now: number, sources: Sources): number {
  let asked = 0
  const queue = [...fetching.next(now)]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    asked += 1
    const part = sources(next)
    if (part === undefined) continue
    const taken = fetching.take({ from: next.to, ...next, part })
    if (taken !== undefined && 'to' in taken) queue.push(taken)
    queue.push(...fetching.next(now))
  }
  return asked
}

describe('a bucket', () => {
  it('of more leaves than a page holds comes page by page', () => {
    const { fetching, answer } = closedState(2 * LIMITS.closingLeaves + 1)
    fetching.heard(honest)
    const pages: number[] = []
    run(fetching, 0, (request) => {
      if (request.bucket === BUCKET) pages.push(request.page)
      return answer(request)
    })
    expect(fetching.isComplete).toBe(true)
    expect(pages).toEqual([0, 1, 2])
  })

  it('whose last page is wrong is asked of somebody else from its beginning', () => {
    const { fetching, answer } = closedState(LIMITS.closingLeaves + 1)
    fetching.heard(liar)
    fetching.heard(honest)
    run(fetching, 0, (request) => {
      const part = answer(request)
      const isForged = request.to === liar && request.bucket === BUCKET && request.page === 1
      return isForged ? { type: 'leaves', leaves: leavesOf(1), isLast: true } : part
    })
    expect(fetching.isComplete).toBe(true)
  })

  it('that a liar never brings to an end holds no more than so many pages, and nobody else back', () => {
    const { fetching, answer } = closedState(1)
    const leaves = leavesOf(1)
    fetching.heard(liar)
    fetching.heard(honest)
    let fed = 0
    const sources: Sources = (request) => {
      if (request.bucket === null || request.to !== liar) return answer(request)
      if (fed++ < 4 * LIMITS.closingPages) return { type: 'leaves', leaves, isLast: false }
      return undefined
    }
    run(fetching, 0, sources)
    expect(fetching.isComplete).toBe(false)
    for (let turns = 1; turns <= 4; turns += 1) {
      fetching.turn(turns * TIMES.retryMsMax)
      run(fetching, turns * TIMES.retryMsMax, sources)
    }
    expect(fetching.isComplete).toBe(true)
  })
})

describe('of several sources', () => {
  it('one that is dead keeps nobody back for longer than its turn', () => {
    const { fetching, answer } = closedState(1)
    fetching.heard(dead)
    fetching.heard(honest)
    const sources: Sources = (request) => (request.to === dead ? undefined : answer(request))
    run(fetching, 0, sources)
    expect(fetching.isComplete).toBe(false)
    fetching.turn(TIMES.retryMsMax)
    run(fetching, TIMES.retryMsMax, sources)
    expect(fetching.isComplete).toBe(true)
  })

  it('one that lies loses its turn, and is asked again no sooner than the next', () => {
    const { fetching, answer } = closedState(1)
    fetching.heard(liar)
    const lying: Sources = () => ({ type: 'buckets', buckets: none })
    expect(run(fetching, 0, lying)).toBe(1)
    fetching.heard(honest)
    run(fetching, 0, (request) => (request.to === liar ? lying(request) : answer(request)))
    expect(fetching.isComplete).toBe(true)
  })

  it('too many, the newest has its turn within one round of all', () => {
    const { fetching, answer } = closedState(1)
    for (let at = 100; at < 200; at += 1) fetching.heard(testSigner(at).id)
    fetching.heard(honest)
    const sources: Sources = (request) => (request.to === honest ? answer(request) : undefined)
    for (let turn = 0; turn <= LIMITS.closingSources; turn += 1) {
      run(fetching, turn * TIMES.retryMsMax, sources)
      fetching.turn(turn * TIMES.retryMsMax)
    }
    expect(fetching.isComplete).toBe(true)
  })
})
