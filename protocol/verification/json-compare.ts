import { AGREE, type Comparison, type Finding, type FindingKind } from './finding.ts'
import type { JsonNode } from './json.ts'
import { VERIFICATION_LIMITS } from './limits.ts'

type CompareTexts = (a: string, b: string) => Comparison | undefined

/** Strings of fewer words are values, in which any difference decides; longer ones are texts. */
const TEXT_WORDS_MIN = 6

/**
 * Compares two JSON values whatever the order of their members. A missing member, another type, number or
 * literal disagrees; long strings are compared as texts, so a summary inside a document may leave it unsure.
 */
export function compareJson(a: JsonNode, b: JsonNode, compareTexts: CompareTexts): Comparison {
  const difference = new JsonDifference(compareTexts)
  difference.compare(a, b)
  const { findings, disagrees } = difference
  if (findings.length === 0) return AGREE
  return { verdict: disagrees ? 'disagree' : 'unsure', findings }
}

class JsonDifference {
  readonly findings: Finding[] = []
  disagrees = false
  readonly #compareTexts: CompareTexts

  constructor(compareTexts: CompareTexts) {
    this.#compareTexts = compareTexts
  }

  compare(a: JsonNode, b: JsonNode): void {
    if (a.kind === 'array' && b.kind === 'array') return this.#arrays(a.items, b.items, { a, b })
    if (a.kind === 'object' && b.kind === 'object') return this.#objects(a.members, b.members, { a, b })
    if (a.kind === 'string' && b.kind === 'string') return this.#strings({ a, b }, a.value, b.value)
    if ('value' in a && 'value' in b && a.kind === b.kind) {
      if (a.value !== b.value) this.#note(a.kind === 'number' ? 'number' : 'structure', { a, b })
    } else {
      this.#note('structure', { a, b })
    }
  }

  #arrays(a: readonly JsonNode[], b: readonly JsonNode[], whole: { a: JsonNode; b: JsonNode }): void {
    if (a.length !== b.length) this.#note('structure', whole)
    else {
      a.forEach((item, at) => {
        const other = b[at]
        if (other !== undefined) this.compare(item, other)
      })
    }
  }

  #objects(
    a: ReadonlyMap<string, JsonNode>,
    b: ReadonlyMap<string, JsonNode>,
    whole: { a: JsonNode; b: JsonNode },
  ): void {
    for (const [key, member] of a) {
      const other = b.get(key)
      if (other === undefined) this.#note('structure', { a: member, b: emptyAt(whole.b) })
      else this.compare(member, other)
    }
    for (const [key, member] of b) {
      if (!a.has(key)) this.#note('structure', { a: emptyAt(whole.a), b: member })
    }
  }

  #strings(nodes: { a: JsonNode; b: JsonNode }, left: string, right: string): void {
    if (left === right) return
    const isText = Math.min(wordsIn(left), wordsIn(right)) >= TEXT_WORDS_MIN
    const comparison = isText ? this.#compareTexts(left, right) : undefined
    if (comparison?.verdict === 'agree') return
    if (isText && comparison?.verdict !== 'disagree') this.#note('content', nodes, false)
    else this.#note(comparison?.findings[0]?.kind ?? 'content', nodes)
  }

  #note(kind: FindingKind, { a, b }: { a: Place; b: Place }, decides = true): void {
    this.disagrees ||= decides
    if (this.findings.length >= VERIFICATION_LIMITS.findings) return
    this.findings.push({ kind, own: { start: a.start, end: a.end }, other: { start: b.start, end: b.end } })
  }
}

interface Place {
  readonly start: number
  readonly end: number
}

/** Just behind the opening brace: where the missing member would stand. */
function emptyAt(node: JsonNode): Place {
  return { start: node.start + 1, end: node.start + 1 }
}

function wordsIn(text: string): number {
  return text.split(' ').length
}
