import type { Comparator } from '../../verification/comparator.ts'
import type { Comparison, FindingKind } from '../../verification/finding.ts'

/** A pair of answers and what a person says of it: the table that tests and golden vectors are made from. */
export interface PairCase {
  readonly name: string
  readonly a: string
  readonly b: string
  readonly verdict: Comparison['verdict']
  readonly kind?: FindingKind
  readonly comparator?: Comparator
}
