import type { Lexicon } from './lexicon.ts'
import type { Segment } from './segments.ts'

/** A token of source code; `layout` tokens (line breaks, indentation) may matter, as in Python. */
export interface CodeToken {
  readonly text: string
  readonly layout: boolean
  readonly start: number
  readonly end: number
}

/** Lines of an unfenced answer, in percent, that must read as code for it to be compared as code. */
const CODE_LINES_PERCENT = 60

/**
 * The source code of an answer: what its fences hold, or all of it when most lines read as code; undefined for
 * prose. Tokens are exact: case counts, and so does white space inside a quoted string.
 */
export function codeOf(
  text: string,
  segments: readonly Segment[],
  lexicon: Lexicon,
): CodeToken[] | undefined {
  const fenced = segments.filter((segment) => segment.kind === 'code')
  if (fenced.length > 0) return fenced.flatMap((segment) => codeTokens(text, segment))
  return looksLikeCode(text, lexicon) ? codeTokens(text, { start: 0, end: text.length }) : undefined
}

function looksLikeCode(text: string, lexicon: Lexicon): boolean {
  const lines = text.split('\n').filter((line) => /[^ \t\r]/.test(line))
  if (lines.length < 2) return false
  const code = lines.filter((line) => isCodeLine(line, lexicon)).length
  return code * 100 >= lines.length * CODE_LINES_PERCENT
}

function isCodeLine(line: string, lexicon: Lexicon): boolean {
  if (/(?:[;{}]|\):|=>|\);?|\],?)[ \t\r]*$/.test(line)) return true
  if (/^[ \t]*[A-Za-z_$][A-Za-z0-9_$.]*(?:\[[^\]]*\])? [-+*/]?= [^ ]/.test(line)) return true
  const first = /^[ \t]*([#A-Za-z]+)/.exec(line)?.[1] ?? ''
  const isKeyword =
    lexicon.codeStarts.has(first) || (first === first.replace(/[a-z]/g, '') && isSqlWord(first, lexicon))
  return isKeyword && /[()=<>;:*,]|^[ \t]*[A-Z]/.test(line)
}

function isSqlWord(word: string, lexicon: Lexicon): boolean {
  const lower = word.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32))
  return lexicon.codeStarts.has(lower)
}

/** Indentation is told by its level, so two spaces and four are the same and a moved line is not. */
export function codeTokens(text: string, range: { start: number; end: number }): CodeToken[] {
  const tokens: CodeToken[] = []
  const levels = [0]
  for (let start = range.start; start < range.end; ) {
    const feed = text.indexOf('\n', start)
    const end = feed === -1 || feed > range.end ? range.end : feed
    pushLine(tokens, levels, { text: text.slice(start, end), start })
    start = end + 1
  }
  return tokens
}

function pushLine(tokens: CodeToken[], levels: number[], line: { text: string; start: number }): void {
  const { text } = line
  const unclosed = new Set<string>()
  let at = /^[ \t]*/.exec(text)?.[0].length ?? 0
  let isFirst = true
  while (at < text.length) {
    const end = tokenEnd(text, at, unclosed)
    if (end > at && isFirst) {
      const start = line.start + at
      tokens.push({ text: `\n${levelOf(levels, at)}`, layout: true, start, end: start })
      isFirst = false
    }
    if (end > at)
      tokens.push({ text: text.slice(at, end), layout: false, start: line.start + at, end: line.start + end })
    at = Math.max(end, at + 1)
  }
}

/** End of the token at a position: a quoted string, a name or a single mark; the position itself for a space. */
function tokenEnd(text: string, at: number, unclosed: Set<string>): number {
  const char = text.charAt(at)
  if (char === ' ' || char === '\t' || char === '\r') return at
  if ((char === '"' || char === "'") && !unclosed.has(char)) {
    const end = closingQuote(text, at, char)
    if (end !== undefined) return end
    // Once a mark stays open to the end of the line, the line isn't searched for it again: that keeps it linear.
    unclosed.add(char)
  }
  NAME.lastIndex = at
  return at + (NAME.exec(text)?.[0].length ?? 1)
}

const NAME = /[A-Za-z0-9_$\u0080-\uffff]+/y

function closingQuote(text: string, from: number, quote: string): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === quote) return at + 1
    if (char === '\\') at += 1
  }
  return undefined
}

/** Depth of a line among the open indentations; widths that no longer hold are closed. */
function levelOf(levels: number[], indent: number): number {
  while ((levels.at(-1) ?? 0) > indent) levels.pop()
  if ((levels.at(-1) ?? 0) < indent) levels.push(indent)
  return levels.length
}
