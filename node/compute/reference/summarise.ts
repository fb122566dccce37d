import { splitSentences } from './sentences.ts'
import { stemsOf } from './words.ts'

/** As many sentences as a reader still calls a summary. */
const SUMMARY_SENTENCES_MAX = 10

/** How much a shared term counts before any sentence was chosen; it halves with each choice that has it. */
const TERM_WEIGHT = 8
/** Keeps a short sentence with one frequent word from beating a rich one. */
const LENGTH_SMOOTHING = 12

/**
 * The most central sentences of a text, in their order, as one paragraph.
 *
 * A sentence is central when many others share its terms: its score is its degree in the graph that TextRank
 * (Mihalcea and Tarau, 2004) builds, which is a sum over its terms and needs no pairs. Chosen terms then count
 * less (as in SumBasic, Vanderwende 2007), so that the choice doesn't repeat itself. Integers only, linear in
 * the text.
 */
export function summarise(text: string, wanted?: number): string {
  const sentences = splitSentences(text)
  const count = Math.min(wanted ?? usualCount(sentences.length), SUMMARY_SENTENCES_MAX, sentences.length)
  const stems = sentences.map(stemsOf)
  const weights = sharedTermWeights(stems)
  const chosen = new Set<number>()
  while (chosen.size < count) {
    const best = mostCentral(stems, weights, chosen)
    chosen.add(best)
    for (const stem of stems[best] ?? []) weights.set(stem, (weights.get(stem) ?? 0) >> 1)
  }
  return sentences.filter((_, index) => chosen.has(index)).join(' ')
}

function usualCount(sentences: number): number {
  if (sentences <= 2) return 1
  if (sentences <= 8) return 2
  return sentences <= 20 ? 3 : 4
}

/** For each term, how many other sentences share it. */
function sharedTermWeights(stems: readonly ReadonlySet<string>[]): Map<string, number> {
  const weights = new Map<string, number>()
  for (const sentence of stems) {
    for (const stem of sentence) {
      const weight = weights.get(stem)
      weights.set(stem, weight === undefined ? 0 : weight + TERM_WEIGHT)
    }
  }
  return weights
}

function mostCentral(
  stems: readonly ReadonlySet<string>[],
  weights: ReadonlyMap<string, number>,
  chosen: ReadonlySet<number>,
): number {
  let best = -1
  let bestScore = -1
  for (const [index, sentence] of stems.entries()) {
    if (chosen.has(index)) continue
    let sum = 0
    for (const stem of sentence) sum += weights.get(stem) ?? 0
    // Texts open with what they are about: the first sentence gets a quarter more.
    const score = Math.floor((sum * (index === 0 ? 1_250 : 1_000)) / (sentence.size + LENGTH_SMOOTHING))
    if (score > bestScore) [best, bestScore] = [index, score]
  }
  return best
}
