import { type CodeToken, codeOf } from './code.ts'
import { expandContractions } from './contractions.ts'
import { withoutCourtesies } from './courtesy.ts'
import { type Embedding, embed } from './embed.ts'
import { type JsonArray, type JsonObject, parseJson } from './json.ts'
import { lazily } from './lazily.ts'
import type { Lexicon } from './lexicon.ts'
import { canonicalNumbers } from './numbers.ts'
import { type Segment, segmentsOf } from './segments.ts'
import { sentencesOf, type Token } from './token.ts'
import { tokenise } from './tokenise.ts'

/** An answer as the layers see it: read once, compared with many. */
export interface Reading {
  readonly original: string
  readonly tokens: readonly Token[]
  /** One number for each token; equal numbers are equal texts within one reader. */
  readonly ids: Int32Array
  readonly sentences: Int32Array
  readonly json: JsonObject | JsonArray | undefined
  readonly code: readonly CodeToken[] | undefined
  readonly embedding: () => Embedding
}

/** Reads answers, giving equal token texts equal numbers. */
export class Reader {
  readonly #lexicon: Lexicon
  readonly #ids = new Map<string, number>()

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon
  }

  read(original: string): Reading {
    const segments = segmentsOf(original)
    const tokens = normalise(original, segments, this.#lexicon)
    return {
      original,
      tokens,
      ids: this.#idsOf(tokens),
      sentences: sentencesOf(tokens),
      json: jsonOf(original, segments, tokens),
      code: codeOf(original, segments, this.#lexicon),
      embedding: lazily(() => embed(tokens.map((token) => token.text))),
    }
  }

  #idsOf(tokens: readonly Token[]): Int32Array {
    const ids = new Int32Array(tokens.length)
    tokens.forEach((token, at) => {
      ids[at] = this.#idOf(token.text)
    })
    return ids
  }

  #idOf(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#ids.set(text, this.#ids.size)
    return this.#ids.size - 1
  }
}

/** Canonical tokens of an answer without its courtesies. */
function normalise(original: string, segments: readonly Segment[], lexicon: Lexicon): readonly Token[] {
  const words = expandContractions(tokenise(original, segments, lexicon), lexicon)
  return withoutCourtesies(canonicalNumbers(words, lexicon), lexicon)
}

/** The JSON that an answer is, bare or in its only fence with nothing but courtesies around it. */
function jsonOf(
  original: string,
  segments: readonly Segment[],
  tokens: readonly Token[],
): JsonObject | JsonArray | undefined {
  const bare = parseJson(original, { start: 0, end: original.length })
  if (bare !== undefined) return bare
  const [fence, second] = segments.filter((segment) => segment.kind === 'code')
  if (fence === undefined || second !== undefined) return undefined
  const isAlone = (tokens[0]?.start ?? 0) >= fence.start && (tokens.at(-1)?.end ?? 0) <= fence.end
  return isAlone ? parseJson(original, fence) : undefined
}
