import type { Lexicon } from './lexicon.ts'

/** A text in folded form; unit `i` of it was read from the original at `start[i]`. */
export interface FoldedText {
  readonly text: string
  readonly start: readonly number[]
}

/**
 * Maps compatibility forms, case and look-alikes by the pinned tables and drops invisible code points. Lone
 * surrogates stay as they are. A body grows at most sixfold (`expansionUnits`).
 */
export function foldText(
  original: string,
  range: { start: number; end: number },
  lexicon: Lexicon,
): FoldedText {
  const pieces: string[] = []
  const start: number[] = []
  let unchangedFrom = range.start
  for (let at = range.start; at < range.end; ) {
    const code = codePointIn(original, at, range.end)
    const next = at + (code > 0xffff ? 2 : 1)
    const folded = foldCodePoint(code, lexicon)
    if (folded !== undefined) {
      pieces.push(original.slice(unchangedFrom, at), folded)
      unchangedFrom = next
    }
    const length = folded?.length ?? next - at
    for (let unit = 0; unit < length; unit += 1) start.push(at)
    at = next
  }
  pieces.push(original.slice(unchangedFrom, range.end))
  return { text: pieces.join(''), start }
}

/** A pair of surrogates that a range would cut through counts as two. */
function codePointIn(text: string, at: number, end: number): number {
  const unit = text.charCodeAt(at)
  const isHigh = unit >= 0xd800 && unit <= 0xdbff
  return isHigh && at + 1 < end ? (text.codePointAt(at) ?? unit) : unit
}

function foldCodePoint(code: number, lexicon: Lexicon): string | undefined {
  if (code >= 0x80) return lexicon.fold(code)
  return code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 32) : undefined
}
