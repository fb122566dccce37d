import { align, type AlignmentBudget, type Hunk } from './align.ts'
import type { Comparison, Finding, FindingKind, Span } from './finding.ts'
import type { Lexicon } from './lexicon.ts'
import { lazily } from './lazily.ts'
import { numericValue } from './numbers.ts'
import type { Reading } from './reading.ts'
import type { Token } from './token.ts'

/**
 * Shares of common tokens (Dice, per mille) from which an edit decides; below them the texts are paraphrases
 * and an edit may be undone by another. Measured on labelled pairs: the README of this room has the figures.
 */
const NUMBER_SHARE = 500
const NEGATION_SHARE = 600
const EXCHANGE_SHARE = 600
/** Share of common tokens outside a sentence that only one answer has. */
const SENTENCE_SHARE = 750
/** Content words that the other answer lacks altogether; with fewer, a sentence may only repeat or link. */
const SENTENCE_WORDS = 4

interface Edit {
  readonly hunk: Hunk
  readonly a: readonly Token[]
  readonly b: readonly Token[]
}

/**
 * Aligns two answers and judges the edits between them, not the texts: a number that conflicts, a negator that
 * comes or goes, two phrases that change places, a sentence that only one answer has. Any of them disagrees;
 * other edits are shown as `content` and leave the pair unsure. Undefined when the answers are too far apart.
 */
export function compareEdits(
  a: Reading,
  b: Reading,
  lexicon: Lexicon,
  budget: AlignmentBudget,
): Comparison | undefined {
  const hunks = align(a.ids, b.ids, budget)
  if (hunks === undefined) return undefined
  const edits = hunks.map((hunk) => ({
    hunk,
    a: a.tokens.slice(hunk.aStart, hunk.aEnd),
    b: b.tokens.slice(hunk.bStart, hunk.bEnd),
  }))
  const judge = new EditJudge(a, b, edits, lexicon)
  const decisive = judge.decisive()
  if (decisive.length > 0) return { verdict: 'disagree', findings: decisive }
  return { verdict: 'unsure', findings: edits.map((edit) => judge.finding('content', edit)) }
}

class EditJudge {
  readonly #a: Reading
  readonly #b: Reading
  readonly #edits: readonly Edit[]
  readonly #lexicon: Lexicon
  readonly #share: number

  constructor(a: Reading, b: Reading, edits: readonly Edit[], lexicon: Lexicon) {
    this.#a = a
    this.#b = b
    this.#edits = edits
    this.#lexicon = lexicon
    this.#share = this.#shareWithout(0)
  }

