import { stemsOf } from './words.ts'

/** Two sentences may tell one fact together; more would be a summary. */
const ANSWER_SENTENCES_MAX = 2
/** One matched common term; hints and lengths only decide between sentences that match alike. */
const MATCH_UNIT = 64

/** What kinds of question are usually answered by, worth one matched common term each. */
const HINTS: readonly { readonly asked: RegExp; readonly answered: RegExp }[] = [
  {
    asked: /\b(?:when|what year|which year|what date|how (?:many|much|long|far|old|tall|high|deep))\b/i,
    answered: /\d/,
  },
  {
    asked: /\bwhere\b/i,
    answered: /\b(?:in|at|near|on|from|to|into|inside|outside|under|behind|between)\b/i,
  },
  { asked: /\b(?:who|whom|whose)\b/i, answered: /\s[A-Z][a-z]/ },
  { asked: /\bwhy\b/i, answered: /\b(?:because|since|so that|due to|therefore|to)\b/i },
]

/**
 * The sentence that shares most with the question, rare terms counting more; two where they are equally good.
 * Undefined when no sentence shares a term. Linear in the sentences, integers only.
 */
export function answerQuestion(question: string, sentences: readonly string[]): string | undefined {
  const asked = stemsOf(question)
  const matches = sentences.map((sentence) => [...stemsOf(sentence)].filter((stem) => asked.has(stem)))
  const frequency = new Map<string, number>()
  for (const stem of matches.flat()) frequency.set(stem, (frequency.get(stem) ?? 0) + 1)

  const hints = HINTS.filter((hint) => hint.asked.test(question))
  const scores = matches.map((stems, index) => {
    if (stems.length === 0) return 0
    let score = hints.some((hint) => hint.answered.test(sentences[index] ?? '')) ? MATCH_UNIT : 0
    for (const stem of stems) score += MATCH_UNIT * rarity(sentences.length, frequency.get(stem) ?? 1)
    return score
  })
  const best = scores.reduce((one, other) => Math.max(one, other), 0)
  if (best === 0) return undefined
  const tied = sentences.filter((_, index) => scores[index] === best)
  return tied.slice(0, ANSWER_SENTENCES_MAX).join(' ')
}

/** One more than the integer logarithm of how rare a term is: 1 if every sentence has it. */
function rarity(sentences: number, having: number): number {
  return 32 - Math.clz32(Math.floor(sentences / having))
}
