/** A number with its groups and decimals; only its first digit changes, so that it stays plausible. */
const NUMBER = /\d+(?:[.,:]\d+)*/g
const NEGATED =
  /\b(?:(is|are|was|were|do|does|did|has|have|had|would|should|could|must|will|can)(?:n['’]t| not)|(can)(?:['’]t|not)|(?:won['’]t))\b/i
const AFFIRMED = /\b(?:is|are|was|were|has|have|had|will|would|should|could|can|must)\b/i

/**
 * A plausible but false version of an answer, for demonstrations of how the network treats a liar.
 *
 * Deterministic. Changes the first digit of the last number (a calculation's result) and flips the first statement
 * between "is" and "is not" (or another such verb); where neither is found it denies the text as a whole. The
 * result differs from the text in what it says for every text, the empty one included.
 */
export function falsify(text: string): string {
  const changed = withFlippedStatement(withOtherNumber(text))
  return changed === text ? denied(text) : changed
}

function withOtherNumber(text: string): string {
  const last = [...text.matchAll(NUMBER)].at(-1)
  return last === undefined ? text : spliced(text, last, withOtherFirstDigit(last[0]))
}

function withOtherFirstDigit(number: string): string {
  return `${(Number(number.charAt(0)) % 9) + 1}${number.slice(1)}`
}

function withFlippedStatement(text: string): string {
  const negated = NEGATED.exec(text)
  const affirmed = AFFIRMED.exec(text)
  if (negated !== null && (affirmed === null || negated.index <= affirmed.index)) {
    return spliced(text, negated, negated[1] ?? negated[2] ?? 'will')
  }
  return affirmed === null ? text : spliced(text, affirmed, `${affirmed[0]} not`)
}

function spliced(text: string, match: RegExpExecArray, replacement: string): string {
  return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length)
}

function denied(text: string): string {
  return text.trim() === '' ? 'There is nothing to say.' : `It is not true: ${text}`
}
