import type { Answer, Job } from '../../protocol/api/job-schema.ts'

type Agreement = NonNullable<Job['agreement']>

/** Percent with one decimal, rounded down: a figure must never promise more than was decided. */
export function formatConfidence(confidence: number): string {
  // The share has four digits; scaling it by a power of ten leaves a rest below this.
  const tenths = Math.floor(confidence * 1_000 + 1e-6)
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`
}

export const CONFIDENCE_MEANING =
  'The probability that the merged answer is what a faithful run of the named model gives, never that it is true.'

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** How the answers stand to each other, in one sentence. */
export function agreementSentence(agreement: Agreement, answers: readonly Answer[]): string {
  const given = answers.filter(({ outcome }) => outcome !== 'silent').length
  const agreed = answers.filter(({ outcome }) => outcome === 'agreed').length
  const sentences: Readonly<Record<Agreement, string>> = {
    unanimous: given === 2 ? 'Both answers agree.' : `All ${count(given, 'answer')} agree.`,
    majority: `${agreed} of ${count(given, 'answer')} agree.`,
    none: 'No two answers contradict each other, but no majority says the same: the most typical one is shown.',
    split: 'The answers contradict each other and no majority agrees.',
    single: 'One node answered, so nothing confirms it.',
    silent: 'No node answered.',
  }
  return sentences[agreement]
}

export const OUTCOME_LABELS: Readonly<Record<Answer['outcome'], string>> = {
  agreed: 'Agreed',
  outvoted: 'Outvoted',
  unsure: 'Unsure',
  silent: 'Silent',
}

/** Likeness as shown: two digits say all that a hashed embedding can. */
export function formatCosine(cosine: number): string {
  return cosine.toFixed(2)
}

/**
 * Numbers the groups of answers that agree as a reader meets them: the one that was chosen is 1, the others
 * follow by their first slot. null for a silent node.
 */
export function groupNumber(
  { answers, winner }: Pick<Job, 'answers' | 'winner'>,
  { cluster }: Answer,
): number | null {
  if (cluster === null) return null
  const bySlot = [...answers].sort(
    (a, b) => Number(b.slot === winner) - Number(a.slot === winner) || a.slot - b.slot,
  )
  return [...new Set(bySlot.flatMap((answer) => answer.cluster ?? []))].indexOf(cluster) + 1
}
