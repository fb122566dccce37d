import type { Lexicon } from './lexicon.ts'
import type { Token } from './token.ts'

/** Writes contractions out, so that a negator is a token of its own: "isn't" becomes "is not". */
export function expandContractions(tokens: readonly Token[], lexicon: Lexicon): Token[] {
  const expanded: Token[] = []
  for (const token of tokens) {
    const words = lexicon.contractions.get(token.text)?.split(' ')
    if (words === undefined) expanded.push(token)
    words?.forEach((text, at) => {
      expanded.push({ ...token, text, pause: at === words.length - 1 ? token.pause : 'none' })
    })
  }
  return expanded
}
