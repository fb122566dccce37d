/** Control characters, line feeds among them, and the separators of lines and paragraphs. */
const UNSHOWN = /[\p{Cc}\p{Zl}\p{Zp}]/u

/**
 * Whether a name, a label or a memo is well-formed text of one line. Asked where such a text is made; what others made is
 * taken as it is, and shown with care.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !UNSHOWN.test(text)
}
