/**
 * Bounds of one comparison. Steps and tokens are counted, not timed: every peer stops at the same place and
 * reaches the same verdict.
 */
export const VERIFICATION_LIMITS = {
  /** Nine replicas in three attempts plus a re-run of every slot by standbys. */
  answers: 36,
  /** UTF-16 units of one answer; 256 KiB of UTF-8 never decodes to more units than bytes. */
  answerUnits: 262_144,
  /** A code point whose compatibility form is longer stays as it is: a body grows at most so many times. */
  expansionUnits: 6,
  /** Differences that an alignment follows; texts further apart are paraphrases, about which edits say nothing. */
  edits: 600,
  /** Alignment steps of one pair: some 30 ms on a slow core. */
  pairSteps: 6_000_000,
  /** Alignment steps of one verdict, shared evenly by its pairs so that no answer can use up another's share. */
  verdictSteps: 60_000_000,
  /** Findings kept per answer: enough for a reader, small enough for a close. */
  findings: 16,
  /** Nesting of a JSON answer; deeper ones are compared as text. */
  jsonDepth: 64,
  /** Tokens at the head of an answer in which a refusal is looked for. */
  refusalTokens: 48,
  /** Opening or closing courtesies removed from one answer. */
  courtesies: 3,
} as const

/** Probabilities, weights and cosines are whole parts per million. */
export const PPM = 1_000_000

export type VerificationFault =
  | 'no_answers'
  | 'too_many_answers'
  | 'answer_too_long'
  | 'duplicate_slot'
  | 'bad_lexicon'

/** A caller's mistake, never the content of an answer: peers bound bodies before they are compared. */
export class VerificationError extends RangeError {
  readonly code: VerificationFault

  constructor(code: VerificationFault) {
    super(`verification: ${code}`)
    this.name = 'VerificationError'
    this.code = code
  }
}
