import { readFileSync, writeFileSync } from 'node:fs'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { compare } from '../../verification/compare.ts'
import { cosine } from '../../verification/embed.ts'
import { COMPARATOR_VERSION, openLexicon, rulesOf } from '../../verification/lexicon.ts'
import { VERIFICATION_LIMITS } from '../../verification/limits.ts'
import { Reader } from '../../verification/reading.ts'
import { judgeAnswers } from '../../verification/verdict.ts'
import { PAIRS } from './pairs.ts'
import { JURIES } from './juries.ts'

/**
 * Golden vectors of the comparator. `node protocol/vectors/verification/verification.build.ts` writes them anew;
 * a test fails when the code gives anything else. A change of these bytes is a change of the rules that jobs
 * were opened under, so it goes with another COMPARATOR_VERSION.
 */
export const lexicon = openLexicon(
  readFileSync(new URL('../../verification/tables/lexicon-1.json', import.meta.url)),
)

export function buildVerificationVectors(): Record<'rules' | 'comparisons' | 'verdicts', unknown> {
  return {
    rules: { version: COMPARATOR_VERSION, lexicon: lexicon.digest, rules: rulesOf(lexicon) },
    comparisons: PAIRS.map(({ name, a, b, comparator = 'auto' }) => {
      const reader = new Reader(lexicon)
      const [left, right] = [reader.read(a), reader.read(b)]
      const budget = { steps: VERIFICATION_LIMITS.pairSteps }
      const comparison = compare(left, right, { comparator, lexicon, reader, budget })
      const embeddings = [left, right].map((reading) => digestOf(reading.embedding().vector))
      return {
        name,
        comparator,
        a,
        b,
        embeddings,
        cosine: cosine(left.embedding(), right.embedding()),
        ...comparison,
      }
    }),
    verdicts: JURIES.map(({ name, comparator = 'auto', answers }) => ({
      name,
      comparator,
      answers,
      verdict: judgeAnswers(answers, { comparator, lexicon }),
    })),
  }
}

/** sha-256 over the vector as little-endian 32-bit integers. */
function digestOf(vector: Int32Array): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4))
  vector.forEach((count, at) => bytes.setInt32(at * 4, count, true))
  return bytesToHex(sha256(new Uint8Array(bytes.buffer)))
}

export function encodeVectors(vectors: unknown): string {
  return `${JSON.stringify(vectors, null, 1)}\n`
}

if (import.meta.main) {
  for (const [name, vectors] of Object.entries(buildVerificationVectors())) {
    writeFileSync(new URL(`${name}.json`, import.meta.url), encodeVectors(vectors))
  }
}
