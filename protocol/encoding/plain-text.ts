/** C0 with the line feed, delete and C1, and the separators of lines and paragraphs. */
const UNSHOWN: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x2029],
]

/**
 * Whether a name, a label or a memo is well-formed text of one line. Asked where such a text is made; what others made is
 * taken as it is, and shown with care.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !Array.from(text).some(isUnshown)
}

function isUnshown(character: string): boolean {
  const code = character.charCodeAt(0)
  return UNSHOWN.some(([first, last]) => code >= first && code <= last)
}
