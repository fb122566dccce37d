import { hasWord } from './words.ts'

/** Text without full stops is cut at the next space after this many characters, so that no "sentence" is a page. */
const SENTENCE_LENGTH_SOFT = 600
/** Text without spaces is cut here even within a word. */
const SENTENCE_LENGTH_MAX = 1_200

const TERMINATORS = '.!?…。！？'
const CLOSERS = '"\'”’)]»」』'
/** These end a sentence without a space behind them. */
const WIDE_TERMINATORS = '。！？'
const ABBREVIATIONS: ReadonlySet<string> = new Set(
  'mr mrs ms dr prof st vs e.g i.e fig approx jr sr gen col capt rev'.split(' '),
)

/**
 * The sentences of a text, whitespace collapsed, list marks removed, those without a word left out.
 *
 * One pass with bounded look-back, because regular expressions for this take quadratic time on long runs of
 * full stops or spaces.
 */
export function splitSentences(text: string): string[] {
  const sentences: string[] = []
  let start = 0
  let at = 0
  const cutAt = (end: number) => {
    const sentence = tidy(text.slice(start, end))
    if (hasWord(sentence)) sentences.push(sentence)
    start = end
  }
  while (at < text.length) {
    const character = text.charAt(at)
    if (TERMINATORS.includes(character)) {
      const end = skipWhile(text, at + 1, TERMINATORS + CLOSERS)
      if (endsSentence(text, start, at, end)) cutAt(end)
      at = end
    } else if (character === '\n') {
      const next = skipSpace(text, at)
      if (text.slice(at + 1, next).includes('\n') || startsItem(text, next)) cutAt(next)
      at = next
    } else {
      const length = at - start
      const isSpace = character.trim() === ''
      if (length >= SENTENCE_LENGTH_MAX || (length >= SENTENCE_LENGTH_SOFT && isSpace)) {
        if (!isLowSurrogate(character)) cutAt(at)
      }
      at += 1
    }
  }
  cutAt(text.length)
  return sentences
}

function endsSentence(text: string, start: number, terminator: number, end: number): boolean {
  const follower = text.charAt(end)
  const run = text.slice(terminator, end)
  if (follower !== '' && follower.trim() !== '' && !WIDE_TERMINATORS.includes(run.charAt(0))) return false
  return run !== '.' || !isAbbreviation(text.slice(Math.max(start, terminator - 8), terminator))
}

/** Whether the text before a full stop is an abbreviation or an initial ("J. S. Bach"), not a last word. */
function isAbbreviation(before: string): boolean {
  const word = before.slice(before.search(/[^\s("'“]*$/))
  return ABBREVIATIONS.has(word.toLowerCase()) || /^(?:[A-HJ-Z]|[A-Z](?:\.[A-Z])+)$/.test(word)
}

function startsItem(text: string, at: number): boolean {
  return /^(?:[-*•#]+|\d{1,3}[.)])\s/.test(text.slice(at, at + 8))
}

function tidy(sentence: string): string {
  return sentence
    .trim()
    .replace(/^(?:[-*•#]{1,6}|\d{1,3}[.)])\s/, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function skipWhile(text: string, from: number, characters: string): number {
  let at = from
  while (at < text.length && characters.includes(text.charAt(at))) at += 1
  return at
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charAt(at).trim() === '') at += 1
  return at
}

function isLowSurrogate(character: string): boolean {
  return character >= '\uDC00' && character <= '\uDFFF'
}
