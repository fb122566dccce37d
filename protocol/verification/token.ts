/** What follows a token in the original: nothing, a comma, or the end of a sentence, label or line. */
export type Pause = 'none' | 'short' | 'long'

/** One unit of comparison: canonical text, and the original UTF-16 range it was read from. */
export interface Token {
  readonly text: string
  readonly kind: 'word' | 'number' | 'symbol'
  readonly start: number
  readonly end: number
  readonly pause: Pause
}

/** Numbers sentences and lines from zero, one entry for each token. */
export function sentencesOf(tokens: readonly Token[]): Int32Array {
  const sentences = new Int32Array(tokens.length)
  let sentence = 0
  tokens.forEach((token, at) => {
    sentences[at] = sentence
    if (token.pause === 'long') sentence += 1
  })
  return sentences
}
