import type { AlignmentBudget } from './align.ts'
import { type CodeToken, codeTokens } from './code.ts'
import { phraseAt } from './courtesy.ts'
import { compareEdits } from './edits.ts'
import { cosine } from './embed.ts'
import { AGREE, type Comparison, type FindingKind, type Span } from './finding.ts'
import { compareJson } from './json-compare.ts'
import type { Lexicon } from './lexicon.ts'
import { VERIFICATION_LIMITS } from './limits.ts'
import { numericValue } from './numbers.ts'
import type { Reader, Reading } from './reading.ts'

export interface LayerContext {
  readonly lexicon: Lexicon
  readonly reader: Reader
  readonly budget: AlignmentBudget
}

/** Looks at a pair in one way; undefined leaves it to the next layer. */
export type Layer = (a: Reading, b: Reading, context: LayerContext) => Comparison | undefined

/** Below this cosine long answers have nothing in common. Labelled paraphrases of 12 words and more start at .26. */
const UNRELATED_COSINE = 150_000
/** Shorter answers have too few features for a low cosine to mean anything. */
const UNRELATED_TOKENS = 16

export function identical(a: Reading, b: Reading): Comparison | undefined {
  return a.original === b.original ? AGREE : undefined
}

export function empty(a: Reading, b: Reading): Comparison | undefined {
  if ((a.tokens.length === 0) === (b.tokens.length === 0)) return undefined
  return wholly('empty', a, b)
}

/** JSON against JSON is compared value by value; texts inside it by the given layers. */
export function json(compareTexts: Layer): Layer {
  return (a, b, context) => {
    if (a.json === undefined || b.json === undefined) return undefined
    return compareJson(a.json, b.json, (left, right) =>
      compareTexts(context.reader.read(left), context.reader.read(right), context),
    )
  }
}

/**
 * Code against code is compared token by token. Equal code leaves the prose around it to the next layers; code
 * that differs in its layout only is unsure, since layout carries meaning in some languages.
 */
export function code(a: Reading, b: Reading): Comparison | undefined {
  const left = a.code ?? (b.code === undefined ? undefined : asCode(a))
  const right = b.code ?? (a.code === undefined ? undefined : asCode(b))
  if (left === undefined || right === undefined) return undefined
  const difference = firstDifference(left, right)
  if (difference === undefined) return a.code === undefined || b.code === undefined ? AGREE : undefined
  // Code in one answer and prose in the other is not a comparison of code; equal words won't make it agree.
  if (a.code === undefined || b.code === undefined)
    return sameTokens(a, b) ? { verdict: 'unsure', findings: [] } : undefined
  const isLayout = firstDifference(left.filter(isText), right.filter(isText)) === undefined
  return { verdict: isLayout ? 'unsure' : 'disagree', findings: [{ kind: 'structure', ...difference }] }
}

function asCode(reading: Reading): CodeToken[] {
  return codeTokens(reading.original, { start: 0, end: reading.original.length })
}

function isText(token: CodeToken): boolean {
  return !token.layout
}

function firstDifference(
  a: readonly CodeToken[],
  b: readonly CodeToken[],
): { own: Span; other: Span } | undefined {
  const length = Math.max(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    if (a[at]?.text !== b[at]?.text) return { own: codeSpan(a, at), other: codeSpan(b, at) }
  }
  return undefined
}

function codeSpan(tokens: readonly CodeToken[], at: number): Span {
  const token = tokens[at]
  const end = tokens.at(-1)?.end ?? 0
  return token === undefined ? { start: end, end } : { start: token.start, end: token.end }
}

/** A whole answer that is one number with its unit, or one choice: A, (b), Option C, yes. */
export function scalar(a: Reading, b: Reading, { lexicon }: LayerContext): Comparison | undefined {
  const left = scalarOf(a, lexicon)
  const right = scalarOf(b, lexicon)
  if (left === undefined || left.kind !== right?.kind) return undefined
  if (left.value === right.value) return AGREE
  // 1.10 and 1.1 are one price and two versions.
  if (numericValue(left.value) === numericValue(right.value)) return undefined
  return wholly(left.kind === 'number' ? 'number' : 'content', a, b)
}

/** Brackets, sign, digits and unit. */
const SCALAR_TOKENS_MAX = 5

function scalarOf(
  reading: Reading,
  lexicon: Lexicon,
): { kind: 'number' | 'choice'; value: string } | undefined {
  if (reading.tokens.length > SCALAR_TOKENS_MAX) return undefined
  const tokens = reading.tokens.filter((token) => !'()[]'.includes(token.text))
  const numbers = tokens.filter((token) => token.kind === 'number')
  if (numbers.length === 1 && tokens.every((token) => token.kind !== 'word')) {
    return { kind: 'number', value: tokens.map((token) => token.text).join(' ') }
  }
  const [first, second] = tokens
  const choice = first?.text === 'option' ? second : first
  if (choice === undefined || tokens.at(-1) !== choice) return undefined
  const isChoice = /^[a-h]$/.test(choice.text) || lexicon.choices.has(choice.text)
  return isChoice ? { kind: 'choice', value: choice.text } : undefined
}

export function equal(a: Reading, b: Reading): Comparison | undefined {
  return sameTokens(a, b) ? AGREE : undefined
}

function sameTokens(a: Reading, b: Reading): boolean {
  return a.ids.length === b.ids.length && a.ids.every((id, at) => id === b.ids[at])
}

/** One answer declines and the other doesn't. */
export function refusal(a: Reading, b: Reading, { lexicon }: LayerContext): Comparison | undefined {
  const left = refusalIn(a, lexicon)
  const right = refusalIn(b, lexicon)
  if ((left === undefined) === (right === undefined)) return undefined
  const nowhere: Span = { start: 0, end: 0 }
  return {
    verdict: 'disagree',
    findings: [{ kind: 'refusal', own: left ?? nowhere, other: right ?? nowhere }],
  }
}

function refusalIn({ tokens }: Reading, lexicon: Lexicon): Span | undefined {
  const last = Math.min(tokens.length, VERIFICATION_LIMITS.refusalTokens)
  for (let at = 0; at < last; at += 1) {
    const phrase = lexicon.refusals.find((words) => phraseAt(tokens, at, words))
    if (phrase === undefined) continue
    const start = tokens[at]?.start ?? 0
    return { start, end: tokens[at + phrase.length - 1]?.end ?? start }
  }
  return undefined
}

export function unrelated(a: Reading, b: Reading): Comparison | undefined {
  if (Math.min(a.tokens.length, b.tokens.length) < UNRELATED_TOKENS) return undefined
  return cosine(a.embedding(), b.embedding()) < UNRELATED_COSINE ? wholly('unrelated', a, b) : undefined
}

export function edits(a: Reading, b: Reading, { lexicon, budget }: LayerContext): Comparison | undefined {
  return compareEdits(a, b, lexicon, budget)
}

/** Under `exact` whatever is not the same, token by token and in the same case, differs. */
export function exactText(a: Reading, b: Reading): Comparison {
  const difference = firstDifference(asCode(a), asCode(b))
  return difference === undefined
    ? AGREE
    : { verdict: 'disagree', findings: [{ kind: 'content', ...difference }] }
}

function wholly(kind: FindingKind, a: Reading, b: Reading): Comparison {
  const own = { start: 0, end: a.original.length }
  const other = { start: 0, end: b.original.length }
  return { verdict: 'disagree', findings: [{ kind, own, other }] }
}
