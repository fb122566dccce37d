import type { Lexicon } from './lexicon.ts'
import { VERIFICATION_LIMITS } from './limits.ts'
import type { Token } from './token.ts'

/**
 * Leaves out the courtesies around an answer ("Sure, here is the summary:", "Let me know if ..."). A group is a
 * courtesy only if it opens with a listed phrase and consists of listed words alone, so nothing that denies or
 * changes the answer can pass for one. An answer that is nothing else stays whole.
 */
export function withoutCourtesies(tokens: readonly Token[], lexicon: Lexicon): readonly Token[] {
  let start = 0
  let end = tokens.length
  for (let round = 0; round < VERIFICATION_LIMITS.courtesies; round += 1) {
    const length = openingLength(tokens, start, lexicon)
    if (length === 0 || start + length >= end) break
    start += length
  }
  for (let round = 0; round < VERIFICATION_LIMITS.courtesies; round += 1) {
    const from = closingStart(tokens, end, lexicon)
    if (from === undefined || from <= start) break
    end = from
  }
  return tokens.slice(start, end)
}

function openingLength(tokens: readonly Token[], start: number, lexicon: Lexicon): number {
  let length = 0
  let shortest = 0
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined || !lexicon.openingWords.has(token.text)) break
    length = at - start + 1
    if (token.pause === 'long') return startsWithAny(tokens, start, lexicon.openings) ? length : shortest
    if (token.pause === 'short' && isOneOf(tokens, { start, length }, lexicon.openings)) shortest = length
  }
  return shortest
}

function closingStart(tokens: readonly Token[], end: number, lexicon: Lexicon): number | undefined {
  let at = end - 1
  while (at > 0 && tokens[at - 1]?.pause !== 'long') {
    if (!isClosingWord(tokens[at], lexicon)) return undefined
    at -= 1
  }
  if (at <= 0 || !isClosingWord(tokens[at], lexicon)) return undefined
  return startsWithAny(tokens, at, lexicon.closings) ? at : undefined
}

function isClosingWord(token: Token | undefined, lexicon: Lexicon): boolean {
  return token !== undefined && (lexicon.closingWords.has(token.text) || token.text === '?')
}

function startsWithAny(
  tokens: readonly Token[],
  start: number,
  phrases: readonly (readonly string[])[],
): boolean {
  return phrases.some((phrase) => phraseAt(tokens, start, phrase))
}

/** Whether exactly these tokens are one of the phrases: "sure, ..." but never "here, ...". */
function isOneOf(
  tokens: readonly Token[],
  range: { start: number; length: number },
  phrases: readonly (readonly string[])[],
): boolean {
  return phrases.some((phrase) => phrase.length === range.length && phraseAt(tokens, range.start, phrase))
}

/** Whether a phrase stands at a position. */
export function phraseAt(tokens: readonly Token[], start: number, phrase: readonly string[]): boolean {
  return phrase.every((word, at) => tokens[start + at]?.text === word)
}
