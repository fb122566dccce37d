import { describe, expect, it } from 'vitest'
import { valueDigestOf } from '../../agreement/messages.ts'
import type { Value } from '../../agreement/value.ts'
import {
  type Digest,
  type InstanceId,
  type JobId,
  jobInstance,
  type PeerId,
  trustInstance,
} from '../../ids.ts'
import type { Fact } from '../../ledger/fact.ts'
import { testSigner } from '../../ledger/testing-mind.ts'
import { chainedValue, TRUST_KEY } from '../leaves.ts'
import { bucketOf, createStateDigest, rootOfBuckets } from '../state-digest.ts'
import { ClosedState } from './closed-state.ts'
import { type LeafContent, leafOf } from './leaf-content.ts'
import { ListedFacts } from './listed.ts'
import { ownStateOf } from './own-state.ts'
import { stepOf } from './trail.ts'

const SOURCE = testSigner(0).id
const LENGTH = 4
const JOB = 'a'.repeat(64) as JobId
const NOTHING = new ListedFacts({ entries: [], decisions: [] })
const digestOf = (at: number) => at.toString(16).padStart(64, '0') as Digest

/** Two that say the same of what is before and behind them, and fold different closes. */
const trustValue = (number: number, isForged: boolean): Value => ({
  type: 'trust',
  number,
  closes: [digestOf(isForged ? 99 : number)],
  reports: [],
  before: number === 1 ? null : digestOf(number - 1),
  root: digestOf(number),
})

const voidValue = (_step: number, isForged: boolean): Value => ({
  type: 'void',
  reason: isForged ? 'expired' : 'unassigned',
  cancel: null,
})

interface Chain {
  readonly key: typeof TRUST_KEY | JobId
  readonly first: number
  readonly value: (position: number, isForged: boolean) => Value
  readonly instance: (position: number) => InstanceId
  readonly leaf: (position: number, chain: Digest) => LeafContent
}

const CHAINS: readonly (readonly [string, Chain])[] = [
  [
    'trust',
    {
      key: TRUST_KEY,
      first: 1,
      value: trustValue,
      instance: trustInstance,
      leaf: (number, chain) => ({ type: 'trust', number, chain }),
    },
  ],
  [
    'a job',
    {
      key: JOB,
      first: 0,
      value: voidValue,
      instance: (step) => jobInstance(JOB, step),
      leaf: (step, value) => ({ type: 'job', job: JOB, step, value }),
    },
  ],
]

/** The decisions of a chain as a closed epoch's quorum signed them; forged from a position on, if at all. */
function decided({ first, value, instance }: Chain, forgedFrom = Number.POSITIVE_INFINITY): readonly Fact[] {
  return Array.from({ length: LENGTH }, (_, at): Fact => {
    const position = first + at
    const quorum = { epoch: 0, signers: new Uint8Array(1), sigs: [] }
    const decision = {
      instance: instance(position),
      round: 0,
      value: value(position, at >= forgedFrom),
      quorum,
    }
    return { type: 'decision', decision }
  })
}

function chainOver(facts: readonly Fact[]): Digest {
  const values = facts.flatMap((fact) =>
    fact.type === 'decision' ? [valueDigestOf(fact.decision.value)] : [],
  )
  const end = values.reduce<Digest | null>(chainedValue, null)
  if (end === null) throw new RangeError('a chain has decisions')
  return end
}

/** A peer that has applied so many decisions, and has fetched the state in which all of `closed` were. */
class Late {
  #content: LeafContent | undefined
  readonly #chain: Chain
  readonly state: ClosedState

  constructor(chain: Chain, applied: readonly Fact[]) {
    this.#chain = chain
    this.advance(applied)
    const digest = createStateDigest()
    const { key, leaf } = leafOf(this.#leafOver(decided(chain)))
    digest.set(key, leaf)
    const own = ownStateOf({
      digest: createStateDigest(),
      contentOf: (name) => (name === key ? this.#content : undefined),
      genesisOf: () => digestOf(0),
    })
    const buckets = digest.buckets()
    this.state = new ClosedState(rootOfBuckets(buckets), own, NOTHING)
    const bucket = bucketOf(key)
    this.state.take({ from: SOURCE, bucket: null, page: 0, part: { type: 'buckets', buckets } })
    const leaves = [this.#leafOver(decided(chain))]
    this.state.take({ from: SOURCE, bucket, page: 0, part: { type: 'leaves', leaves, isLast: true } })
  }

  advance(applied: readonly Fact[]): void {
    if (applied.length > 0) this.#content = this.#leafOver(applied)
  }

  #leafOver(facts: readonly Fact[]): LeafContent {
    return this.#chain.leaf(this.#chain.first + facts.length - 1, chainOver(facts))
  }

  show(facts: readonly Fact[], from: PeerId = SOURCE): readonly string[] {
    return facts.map((fact) => {
      const step = stepOf(fact)
      if (step === undefined) return 'no step'
      const next = this.#content === undefined ? this.#chain.first : this.#nextOf()
      if (step.position >= next) return this.state.judgeStep(step, from)
      this.state.passed(step, from)
      return 'passed'
    })
  }

  #nextOf(): number {
    const { first } = this.#chain
    const content = this.#content
    if (content?.type === 'trust') return content.number + 1
    return content?.type === 'job' ? content.step + 1 : first
  }
}

/** Asks a source anew, which shows these, as often as it takes to recognise and to take them. */
function pull(late: Late, facts: readonly Fact[], from = SOURCE): readonly string[] {
  late.state.trails.begin(from)
  late.show(facts, from)
  return late.show(facts, from)
}

describe.each(CHAINS)('the closed decisions of %s', (_name, chain) => {
  const right = decided(chain)
  const all = (verdict: string, count = LENGTH) => Array.from({ length: count }, () => verdict)

  it('are taken once they have led to the closed head, and not before', () => {
    const late = new Late(chain, [])
    late.state.trails.begin(SOURCE)
    expect(late.show(right.slice(0, -1))).toEqual(all('wait', LENGTH - 1))
    expect(late.show(right.slice(0, -1))).toEqual(all('wait', LENGTH - 1))
    expect(late.show(right.slice(-1))).toEqual(['wait'])
    expect(late.show(right)).toEqual(all('admit'))
    late.advance(right)
    expect([late.state.isReached(), late.state.astray.size]).toEqual([true, 0])
  })

  it('are not what stolen keys signed in the place of one of them, whatever it says of what is around it', () => {
    const late = new Late(chain, right.slice(0, 1))
    const stolen = decided(chain, 1).slice(1, 2)
    const mixed = [...stolen, ...right.slice(2)]
    for (let round = 0; round < 4; round += 1) expect(pull(late, mixed)).not.toContain('admit')
    expect(late.state.astray.size).toBe(0)
    expect(pull(late, right, testSigner(1).id)).toEqual(['passed', ...all('admit', LENGTH - 1)])
    expect(late.show(stolen)).toEqual(['refuse'])
  })

  it('show a peer that it has taken another one, however far it is behind', () => {
    const late = new Late(chain, decided(chain, 1).slice(0, 2))
    expect(late.state.astray.size).toBe(0)
    pull(late, right)
    expect([...late.state.astray]).toEqual([chain.key])
    expect(late.state.isReached()).toBe(false)
  })

  it('are not the ones of a peer that has as many of them', () => {
    const late = new Late(chain, decided(chain, LENGTH - 1))
    expect([...late.state.astray]).toEqual([chain.key])
  })
})
