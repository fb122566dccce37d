/** Why two answers were not told to agree; `unrelated` and `empty` speak of whole answers. */
export type FindingKind = 'number' | 'negation' | 'refusal' | 'structure' | 'content' | 'unrelated' | 'empty'

/** UTF-16 offsets into the original text of an answer; end is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A difference and its place in both answers; the span is empty where one side has nothing. */
export interface Finding {
  readonly kind: FindingKind
  /** In this answer. */
  readonly own: Span
  /** In the answer it is held against, the medoid. */
  readonly other: Span
}

/** What a layer says of a pair: whether the answers agree, and the differences that made it say so. */
export interface Comparison {
  readonly verdict: 'agree' | 'disagree' | 'unsure'
  readonly findings: readonly Finding[]
}

export const AGREE: Comparison = { verdict: 'agree', findings: [] }

/** The same comparison seen from the other answer. */
export function turned(comparison: Comparison): Comparison {
  const findings = comparison.findings.map(({ kind, own, other }) => ({ kind, own: other, other: own }))
  return { verdict: comparison.verdict, findings }
}
