import { clustersOf, medoidOf, type Ties } from './cluster.ts'
import type { Comparator } from './comparator.ts'
import { compare } from './compare.ts'
import { confidenceOf } from './confidence.ts'
import { cosine } from './embed.ts'
import { AGREE, type Comparison, type Finding, turned } from './finding.ts'
import type { Lexicon } from './lexicon.ts'
import { PPM, VERIFICATION_LIMITS, VerificationError } from './limits.ts'
import { Reader, type Reading } from './reading.ts'
import { majorityOf, votesOf } from './votes.ts'

export type { Comparator } from './comparator.ts'
export type { Finding } from './finding.ts'

export interface Answer {
  readonly slot: number
  readonly text: string
  /** Operator label or peer id: one vote each. */
  readonly voter: string
  /** Lower bound of trust in parts per million. */
  readonly trust: number
}

export interface ReplicaVerdict {
  readonly slot: number
  readonly cluster: number
  /** `agreed` is in the winning cluster; without one, it agrees with at least one other answer. */
  readonly outcome: 'agreed' | 'outvoted' | 'unsure'
  /** Cosine to the medoid in parts per million. */
  readonly cosine: number
  /** Against the medoid, at most 16. */
  readonly findings: readonly Finding[]
}

export interface Verdict {
  readonly agreement: 'unanimous' | 'majority' | 'none' | 'split' | 'single'
  /** Slot of the medoid of the winning cluster (of all answers for `none`); null for `split`. */
  readonly winner: number | null
  /** Parts per million. */
  readonly confidence: number
  /** Sorted by slot. */
  readonly replicas: readonly ReplicaVerdict[]
}

export interface JudgeOptions {
  readonly comparator: Comparator
  readonly lexicon: Lexicon
}

/**
 * Decides which answers agree, which one stands for them, and how sure that is. A pure function of the set of
 * answers: their order changes nothing. A cluster wins with more than half of the trust and two votes; without
 * one the answers are `split` if any two disagree, else `none` (creative work). Throws a VerificationError for
 * a caller's mistake: no answers or too many, one too long, a slot named twice.
 */
export function judgeAnswers(answers: readonly Answer[], options: JudgeOptions): Verdict {
  const sorted = [...answers].sort((a, b) => a.slot - b.slot)
  validate(sorted)
  const pairs = new Pairs(sorted, options)
  const clusters = clustersOf(pairs)
  const votes = votesOf(clusters, sorted)
  const majority = majorityOf(votes, sorted.length === 1 ? 1 : 2)
  const all = sorted.map((_, at) => at)
  const medoid = medoidOf((majority === undefined ? undefined : clusters[majority]) ?? all, pairs)
  const agreement = agreementOf({ clusters, majority, disagrees: pairs.anyDisagrees() })
  const shown = majority ?? clusters.findIndex((members) => members.includes(medoid))
  return {
    agreement,
    winner: agreement === 'split' ? null : (sorted[medoid]?.slot ?? null),
    confidence: agreement === 'split' ? 0 : confidenceOf(votes, shown),
    replicas: sorted.map(({ slot }, at) => {
      const cluster = clusters.findIndex((members) => members.includes(at))
      const comparison = pairs.compared(at, medoid)
      const isAgreed = majority === undefined ? (clusters[cluster]?.length ?? 0) > 1 : cluster === majority
      const isOutvoted = majority !== undefined && comparison.verdict === 'disagree'
      return {
        slot,
        cluster,
        outcome: isAgreed && agreement !== 'split' ? 'agreed' : isOutvoted ? 'outvoted' : 'unsure',
        cosine: pairs.cosine(at, medoid),
        findings: comparison.findings.slice(0, VERIFICATION_LIMITS.findings),
      }
    }),
  }
}

function validate(sorted: readonly Answer[]): void {
  if (sorted.length === 0) throw new VerificationError('no_answers')
  if (sorted.length > VERIFICATION_LIMITS.answers) throw new VerificationError('too_many_answers')
  sorted.forEach(({ slot, text }, at) => {
    if (text.length > VERIFICATION_LIMITS.answerUnits) throw new VerificationError('answer_too_long')
    if (slot === sorted[at + 1]?.slot) throw new VerificationError('duplicate_slot')
  })
}

function agreementOf(facts: {
  clusters: readonly (readonly number[])[]
  majority: number | undefined
  disagrees: boolean
}): Verdict['agreement'] {
  if (facts.majority === undefined) return facts.disagrees ? 'split' : 'none'
  if (facts.clusters.length > 1) return 'majority'
  return facts.clusters[0]?.length === 1 ? 'single' : 'unanimous'
}

/** Every pair of answers, compared once. Answers of one text share a reading, so most pairs cost nothing. */
class Pairs implements Ties {
  readonly count: number
  readonly #readings: readonly Reading[]
  readonly #comparisons = new Map<string, Comparison>()
  readonly #cosines = new Map<string, number>()

  constructor(answers: readonly Answer[], { comparator, lexicon }: JudgeOptions) {
    this.count = answers.length
    const reader = new Reader(lexicon)
    const distinct = new Map(answers.map(({ text }) => [text, reader.read(text)]))
    this.#readings = answers.map(({ text }) => distinct.get(text) ?? reader.read(text))
    const pairs = Math.max(1, (this.count * (this.count - 1)) / 2)
    const share = Math.floor(VERIFICATION_LIMITS.verdictSteps / pairs)
    const steps = Math.min(VERIFICATION_LIMITS.pairSteps, share)
    for (let left = 0; left < this.count; left += 1) {
      for (let right = left + 1; right < this.count; right += 1) {
        const [a, b] = [this.#at(left), this.#at(right)]
        this.#comparisons.set(
          `${left}/${right}`,
          compare(a, b, { comparator, lexicon, reader, budget: { steps } }),
        )
        this.#cosines.set(`${left}/${right}`, a === b ? PPM : cosine(a.embedding(), b.embedding()))
      }
    }
  }

  agree(a: number, b: number): boolean {
    return this.compared(a, b).verdict === 'agree'
  }

  /** The comparison with `own` spans in answer a. */
  compared(a: number, b: number): Comparison {
    if (a === b) return AGREE
    const comparison = this.#comparisons.get(`${Math.min(a, b)}/${Math.max(a, b)}`) ?? AGREE
    return a < b ? comparison : turned(comparison)
  }

  cosine(a: number, b: number): number {
    return a === b ? PPM : (this.#cosines.get(`${Math.min(a, b)}/${Math.max(a, b)}`) ?? 0)
  }

  anyDisagrees(): boolean {
    return [...this.#comparisons.values()].some(({ verdict }) => verdict === 'disagree')
  }

  #at(index: number): Reading {
    const reading = this.#readings[index]
    if (reading === undefined) throw new VerificationError('no_answers')
    return reading
  }
}