  decisive(): Finding[] {
    const exchanged = this.#share >= EXCHANGE_SHARE ? this.#exchanged() : new Set<Edit>()
    return this.#edits.flatMap((edit) => {
      const kind = this.#kindOf(edit, exchanged)
      return kind === undefined ? [] : [this.finding(kind, edit)]
    })
  }

  finding(kind: FindingKind, { hunk }: Edit): Finding {
    return {
      kind,
      own: spanOf(this.#a.tokens, hunk.aStart, hunk.aEnd),
      other: spanOf(this.#b.tokens, hunk.bStart, hunk.bEnd),
    }
  }

  #kindOf(edit: Edit, exchanged: ReadonlySet<Edit>): FindingKind | undefined {
    if (this.#share >= NUMBER_SHARE && hasNumberConflict(edit)) return 'number'
    if (this.#share >= NEGATION_SHARE && this.#isBareNegation(edit)) return 'negation'
    if (exchanged.has(edit)) return 'content'
    const isInvented = this.#isInvented(edit, 'a') || this.#isInvented(edit, 'b')
    return isInvented ? 'content' : undefined
  }

  /** Common tokens in per mille of all, leaving out so many of them. */
  #shareWithout(left: number): number {
    const all = this.#a.tokens.length + this.#b.tokens.length
    const edited = this.#edits.reduce((sum, edit) => sum + edit.a.length + edit.b.length, 0)
    return all === left ? 0 : Math.floor(((all - edited) * 1_000) / (all - left))
  }

  /** A negator that comes or goes by itself; "not big" for "little" is no flip, nor is one that only moves. */
  #isBareNegation(edit: Edit): boolean {
    if ((this.#negators(edit.a).length + this.#negators(edit.b).length) % 2 === 0) return false
    if (this.#content(edit.a).length > 0 && this.#content(edit.b).length > 0) return false
    return !this.#edits.some((other) => this.#isMove(edit, other))
  }

  /** Whether one edit takes a negator away and the other puts it back into the same sentence. */
  #isMove(edit: Edit, other: Edit): boolean {
    if (edit === other || this.#sentenceOf(edit) !== this.#sentenceOf(other)) return false
    const returns = (gone: readonly string[], come: readonly string[]) =>
      gone.some((text) => come.includes(text))
    const [goneHere, comeHere] = [this.#negators(edit.a), this.#negators(edit.b)]
    return returns(goneHere, this.#negators(other.b)) || returns(comeHere, this.#negators(other.a))
  }

  #sentenceOf({ hunk }: Edit): number {
    return this.#a.sentences[Math.min(hunk.aStart, this.#a.sentences.length - 1)] ?? 0
  }

  #negators(tokens: readonly Token[]): string[] {
    return tokens.map((token) => token.text).filter((text) => this.#lexicon.negators.has(text))
  }

  #content(tokens: readonly Token[]): Token[] {
    const { functionWords, negators } = this.#lexicon
    return tokens.filter(
      (token) =>
        token.kind === 'word' &&
        !functionWords.has(token.text) &&
        !negators.has(token.text) &&
        !isNumeric(token),
    )
  }

  /** Substitutions that undo each other elsewhere: "the dog bites the man" for "the man bites the dog". */
  #exchanged(): Set<Edit> {
    const exchanged = new Set<Edit>()
    // "The wave is surfed by the man": a passive exchanges the same phrases and means the same.
    if (this.#edits.some((edit) => [...edit.a, ...edit.b].some((token) => token.text === 'by')))
      return exchanged
    const waiting = new Map<string, Edit>()
    for (const edit of this.#edits) {
      const from = this.#phrase(edit.a)
      const to = this.#phrase(edit.b)
      if (from === '' || to === '') continue
      const partner = waiting.get(`${to}\0${from}`)
      if (partner !== undefined && !this.#areJoined(partner, edit)) exchanged.add(partner).add(edit)
      waiting.set(`${from}\0${to}`, edit)
    }
    return exchanged
  }

  #phrase(tokens: readonly Token[]): string {
    return this.#content(tokens)
      .map((token) => token.text)
      .join(' ')
  }

  /** "X and Y" is "Y and X": nothing but joining words stands between the two. */
  #areJoined(first: Edit, second: Edit): boolean {
    const between = this.#a.tokens.slice(first.hunk.aEnd, second.hunk.aStart)
    return between.every((token) => this.#lexicon.functionWords.has(token.text)) && between.some(isJoining)
  }

  /** A whole sentence of one answer with words that the other has nowhere, within text that is otherwise common. */
  #isInvented(edit: Edit, side: 'a' | 'b'): boolean {
    const [mine, theirs] = side === 'a' ? [edit.a, edit.b] : [edit.b, edit.a]
    const content = this.#content(mine)
    if (content.length < SENTENCE_WORDS || this.#content(theirs).length * 2 > content.length) return false
    if (this.#shareWithout(mine.length + theirs.length) < SENTENCE_SHARE) return false
    if (!this.#spansSentence(edit.hunk, side)) return false
    const known = side === 'a' ? this.#wordsOfB : this.#wordsOfA
    return (
      new Set(content.map((token) => token.text).filter((text) => !known().has(text))).size >= SENTENCE_WORDS
    )
  }

  #spansSentence(hunk: Hunk, side: 'a' | 'b'): boolean {
    const { sentences } = side === 'a' ? this.#a : this.#b
    const [start, end] = side === 'a' ? [hunk.aStart, hunk.aEnd] : [hunk.bStart, hunk.bEnd]
    const before = sentences[start - 1] ?? -1
    const after = sentences[end] ?? (sentences.at(-1) ?? -1) + 1
    if (after - before >= 2) return true
    // Where both sentences open with the same words, the alignment may cut one sentence across two.
    return after - before === 1 && sentences[start] === before && sentences[end - 1] === after
  }

  readonly #wordsOfA = lazily(() => new Set(this.#a.tokens.map((token) => token.text)))
  readonly #wordsOfB = lazily(() => new Set(this.#b.tokens.map((token) => token.text)))
}

function isJoining(token: Token): boolean {
  return token.text === 'and' || token.text === 'or'
}

function isNumeric(token: Token): boolean {
  return token.kind === 'number' || /[0-9]/.test(token.text)
}

/** Each side has a number that the other side lacks; 1.10 and 1.1 are one value, 17th and 18th are two. */
function hasNumberConflict(edit: Edit): boolean {
  const mine = numbersOf(edit.a)
  const theirs = numbersOf(edit.b)
  return mine.some((number) => !theirs.includes(number)) && theirs.some((number) => !mine.includes(number))
}

function numbersOf(tokens: readonly Token[]): string[] {
  return tokens.filter(isNumeric).map((token) => numericValue(token.text))
}

/** The original text of tokens; an empty span marks the place where the other answer has more. */
function spanOf(tokens: readonly Token[], from: number, to: number): Span {
  const start = tokens[from]?.start ?? tokens.at(-1)?.end ?? 0
  if (from === to) return { start, end: start }
  return { start, end: tokens[to - 1]?.end ?? start }
}
