import type { SignatureCheck } from './verifier.ts'

declare const verified: unique symbol

/** A value all of whose signatures were checked. Rules accept nothing else; only `mintVerified` makes one. */
export type Verified<T> = T & { readonly [verified]: true }

/** Something decoded, with every signature that must hold before a rule may look at it. */
export interface Candidate<T> {
  readonly value: T
  readonly checks: readonly SignatureCheck[]
}

/** Takes the verifier's answers for `candidate.checks`; undefined when one of them is wrong or missing. */
export function mintVerified<T>(
  candidate: Candidate<T>,
  answers: readonly boolean[],
): Verified<T> | undefined {
  if (answers.length !== candidate.checks.length) return undefined
  return answers.every((answer) => answer) ? (candidate.value as Verified<T>) : undefined
}

/** What this peer itself just signed or assembled from verified parts needs no second check. */
export function ownMessage<T>(value: T): Verified<T> {
  return value as Verified<T>
}
