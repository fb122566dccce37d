/** C0 but for tab and line feed, delete and C1; marks, embeddings, overrides and isolates of direction (UTR 36). */
const OBEYED: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
]

/**
 * What others wrote (answers, labels, memos, errors) as it may be shown: a character that a terminal obeys instead of
 * showing, or by which one thing is made to look like another, is given by its number, as in JSON.
 */
export function shownText(text: string): string {
  return Array.from(text, shown).join('')
}

function shown(character: string): string {
  const code = character.charCodeAt(0)
  const isObeyed = OBEYED.some(([first, last]) => code >= first && code <= last)
  return isObeyed ? numberOf(character) : character
}

/** What others wrote in the midst of a line: it can't end the line and begin one of its own. */
export function oneLine(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, numberOf)
}

function numberOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
